"""``dragoman translate`` as people and scripts use it, with the real on-device engine."""

from __future__ import annotations

import json
import signal
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.end_to_end.conftest import wav
from tests.support.daemon import DRAGOMAN
from tests.support.recordings import recording

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

SPANISH = "diez metros"
LIMIT_S = 60


def dragoman(*words: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [DRAGOMAN, "translate", *words], input=given, capture_output=True, timeout=LIMIT_S, check=False
    )


def lines(ran: subprocess.CompletedProcess[bytes]) -> list[str]:
    return ran.stdout.decode().splitlines()


def test_a_file_gives_its_translation_and_nothing_else_on_stdout(speech: Path) -> None:
    ran = dragoman("--to", "es", speech)
    assert ran.returncode == 0
    assert len(lines(ran)) == 1
    assert SPANISH in lines(ran)[0]
    assert ran.stderr == b""


def test_several_targets_stand_each_on_a_line_with_its_language(speech: Path) -> None:
    ran = dragoman("--to", "es", "--to", "ca", speech)
    assert [line[:4] for line in lines(ran)] == ["es: ", "ca: "]


def test_json_has_the_shape_of_mqtt_with_file_and_times(speech: Path) -> None:
    ran = dragoman("--to", "es", "--format", "json", "--interim", speech)
    results = [json.loads(line) for line in lines(ran)]
    final = results[-1]
    assert {result["type"] for result in results} == {"interim", "final"}
    assert final["v"] == 1
    assert final["source"]["text"] == "Go forward ten meters."
    assert final["file"] == str(speech)
    assert 0 <= final["start_s"] < final["end_s"] <= 5
    words = final["source"]["words"]
    assert " ".join(word["text"] for word in words) == final["source"]["text"]
    assert words[0]["start_s"] == pytest.approx(final["start_s"], abs=0.2)
    assert words[-1]["end_s"] == pytest.approx(final["end_s"], abs=0.5)
    assert all(0 <= word["confidence"] <= 1 for word in words)


def test_subtitles_of_several_targets_are_a_file_for_each(tmp_path: Path, speech: Path) -> None:
    refused = dragoman("--to", "es", "--to", "ca", "--format", "srt", speech)
    assert refused.returncode == 2
    assert b"--output" in refused.stderr

    ran = dragoman("--to", "es", "--to", "ca", "--format", "srt", "--output", tmp_path / "talk", speech)
    assert ran.returncode == 0
    number, times, text = (tmp_path / "talk.es.srt").read_text().strip().splitlines()
    assert number == "1"
    assert times.startswith("00:00:00,")
    assert SPANISH in text
    assert (tmp_path / "talk.ca.srt").exists()


def test_vtt_goes_to_stdout(speech: Path) -> None:
    ran = dragoman("--to", "es", "--format", "vtt", speech)
    assert ran.stdout.decode().startswith("WEBVTT\n\n00:00:00.")


def test_a_pipe_of_raw_sound_is_translated() -> None:
    ran = dragoman("--to", "es", "-", given=recording("goforward") + bytes(32_000))
    assert SPANISH in ran.stdout.decode()


def test_a_pipe_with_a_header_is_translated(speech: Path) -> None:
    ran = dragoman("--to", "es", "-", given=speech.read_bytes())
    assert SPANISH in ran.stdout.decode()


def test_typed_text_is_translated_line_by_line() -> None:
    ran = dragoman("--to", "es", "--text", given=b"Good morning.\n\nWhere is the hotel?\n")
    first, blank, last = lines(ran)
    assert first == "Buenos d\u00edas."
    assert blank == ""
    assert "hotel" in last


def test_a_model_that_is_none_is_told_in_a_line_and_the_next_translates(tmp_path: Path) -> None:
    settings = tmp_path / "dragoman.toml"
    settings.write_text(f'[translator.ctranslate2]\nmodels = ["{tmp_path}/nothing"]\n', encoding="utf-8")
    ran = dragoman("--config", settings, "--to", "es", "--text", given=b"Good morning.\n")
    assert (ran.returncode, lines(ran)) == (0, ["Buenos d\u00edas."])
    assert ran.stderr.decode() == f"dragoman: the translation model {tmp_path}/nothing is no folder\n"


def test_speech_is_written_to_a_wav_file(tmp_path: Path, speech: Path) -> None:
    out = tmp_path / "out.wav"
    assert dragoman("--to", "es", "--speech", out, speech).returncode == 0
    with wave.open(str(out)) as spoken:
        samples = np.frombuffer(spoken.readframes(spoken.getnframes()), dtype="<i2")
        seconds = len(samples) / spoken.getframerate()
    assert 0.5 < seconds < 10
    assert np.abs(samples).max() > 1000


