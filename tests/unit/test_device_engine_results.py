"""What the on-device engine says of utterances, also of those that are cancelled, and of speech, until it is closed."""

from __future__ import annotations

import threading

from daemon.engines.base import EngineFinal, EngineHypothesis, Task
from daemon.engines.on_device.engine import OnDeviceEngine
from daemon.engines.on_device.words import as_shown
from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, Word
from tests.support.engines import Listener
from tests.support.stages import SECOND, TASK, WORD_BYTES, say

# ---------------------------------------------------------------- finals


def test_a_final_is_punctuated_and_translated_into_every_target(started):
    engine, listener = started
    say(engine, 1, bytes(3 * WORD_BYTES))
    final = listener.final(1)
    assert final.source == "One two three again."
    assert final.translations == {target: Translation(f"{target}: {final.source}") for target in ("es", "ca")}
    assert final.engine_ms >= 0


def test_the_words_of_a_final_stand_as_in_its_text(started):
    engine, listener = started
    say(engine, 1, bytes(2 * WORD_BYTES))
    words = listener.final(1).words
    assert words == (Word("One", 0.0, 0.1, 0.5), Word("two", 0.1, 0.2, 0.5), Word("again.", 0.2, 0.3, 0.5))


def test_words_that_cannot_be_told_apart_in_the_text_are_not_told():
    heard = [Word("one", 0.0, 0.1, 0.5), Word("two", 0.1, 0.2, 0.5)]
    assert as_shown(heard, "12.") == ()
    assert as_shown([], "") == as_shown([], "Hello.") == ()


def test_noise_that_was_taken_for_words_is_rejected_and_says_why(started, stages):
    engine, listener = started
    stages.confidence = 0.1
    say(engine, 1, bytes(2 * WORD_BYTES))
    final = listener.final(1)
    assert (final.source, final.translations, final.rejected) == ("", {}, "unsure")
    stages.confidence = 0.5
    say(engine, 2, bytes(2 * WORD_BYTES))
    assert (listener.final(2).source, listener.final(2).rejected) == ("One two again.", "")


def test_with_the_setting_off_nothing_is_rejected(stages):
    engine, listener = OnDeviceEngine(stages, TASK, reject_noise=False), Listener()
    engine.open(listener)
    listener.ready()
    stages.confidence = 0.0
    say(engine, 1, bytes(2 * WORD_BYTES))
    assert listener.final(1).source == "One two again."
    engine.close()


def test_silence_gives_an_empty_final(started):
    engine, listener = started
    say(engine, 1, b"")
    assert (listener.final(1).source, listener.final(1).translations) == ("", {})


# ---------------------------------------------------------------- hypotheses


def test_hypotheses_come_with_the_first_words_and_every_300_ms(started):
    engine, listener = started
    engine.begin(1, TASK)
    covered = []
    for count in range(1, 11):
        engine.feed(1, bytes(WORD_BYTES))
        if count in (1, 4, 7, 10):  # waited for, so that none is replaced by a newer one
            covered.append(listener.wait_for(EngineHypothesis, count=len(covered) + 1).audio_s)
    assert covered == [0.1, 0.4, 0.7, 1.0]
    last = listener.all(EngineHypothesis)[-1]
    assert set(last.translations) == {"es", "ca"}
    assert last.translations["es"] == f"es: {last.source}"


def test_no_hypotheses_for_who_wants_none(started):
    engine, listener = started
    say(engine, 1, task=Task("en-US", ("es",), interims=False))
    listener.final(1)
    assert listener.all(EngineHypothesis) == []


def test_interims_that_wait_for_a_translator_give_way_to_the_final(started, stages):
    engine, listener = started
    stages.translating.close()
    engine.begin(1, TASK)
    engine.feed(1, SECOND)
    stages.translating.wait_for_somebody()
    stages.beginning.close()
    engine.feed(1, SECOND)
    engine.finish(1)
    engine.begin(2, TASK)
    engine.feed(2, SECOND)
    stages.beginning.wait_for_somebody()  # by now the last word on the first one waits for the translator
    stages.translating.open()
    listener.final(1)
    # The one that was under way, and none of those that waited.
    assert [type(event) for event in listener.of_utterance(1)] == [EngineHypothesis, EngineFinal]


