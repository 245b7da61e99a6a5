from __future__ import annotations

import sys
import wave
from dataclasses import replace

import pytest

from daemon.batch.places import Destination, OutputRefused, destinations, require_folder
from daemon.batch.progress import progress
from daemon.batch.results import Results, SpeechFile
from daemon.events import (
    DropReason,
    Final,
    SynthesizedSpeech,
    Translation,
    TranslationError,
    UtteranceDropped,
    Word,
)

FAILED = Translation(error=TranslationError("translator_failed", "the translator ended"))


def final(number: int, **translations: Translation) -> Final:
    return Final(
        utterance=number,
        source_lang="en-US",
        source="hello",
        translations=translations,
        audio_s=1.0,
        start_s=float(number),
        end_s=number + 1.0,
        engine="device",
        first_interim_ms=None,
        final_ms=0,
        engine_ms=0,
    )


FINALS = [final(1, es=FAILED), final(2, es=FAILED), final(3, es=Translation("hola"))]


def written(form: str) -> Results:
    results = Results(form, ("es",))
    with results.of("talk.wav", Destination()):
        for one in FINALS:
            results.take(one)
    return results


def test_a_final_that_was_not_translated_keeps_its_line(capsys):
    written("text")
    assert capsys.readouterr().out == "\n\nhola\n"


def test_results_of_an_input_that_was_not_heard_to_its_end_are_not_taken_for_all_of_it(tmp_path):
    there = Destination({"": tmp_path / "talk.txt"})
    results = Results("text", ("es",))
    with results.of("talk.wav", there):
        results.take(FINALS[-1])
        results.incomplete()
    assert not there.is_done
    assert (tmp_path / "talk.txt.partial").read_text() == "hola\n"
    with results.of("talk.wav", there):
        results.take(FINALS[-1])
    assert there.is_done
    assert [file.name for file in tmp_path.iterdir()] == ["talk.txt"]


@pytest.mark.parametrize("reason", [DropReason.ENGINE_FAILED, DropReason.BACKLOG])
def test_an_input_of_which_an_utterance_was_lost_is_not_done(tmp_path, reason):
    there = Destination({"": tmp_path / "talk.txt"})
    results = Results("text", ("es",))
    with results.of("talk.wav", there):
        results.take(UtteranceDropped(1, reason))
        results.take(UtteranceDropped(2, reason))
        results.take(FINALS[-1])
    assert not there.is_done
    assert results.losses.startswith("utterances without a result: 2 (the engine ")
    with results.of("other.wav", Destination()):
        pass
    assert results.losses == "", "those of another input"


@pytest.mark.parametrize("reason", [DropReason.NO_SPEECH, DropReason.WITHDRAWN, DropReason.REJECTED])
def test_what_was_no_speech_is_no_loss(tmp_path, reason):
    there = Destination({"": tmp_path / "talk.txt"})
    results = Results("text", ("es",))
    with results.of("talk.wav", there):
        results.take(UtteranceDropped(1, reason))
    assert there.is_done
    assert results.losses == ""
    assert results.silent


def test_an_input_is_silent_only_where_all_of_it_was_heard_and_nothing_spoken():
    results = Results("text", ("es",))
    for event, silent in [(FINALS[-1], False), (UtteranceDropped(1, DropReason.BACKLOG), False), (None, True)]:
        with results.of("talk.wav", Destination()):
            if event:
                results.take(event)
        assert results.silent == silent
    with results.of("talk.wav", Destination()):
        results.incomplete()
    assert not results.silent


def test_speech_of_several_files_is_in_the_order_of_speaking(tmp_path):
    speech = SpeechFile(tmp_path / "said.wav")
    for request, sample in [("u1", b"\1\0"), ("u2", b"\2\0"), ("u1", b"\3\0")]:  # the last one of another file
        speech.expect(request)
        speech.take(SynthesizedSpeech(request, "es", sample, 22_050))
        speech.take(SynthesizedSpeech(request, "es", sample, 22_050, last=True))
    assert speech.complete
    speech.write()
    with wave.open(str(tmp_path / "said.wav")) as said:
        assert said.readframes(9) == b"\1\0\1\0\2\0\2\0\3\0\3\0"


def test_speech_that_nobody_expects_is_not_written(tmp_path):
    speech = SpeechFile(tmp_path / "said.wav")
    speech.expect("u1")
    for request in ("u1", "u2"):
        speech.take(SynthesizedSpeech(request, "es", b"\1\0", 22_050, last=True))
    speech.write()
    with wave.open(str(tmp_path / "said.wav")) as said:
        assert said.readframes(9) == b"\1\0"


def test_a_terminal_without_what_draws_the_bar_has_no_bar_and_the_work_is_done(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    with progress(visible=True) as shown:
        shown.start("talk.wav", 1.0)
        shown.take(FINALS[-1])


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_leave_out_what_was_not_translated(capsys, form):
    written(form)
    shown = capsys.readouterr().out
    assert shown.count("-->") == 1
    assert "hola" in shown
    assert "ended" not in shown
    if form == "srt":
        assert shown.startswith("1\n")


@pytest.mark.parametrize(("form", "point"), [("srt", ","), ("vtt", ".")])
def test_subtitles_are_shown_from_the_first_word_to_the_last(form, point, capsys):
    words = (Word("Hello", 1.25, 1.5, 0.9), Word("there.", 1.5, 1.875, 0.9))
    results = Results(form, ("es",))
    with results.of("talk.wav", Destination()):
        results.take(replace(final(1, es=Translation("hola")), words=words))
        results.take(final(2, es=Translation("hola")))
    times = [line for line in capsys.readouterr().out.splitlines() if "-->" in line]
    assert times == [
        f"00:00:01{point}250 --> 00:00:01{point}875",
        f"00:00:02{point}000 --> 00:00:03{point}000",
    ]


@pytest.mark.parametrize("form", ["text", "json", "srt", "vtt"])
def test_each_language_that_failed_is_named_once(form):
    assert written(form).untranslated == {"es": "es: the translator ended"}


def test_a_language_without_any_translation_failed(capsys):
    results = Results("text", ("es", "ca"))
    with results.of("talk.wav", Destination()):
        results.take(final(1, es=Translation("hola")))
    assert results.untranslated == {"ca": "ca: no translation into ca"}
    assert capsys.readouterr().out == "es: hola\nca: \n"


@pytest.mark.parametrize("form", ["text", "srt"])
def test_a_missing_folder_is_said_before_any_work_with_what_to_do(tmp_path, form):
    wanted = tmp_path / "none" / "talk"
    with pytest.raises(OutputRefused, match=f"there is no folder {wanted.parent}; make it first"):
        destinations(["a.wav"], str(wanted), form, ["es"])
    with pytest.raises(OutputRefused, match="--speech"):
        require_folder("--speech", wanted)
