from __future__ import annotations

import sys
from pathlib import Path

import pytest

from daemon import build
from daemon.board import Board
from daemon.config import load
from daemon.drivers import DriverMissing
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


def rungs(board, *order):
    settings = load(None, environment={"DRAGOMAN_ENGINE__ORDER": ",".join(order)})
    return build.ladder(settings, board, announce=lambda _event: None).name


def test_an_engine_without_its_library_is_told_of_and_the_next_of_the_ladder_works(monkeypatch):
    monkeypatch.setitem(sys.modules, "daemon.engines.speech_service.engine", None)  # as where websockets is missing
    board = Board()
    assert rungs(board, "azure", "device") == "device"
    (problem,) = board.snapshot().problems
    assert (problem.code, problem.about) == ("engine_away", "azure")
    assert "pip install" in problem.detail
    with pytest.raises(DriverMissing, match=r"azure needs .*home needs"):
        rungs(Board(), "azure", "home")
