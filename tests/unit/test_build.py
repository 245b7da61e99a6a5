from __future__ import annotations

from pathlib import Path

import pytest

from daemon import build
from daemon.config import load
from hw.fake.speaker import RecordingSpeaker


def flat_pass(settings, *, patient: bool) -> bool:
    needed = build.sections(settings, patient=patient)
    return needed["recognizer.pocketsphinx"]["flat_pass"]


def test_work_that_nobody_waits_for_gets_the_options_that_take_their_time():
    settings = load(None, environment={})
    assert not flat_pass(settings, patient=False)
    assert flat_pass(settings, patient=True)


def test_what_the_settings_say_counts_even_where_nobody_waits():
    settings = load(None, environment={"DRAGOMAN_RECOGNIZER__POCKETSPHINX__FLAT_PASS": "false"})
    assert not flat_pass(settings, patient=True)


@pytest.mark.parametrize(("device", "kind"), [("", type(None)), ("file:out.wav", RecordingSpeaker)])
def test_speech_goes_nowhere_or_into_a_file_where_the_settings_say_so(device, kind, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(None, environment={"DRAGOMAN_SPEAKER__DEVICE": device})
    assert isinstance(build.speaker(settings), kind)