def test_silence_gives_nothing_and_is_no_failure(tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(48_000), 16_000)
    ran = dragoman("--to", "es", silence)
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert ran.stderr.decode() == f"dragoman: {silence}: no speech was heard\n"


def test_once_stops_after_the_first_utterance(tmp_path: Path) -> None:
    twice = wav(tmp_path / "twice.wav", "goforward", "goforward")
    assert len(lines(dragoman("--to", "es", twice))) == 2
    assert len(lines(dragoman("--to", "es", "--once", twice))) == 1


@pytest.mark.parametrize(
    ("rate_hz", "channels", "subtype"), [(44_100, 2, "PCM_24"), (8_000, 1, "PCM_U8"), (48_000, 2, "FLOAT")]
)
def test_sound_of_any_form_is_understood(tmp_path: Path, rate_hz: int, channels: int, subtype: str) -> None:
    samples = np.frombuffer(recording("goforward"), dtype="<i2").astype(np.float64) / 32_768
    times = np.arange(0, len(samples), 16_000 / rate_hz)
    other = np.interp(times, np.arange(len(samples)), samples)
    path = tmp_path / "other.wav"
    soundfile.write(path, np.stack([other] * channels, axis=1), rate_hz, subtype=subtype)
    ran = dragoman("--to", "es", path)
    assert ran.returncode == 0
    if rate_hz >= 16_000:
        assert SPANISH in ran.stdout.decode()


def test_what_is_no_sound_costs_one_line_and_the_others_are_done(tmp_path: Path, speech: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("this is no sound")
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    ran = dragoman("--to", "es", text, tmp_path / "missing.wav", empty, speech)
    assert ran.returncode == 1
    assert len(lines(ran)) == 1
    assert SPANISH in lines(ran)[0]
    errors = ran.stderr.decode().splitlines()
    assert len(errors) == 3
    assert all(name in error for name, error in zip(["text.wav", "missing.wav", "empty.wav"], errors, strict=True))


@pytest.mark.parametrize("piped", [False, True])
def test_a_wav_that_was_cut_short_gives_what_is_there_as_partial_and_is_a_failure(
    tmp_path: Path, speech: Path, *, piped: bool
) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(wav(tmp_path / "twice.wav", "goforward", "goforward").read_bytes()[: speech.stat().st_size])
    out = tmp_path / "done.txt"
    ran = dragoman("--to", "es", "--output", out, "-" if piped else cut, given=cut.read_bytes() if piped else b"")
    assert ran.returncode == 1
    assert not out.exists()
    assert SPANISH in (tmp_path / "done.txt.partial").read_text(encoding="utf-8")
    told = ran.stderr.decode().splitlines()
    assert len([line for line in told if f"{'standard input' if piped else cut} is cut short" in line]) == 1


def test_a_damaged_file_gives_what_is_there_as_partial_and_is_a_failure(tmp_path: Path, speech: Path) -> None:
    samples, rate_hz = soundfile.read(speech, dtype="int16")
    cut = tmp_path / "cut.flac"
    soundfile.write(cut, np.concatenate([samples, samples]), rate_hz, "PCM_16")
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * 0.7)])
    (tmp_path / "done").mkdir()
    ran = dragoman("--to", "es", "--output", tmp_path / "done", cut)
    assert ran.returncode == 1
    assert [path.name for path in (tmp_path / "done").iterdir()] == ["cut.txt.partial"]
    assert SPANISH in (tmp_path / "done" / "cut.txt.partial").read_text(encoding="utf-8")
    told = ran.stderr.decode().splitlines()
    assert len([line for line in told if "cut.flac is damaged" in line]) == 1


