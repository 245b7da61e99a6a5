from __future__ import annotations

import os
import subprocess
import sys

from daemon.board import Board
from daemon.events import DropReason, Final, Translation, UtteranceDropped
from daemon.journal import Journal


def lines(caplog, *fields):
    return [
        (record.levelname, record.getMessage(), *(getattr(record, field) for field in fields))
        for record in caplog.records
    ]


def test_a_problem_is_logged_once_with_its_code_and_once_when_it_is_over(caplog):
    caplog.set_level("INFO")
    board, status = Board(), []
    journal = Journal(board, status.append)
    board.problem("display_lost", "the display is gone")
    journal.look()
    board.problem("display_lost", "the display is still gone")
    journal.look()
    journal.look()
    board.solved("display_lost")
    journal.look()
    assert lines(caplog, "CODE") == [
        ("WARNING", "the display is gone", "display_lost"),
        ("INFO", "over: the display is still gone", "display_lost"),
    ]
    assert len(status) == 3, "systemd is told of each change once"


def test_two_problems_of_one_code_are_both_logged(caplog):
    board = Board(clock=lambda: "2026-01-01T00:00:00.000Z")
    journal = Journal(board, lambda _snapshot: None)
    board.problem("no_translator", "nothing translates into fr", about="fr")
    board.problem("no_translator", "nothing translates into de", about="de")
    journal.look()
    assert len(caplog.records) == 2


def test_how_an_utterance_ended_is_logged_and_never_what_was_said(caplog):
    caplog.set_level("INFO")
    journal = Journal(Board(), lambda _snapshot: None)
    journal.offer(Final(1, "en", "a secret", {"es": Translation("un secreto")}, 1.0, 0.0, 1.0, "device", None, 812, 0))
    journal.offer(UtteranceDropped(2, DropReason.NO_SPEECH))
    journal.look()
    assert lines(caplog, "UTTERANCE") == [
        ("INFO", "utterance 1: final after 812 ms", 1),
        ("INFO", "utterance 2: no final, no_speech", 2),
    ]
    assert caplog.records[0].ENGINE == "device"
    assert "secret" not in caplog.text


def test_a_journal_that_somebody_else_writes_to_keeps_nothing_from_a_terminal():
    code = "import logging; from daemon import journal; journal.log_to_journal_or_stderr(); logging.info('it runs')"
    inherited = {**os.environ, "JOURNAL_STREAM": "8:1"}  # as in all that a service's terminal starts
    ran = subprocess.run([sys.executable, "-c", code], env=inherited, capture_output=True, text=True, check=True)
    assert "it runs" in ran.stderr