# ---------------------------------------------------------------- one after the other


def test_of_two_utterances_the_next_may_begin_before_the_last_final(started, stages):
    engine, listener = started
    stages.last_word.close()
    say(engine, 1, bytes(2 * WORD_BYTES))
    stages.last_word.wait_for_somebody()
    engine.begin(2, TASK)
    engine.feed(2, bytes(4 * WORD_BYTES))
    stages.last_word.open()
    engine.finish(2)
    assert listener.final(2).source == "One two three four again."
    assert [final.utterance for final in listener.all(EngineFinal)] == [1, 2]


def test_cancel_drops_the_queued_sound(started, stages):
    engine, listener = started
    stages.decoding.close()
    say(engine, 1, bytes(WORD_BYTES))
    stages.decoding.wait_for_somebody()
    say(engine, 2, 10 * SECOND)
    engine.cancel(2)
    say(engine, 3, bytes(WORD_BYTES))
    stages.decoding.open()
    listener.final(3)
    assert stages.begun == 2
    assert listener.of_utterance(2) == []


def test_nothing_is_said_of_one_that_is_cancelled_in_its_second_pass(started, stages):
    engine, listener = started
    stages.last_word.close()
    say(engine, 1, b"")
    stages.last_word.wait_for_somebody()
    engine.cancel(1)
    stages.last_word.open()
    say(engine, 2)
    listener.final(2)
    assert listener.of_utterance(1) == []


def test_one_that_begins_again_begins_anew(started, stages):
    engine, listener = started
    stages.decoding.close()
    say(engine, 1, 3 * SECOND)
    stages.decoding.wait_for_somebody()
    say(engine, 1, bytes(2 * WORD_BYTES))
    stages.decoding.open()
    assert listener.final(1).source == "One two again."
    say(engine, 2, bytes(WORD_BYTES))
    listener.final(2)
    assert len(listener.all(EngineFinal)) == 2


def test_unknown_utterances_are_ignored(started):
    engine, listener = started
    engine.feed(7, SECOND)
    engine.pause(7)
    engine.resume(7)
    engine.finish(7)
    engine.cancel(7)
    say(engine, 8)
    listener.final(8)
    assert listener.of_utterance(7) == []


# ---------------------------------------------------------------- speech


def test_speech_comes_in_blocks_and_the_last_one_is_marked(started):
    engine, listener = started
    engine.speak(SpeechRequest("s", "es", "uno dos"))
    listener.last_block("s")
    blocks = listener.all(SynthesizedSpeech)
    assert [len(block.pcm) for block in blocks] == [4_410, 4_410, 0]
    assert {(block.lang, block.rate_hz, block.error) for block in blocks} == {("es", 22_050, "")}


def test_hush_ends_what_is_spoken_and_what_waits(started, stages):
    engine, listener = started
    stages.synthesizing.close()
    engine.speak(SpeechRequest("first", "es", "uno dos tres"))
    engine.speak(SpeechRequest("second", "es", "uno"))
    stages.synthesizing.wait_for_somebody()
    engine.hush("first")
    engine.hush("second")
    engine.hush("unknown")
    stages.synthesizing.open()
    listener.last_block("second")
    assert [(block.id, len(block.pcm)) for block in listener.all(SynthesizedSpeech)] == [
        ("first", 4_410),
        ("first", 0),
        ("second", 0),
    ]


# ---------------------------------------------------------------- the end


def test_close_does_not_wait_for_what_hangs_and_nothing_is_said_afterwards(started, stages):
    engine, listener = started
    stages.translating.close()
    say(engine, 1)
    stages.translating.wait_for_somebody()
    engine.close()
    said = listener.events
    stages.translating.open()
    for thread in engine._threads:
        thread.join(10.0)
    assert listener.events == said


def test_close_gives_back_every_stage(started, stages):
    engine, listener = started
    say(engine, 1)
    listener.final(1)
    engine.close()
    assert stages.recognizers_closed == 1
    assert sorted(stages.translators_closed) == ["ca", "es"]
    assert stages.synthesizer_closed
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("translate-")] == []