def test_a_folder_is_filled_and_what_is_there_is_left_alone(tmp_path: Path, speech: Path) -> None:
    other = wav(tmp_path / "other.wav", "goforward")
    out = tmp_path / "out"
    out.mkdir()
    (out / "command.txt").write_text("kept")
    ran = dragoman("--to", "es", "--output", out, speech, other)
    assert ran.returncode == 0
    assert (out / "command.txt").read_text() == "kept"
    assert f"{out / 'command.txt'} is there already, {speech} is left alone" in ran.stderr.decode()
    assert SPANISH in (out / "other.txt").read_text()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--to", "ess", "x.wav"], "es"),
        (["--from", "em-US", "x.wav"], "en-US"),
        (["--engine", "devise", "x.wav"], "device"),
        (["--formt", "json", "x.wav"], "--format"),
        ([], "FILE"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_answered_with_the_nearest_known(words: list[str], hint: str) -> None:
    ran = dragoman(*words)
    assert ran.returncode == 2
    assert hint in ran.stderr.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--text", "--from", "xx"], "'xx' cannot be translated"),
        (["--text", "--from", "es", "--to", "es"], "'es' cannot be translated into from es"),
        (["--from", "es", "--to", "en", "x.wav"], "'es' cannot be recognized"),
        (["--text", "--to", "no tag"], "languages.targets"),
    ],
)
def test_languages_that_are_not_served_are_a_usage_error_of_one_line(words: list[str], expected: str) -> None:
    ran = dragoman(*words, given=b"hi\n")
    assert (ran.returncode, ran.stdout) == (2, b"")
    (line,) = ran.stderr.decode().splitlines()
    assert expected in line


RECOGNIZER = '[recognizer.pocketsphinx]\nmodel_dir = "{}/{}"\n'
TRANSLATOR = '[translator.ctranslate2]\nmodels = ["{}/{}"]\n'


@pytest.mark.parametrize(
    ("setting", "folder", "words", "told"),
    [
        (RECOGNIZER, "no-model", ["--from", "es", "--to", "en", "x.wav"], "has 0 */mdef, one is needed"),
        (RECOGNIZER, "no-words/es", ["--from", "es", "--to", "en", "x.wav"], "has 0 *.lm.bin, one is needed"),
        (RECOGNIZER, "nowhere", ["--from", "es", "--to", "en", "x.wav"], "is no folder; a model is"),
        (TRANSLATOR, "x-en-it", ["--to", "it", "x.wav"], "is no translation model, it has no model.bin"),
    ],
)
def test_a_language_refused_for_a_damaged_model_says_what_was_found_and_what_is_needed(
    tmp_path: Path, setting: str, folder: str, words: list[str], told: str
) -> None:
    for name in ("no-model", "no-words/es/am", "x-en-it"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("no-words/es/am/mdef", "no-words/es/es.dict"):
        (tmp_path / name).touch()
    settings = tmp_path / "dragoman.toml"
    settings.write_text(setting.format(tmp_path, folder), encoding="utf-8")
    ran = dragoman("--config", settings, *words)
    assert (ran.returncode, ran.stdout) == (2, b"")
    (line,) = ran.stderr.decode().splitlines()
    assert "cannot be" in line
    assert f"{tmp_path}/{folder} {told}" in line


@pytest.mark.parametrize("setting", ['source = "xx"', 'targets = ["tlh"]'])
def test_languages_of_the_settings_that_are_not_served_are_their_error(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[languages]\n{setting}\n")
    ran = dragoman("--text", "--config", file, given=b"hi\n")
    assert (ran.returncode, ran.stdout) == (78, b"")
    assert len(ran.stderr.splitlines()) == 1


def test_a_language_may_be_typed_in_capitals_and_twice() -> None:
    ran = dragoman("--text", "--to", "ES", "--to", "es", given=b"Good morning.\n")
    assert ran.returncode == 0
    assert lines(ran) == ["Buenos d\u00edas."]


def test_a_failed_translation_is_an_error_and_no_result(tmp_path: Path, speech: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": "hi", "failing": {"es": "no answer"}}]))
    file = tmp_path / "dragoman.toml"
    file.write_text(f'[engine]\norder = ["scripted"]\n[engine.scripted]\nscript = "{script}"\n')
    ran = dragoman("--config", file, speech)
    assert (ran.returncode, ran.stdout) == (1, b"\n")
    assert ran.stderr.decode() == "dragoman: es: no answer\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_nothing_comes_ends_the_command_with_what_there_was(number: int) -> None:
    words = [DRAGOMAN, "translate", "--engine", "scripted", "--text"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdin.write(b"Good morning.\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"es: Good morning.\n"
        process.send_signal(number)
        assert process.wait(LIMIT_S) == 0
        assert process.stderr.read() == b""


def test_an_interrupt_finishes_the_open_utterance() -> None:
    command = [DRAGOMAN, "translate", "--to", "es", "--format", "json", "--interim", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(recording("goforward"))
        process.stdin.flush()
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in process.stdout]
        assert process.wait(LIMIT_S) == 0
    assert first["type"] == "interim"
    assert rest[-1]["type"] == "final"
