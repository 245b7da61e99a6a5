"""What an engine warns of, as `state` has it."""

from __future__ import annotations

import pytest

from daemon.board import Board
from daemon.engine_report import EngineReport
from daemon.engines.base import TRANSLATOR_FAULTY, EngineReady, EngineWarning
from daemon.recognizers.base import RECOGNIZER_FAULTY
from daemon.settings import LanguagesSection

TOLD = "opus-mt-en-fr does not load: model.bin is truncated"


@pytest.fixture
def board():
    return Board("en-US", ("es",))


@pytest.fixture
def report(board):
    return EngineReport(board)


def say(report, warning):
    report.handlers[type(warning)](warning)


def problems(board):
    return [(problem.code, problem.detail, problem.about) for problem in board.snapshot().problems]


@pytest.mark.parametrize("code", [TRANSLATOR_FAULTY, RECOGNIZER_FAULTY])
def test_a_warning_is_a_problem_with_its_text_until_it_is_over(board, report, code):
    say(report, EngineWarning("device", code, TOLD))
    assert problems(board) == [(code, TOLD, "device")]
    say(report, EngineWarning("device", code, "another"))
    assert problems(board) == [(code, "another", "device")]
    say(report, EngineWarning("device", code, ""))
    assert problems(board) == []


def test_the_codes_are_those_that_programs_know():
    assert (TRANSLATOR_FAULTY, RECOGNIZER_FAULTY) == ("translator_faulty", "recognizer_faulty")


def test_what_one_engine_takes_back_another_may_still_warn_of(board, report):
    for engine in ("device", "other"):
        say(report, EngineWarning(engine, TRANSLATOR_FAULTY, TOLD))
    say(report, EngineWarning("other", TRANSLATOR_FAULTY, ""))
    assert problems(board) == [(TRANSLATOR_FAULTY, TOLD, "device")]


def test_a_warning_outlasts_that_the_engine_is_ready_and_a_change_of_languages(board, report):
    say(report, EngineWarning("device", TRANSLATOR_FAULTY, TOLD))
    report.ready()
    report.serves("device", LanguagesSection(), EngineReady("device"))
    assert problems(board) == [(TRANSLATOR_FAULTY, TOLD, "device")]
