"""The on-device engine's own logic, with stages that do as they are told."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.base import (
    Cure,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineLoad,
    EngineReady,
    EngineWarning,
    Task,
    TextTranslated,
)
from daemon.engines.on_device.audio_queue import BLOCK_BYTES, AudioQueue, QueueFull, Utterance
from daemon.engines.on_device.backlog import Backlog
from daemon.engines.on_device.engine import OnDeviceEngine
from daemon.engines.on_device.progress import Progress
from daemon.engines.on_device.words import as_shown
from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, Word
from hw.api import SPEECH_FORMAT
from tests.support.engines import Listener
from tests.support.stages import ANTICIPATION_STEPS, WORD_BYTES, ScriptedStages

TASK = Task("en-US", ("es", "ca"))
SECOND = bytes(SPEECH_FORMAT.bytes_per_second)


@pytest.fixture
def stages():
    return ScriptedStages()


@pytest.fixture
def start(stages):
    engines = []

    def start(wanted=TASK):
        engine = OnDeviceEngine(stages, wanted)
        engines.append(engine)
        listener = Listener()
        engine.open(listener)
        return engine, listener

    yield start
    stages.let_all_through()
    for engine in engines:
        engine.close()
        assert not any(thread.is_alive() for thread in engine._threads)


@pytest.fixture
def started(start):
    engine, listener = start()
    listener.ready()
    return engine, listener


def say(engine, utterance, sound=SECOND, task=TASK):
    engine.begin(utterance, task)
    engine.feed(utterance, sound)
    engine.finish(utterance)


def test_ready_tells_what_is_there_and_what_is_missing(start):
    _engine, listener = start(Task("en-US", ("es", "ja")))
    ready = listener.ready()
    assert ready.recognizes == ("en-US",)
    assert [(pair.source, pair.target) for pair in ready.pairs] == [("en", "es"), ("en", "ca")]
    assert ready.speaks == ("es",)
    assert ready.missing == {"ja": "install translate-en-ja"}


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


def test_a_target_without_translator_says_what_to_install_and_the_others_are_given(started):
    engine, listener = started
    say(engine, 1, task=Task("en-US", ("ja", "es-MX")))
    translations = listener.final(1).translations
    assert translations["ja"].error.code == "no_translator"
    assert translations["ja"].error.text == "install translate-en-ja"
    assert translations["es-MX"].text.startswith("es: One")


def test_a_model_that_cannot_be_read_is_told_and_costs_no_translation(start, stages):
    stages.translator_faults = ["its model.bin is truncated"]
    engine, listener = start()
    warning = listener.wait_for(EngineWarning, lambda event: event.code == "translator_faulty")
    assert warning.text == "its model.bin is truncated"
    say(engine, 1)
    assert listener.final(1).translations["es"].error is None


@pytest.fixture
def faults(stages, monkeypatch):
    """What is to be mended: of the translators, by their target, and of the recognizers, by their language."""
    found = {}

    def told_of(open_stage, asked):
        def opened(*wanted):
            made = open_stage(*wanted)
            made.faults = found.get(wanted[asked], [])
            return made

        return opened

    monkeypatch.setattr(stages, "translator", told_of(stages.translator, 1))
    monkeypatch.setattr(stages, "recognizer", told_of(stages.recognizer, 0))
    return found


def warned(listener, code="translator_faulty"):
    return [event.text for event in listener.all(EngineWarning) if event.code == code]


def wait_until_warned(listener, text, code="translator_faulty"):
    listener.wait_for(EngineWarning, lambda event: (event.code, event.text) == (code, text))


SPANISH, CATALAN = Task("en-US", ("es",)), Task("en-US", ("ca",))


def test_a_model_that_only_a_later_text_needs_is_told_when_it_proves_faulty(start, faults):
    faults["ca"] = ["the Catalan model is truncated"]
    engine, listener = start(SPANISH)
    listener.ready()
    assert warned(listener) == [""]
    engine.translate("t", "Good day.", CATALAN)
    assert listener.wait_for(TextTranslated).translations["ca"].text == "ca: Good day."
    wait_until_warned(listener, "the Catalan model is truncated")


def test_what_only_languages_need_that_are_wanted_no_more_is_over(start, faults):
    faults["es"] = ["the Spanish model is truncated"]
    engine, listener = start(SPANISH)
    listener.ready()
    engine.begin(1, CATALAN)
    wait_until_warned(listener, "")
    engine.cancel(1)
    for number in (2, 3):  # what is to be told after a text is told before the next
        say(engine, number, task=SPANISH)
        listener.final(number)
    assert warned(listener) == ["the Spanish model is truncated", "", "the Spanish model is truncated"]


def test_what_is_faulty_for_other_languages_too_is_told_once(start, faults):
    faults["es"] = faults["ca"] = ["a folder is empty"]
    engine, listener = start(SPANISH)
    for number, task in enumerate([CATALAN, SPANISH, TASK], 1):
        say(engine, number, task=task)
        listener.final(number)
    say(engine, 4)
    listener.final(4)
    assert warned(listener) == ["a folder is empty"]


def test_a_faulty_model_of_a_language_that_another_one_hears_is_told_until_it_is_not_needed(start, stages, faults):
    stages.fits["es-ES"] = 0.0
    faults["en-US"] = ["the English model is truncated"]
    engine, listener = start()
    listener.ready()
    assert warned(listener, "recognizer_faulty") == ["the English model is truncated"]
    say(engine, 1)
    assert listener.final(1).source
    assert len(warned(listener, "recognizer_faulty")) == 1
    say(engine, 2, task=Task("es-ES", ("ca",)))
    listener.final(2)
    assert warned(listener, "recognizer_faulty")[1:] == [""]


def test_where_nothing_hears_the_next_language_the_faulty_model_of_the_one_before_is_over(start, faults):
    faults["en-US"] = ["the English model is truncated"]
    engine, listener = start()
    listener.ready()
    say(engine, 1, task=Task("sv", ("ca",)))
    assert listener.wait_for(EngineFailure).code == "no_recognizer"
    assert warned(listener, "recognizer_faulty") == ["the English model is truncated", ""]


def test_the_faulty_models_of_both_sides_of_a_conversation_are_told(start, stages, faults):
    stages.fits["es-ES"] = 0.0
    faults |= {"en-US": ["the English model is truncated"], "es-ES": ["the Spanish model is truncated"]}
    _engine, listener = start(Task("en-US", ("es",), conversation=("en-US", "es-ES")))
    listener.ready()
    told = "the English model is truncated; the Spanish model is truncated"
    assert warned(listener, "recognizer_faulty") == [told]


def test_a_translator_that_fails_costs_its_own_target_only(started, stages):
    engine, listener = started
    stages.failing_target = "ca"
    say(engine, 1)
    translations = listener.final(1).translations
    assert translations["ca"].error.code == "translator_failed"
    assert translations["es"].error is None


def test_a_translator_with_a_fault_is_opened_again_and_nothing_said_is_logged(started, stages, caplog):
    engine, listener = started
    stages.failing_target, stages.failing_with = "ca", ZeroDivisionError("what was said")
    say(engine, 1)
    assert listener.final(1).translations["ca"].error.code == "translator_failed"
    stages.failing_target = ""
    say(engine, 2)
    assert listener.final(2).translations["ca"].error is None
    assert "ZeroDivisionError" in caplog.text
    assert "what was said" not in caplog.text


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


def test_in_a_pause_the_recognizer_works_ahead_and_the_final_has_all_the_sound(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES + 640))
    engine.pause(1)
    stages.wait_for(lambda: len(stages.ahead) == ANTICIPATION_STEPS)
    assert set(stages.ahead) == {2 * WORD_BYTES + 640}, "all that came before the pause, and no whole block"
    engine.feed(1, bytes(WORD_BYTES))
    stages.wait_for(lambda: len(stages.ahead) == 2 * ANTICIPATION_STEPS)
    engine.finish(1)
    assert listener.final(1).source == "One two three again."
    assert stages.resumed == []


def test_when_speech_goes_on_the_recognizer_is_told_before_it_hears_more(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    engine.pause(1)
    stages.wait_for(lambda: len(stages.ahead) == ANTICIPATION_STEPS)
    engine.resume(1)
    stages.wait_for(lambda: stages.resumed == [2 * WORD_BYTES])
    engine.feed(1, bytes(2 * WORD_BYTES))
    engine.finish(1)
    assert listener.final(1).source == "One two three four again."
    assert len(stages.ahead) == ANTICIPATION_STEPS


def test_a_pause_that_is_over_before_the_recognizer_gets_there_is_none(started, stages):
    engine, listener = started
    stages.decoding.close()
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    stages.decoding.wait_for_somebody()
    engine.pause(1)
    engine.resume(1)
    stages.decoding.open()
    engine.finish(1)
    assert listener.final(1).source == "One two again."
    assert stages.ahead == []


def test_an_utterance_that_is_cancelled_in_a_pause_is_worked_on_no_more(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, SECOND)
    stages.wait_for(lambda: stages.heard == len(SECOND))
    stages.working_ahead.close()
    engine.pause(1)
    stages.working_ahead.wait_for_somebody()
    engine.cancel(1)
    stages.working_ahead.open()
    say(engine, 2, bytes(WORD_BYTES))
    assert listener.final(2).source == "One again."
    assert len(stages.ahead) == 1


def test_nothing_is_done_ahead_for_files(started, stages):
    engine, listener = started
    engine.begin(1, Task("en-US", ("es",), hurry=False))
    engine.feed(1, SECOND)
    engine.pause(1)
    stages.wait_for(lambda: stages.heard == len(SECOND))
    engine.finish(1)
    listener.final(1)
    assert stages.ahead == []


def test_nothing_is_done_ahead_where_the_engine_is_behind(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 1
    stages.decoding.close()
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    stages.decoding.wait_for_somebody()
    engine.pause(1)
    engine.begin(2, TASK)
    engine.feed(2, SECOND)  # waits, and keeps the engine behind
    stages.decoding.open()
    stages.wait_for(lambda: stages.heard == 2 * WORD_BYTES)
    engine.finish(1)
    assert listener.final(1).source == "One two."
    assert stages.ahead == []


def test_a_recognizer_that_fails_ahead_costs_one_utterance_and_is_opened_again(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, SECOND)
    stages.fails_ahead = True
    engine.pause(1)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "recognizer_failed", Cure.RETRY)
    stages.fails_ahead = False
    say(engine, 1)
    assert listener.final(1).source
    assert (stages.recognizers_opened, stages.recognizers_closed) == (2, 1)


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


def test_a_recognizer_that_fails_costs_one_utterance_and_is_opened_again(started, stages):
    engine, listener = started
    stages.recognizer_fails = 1
    say(engine, 1)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "recognizer_failed", Cure.RETRY)
    say(engine, 1)
    assert listener.final(1).source
    assert (stages.recognizers_opened, stages.recognizers_closed) == (2, 1)


def test_a_language_that_nothing_recognizes_fails_its_utterances(start):
    engine, listener = start(Task("sv", ("es",)))
    assert listener.ready().missing["sv"] == "no model for sv"
    say(engine, 1, task=Task("sv", ("es",)))
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "no_recognizer", Cure.CONFIGURE)
    say(engine, 2)
    assert listener.final(2).source


def test_without_any_recognizer_the_engine_asks_for_a_person(start, stages):
    stages.lacks.add("recognizer")
    _engine, listener = start()
    assert listener.failure().cure is Cure.CONFIGURE
    assert listener.all(EngineReady) == []


def test_text_alone_needs_no_recognizer(start, stages):
    stages.lacks.add("recognizer")
    engine, listener = start(Task("", ()))
    assert listener.ready().recognizes == ()
    engine.translate("t", "Good day.", TASK)
    assert listener.wait_for(TextTranslated).translations["ca"].text == "ca: Good day."


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


def test_without_a_synthesizer_speech_ends_with_what_to_install(start, stages):
    stages.lacks.add("synthesizer")
    engine, listener = start()
    assert listener.ready().speaks == ()
    engine.speak(SpeechRequest("s", "es", "uno"))
    assert listener.last_block("s").error == "install a voice"


def test_more_sound_than_anybody_should_send_fails_the_utterance(started, stages):
    engine, listener = started
    stages.decoding.close()
    engine.begin(1, TASK)
    for _ in range(13):
        engine.feed(1, 10 * SECOND)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code) == (1, "backlog")


def test_falling_behind_leaves_out_the_second_pass_and_keeping_up_brings_it_back(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 1
    stages.decoding.close()
    say(engine, 1, bytes(WORD_BYTES))
    say(engine, 2, SECOND)  # waits while the first one's last word is asked for
    stages.decoding.open()
    assert listener.final(1).source == "One."
    assert listener.wait_for(EngineLoad).level == 0
    say(engine, 3, bytes(WORD_BYTES))
    assert listener.final(3).source == "One again."


def test_far_behind_there_are_no_hypotheses_and_still_finals(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 2
    stages.decoding.close()
    say(engine, 1)
    say(engine, 2, 5 * SECOND)
    stages.decoding.open()
    assert listener.final(1).source
    assert [type(event) for event in listener.of_utterance(1)] == [EngineFinal]


def test_files_are_never_hurried(started):
    engine, listener = started
    engine._recognition._backlog.level = 2
    say(engine, 1, task=Task("en-US", ("es",), hurry=False))
    assert listener.final(1).source.endswith("again.")


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


# ---------------------------------------------------------------- the pure parts


@given(st.lists(st.binary(max_size=3 * BLOCK_BYTES), max_size=10))
def test_sound_comes_out_of_the_queue_as_it_went_in(pieces):
    queue, utterance = AudioQueue(), Utterance(1, TASK)
    queue.begin(utterance)
    for piece in pieces:
        queue.feed(utterance, piece)
    queue.finish(utterance, 0)
    steps = []
    while not steps or not steps[-1].complete:
        steps.append(queue.take())
    assert b"".join(step.pcm for step in steps) == b"".join(pieces)
    assert all(len(step.pcm) == BLOCK_BYTES for step in steps[:-1])
    assert queue.behind_s == 0


def test_a_full_queue_refuses_sound():
    queue, utterance = AudioQueue(), Utterance(1, TASK)
    queue.begin(utterance)
    queue.feed(utterance, 120 * SECOND)
    with pytest.raises(QueueFull):
        queue.feed(utterance, b"\0\0")


@given(st.lists(st.floats(0, 30), max_size=50))
def test_the_level_stays_in_its_bounds_and_ends_with_the_backlog(waits):
    backlog = Backlog()
    for at, behind_s in enumerate(waits):
        backlog.update(behind_s, float(at))
        assert backlog.level in (0, 1, 2)
    backlog.update(0.0, 100.0)
    assert backlog.level == 0


def test_the_level_rises_only_when_the_backlog_lasts_and_falls_with_hysteresis():
    backlog = Backlog()
    story = [  # seconds behind, now, level
        (2.5, 0.0, 0),
        (2.5, 0.9, 0),
        (2.5, 1.0, 1),
        (1.0, 2.0, 1),
        (5.0, 3.0, 1),
        (5.0, 4.0, 2),
        (2.5, 5.0, 2),
        (1.0, 6.0, 1),
        (0.2, 7.0, 0),
    ]
    for behind_s, now_s, level in story:
        before = backlog.level
        assert backlog.update(behind_s, now_s) == (level != before)
        assert backlog.level == level


def test_a_short_peak_does_not_count():
    backlog = Backlog()
    for behind_s, now_s in ((3.0, 0.0), (0.1, 0.5), (3.0, 1.5)):
        backlog.update(behind_s, now_s)
    assert backlog.level == 0


def test_a_worker_is_late_when_its_time_is_over_and_never_when_idle():
    progress = Progress()
    with progress.job("quick", 3_600.0), progress.job("late", -1.0):
        assert progress.late() == ["late"]
    assert progress.late() == []
