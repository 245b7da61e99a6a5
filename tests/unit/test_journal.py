from __future__ import annotations

from daemon.board import Board
from daemon.journal import ProblemLog


def test_a_problem_is_logged_once_with_its_code_and_once_when_it_is_over(caplog):
    caplog.set_level("INFO")
    board = Board()
    board.listen(ProblemLog().take)
    board.problem("display_lost", "the display is gone")
    board.problem("display_lost", "the display is still gone")
    board.problem("mqtt_unreachable", "no broker")
    board.solved("display_lost")
    logged = [(record.levelname, record.CODE, record.getMessage()) for record in caplog.records]
    assert logged == [
        ("WARNING", "display_lost", "the display is gone"),
        ("WARNING", "mqtt_unreachable", "no broker"),
        ("INFO", "display_lost", "over: the display is still gone"),
    ]
