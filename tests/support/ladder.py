"""The streaming client on a ladder of scripted engines, stepped by hand."""

from __future__ import annotations

from typing import Any

from daemon.board import Board
from daemon.engines.scripted import Line, ScriptedEngine
from daemon.events import EndReason, Final, Notice, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.ladder import Ladder
from daemon.rungs import Budgets
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient

SECOND = bytes(32_000)
#: A better rung that has been ready for so long is returned to.
SETTLED_S = 5.0


class Clock:
    """A clock that is moved by hand, in seconds and in nanoseconds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def ns(self) -> int:
        return int(self.now * 1e9)


class Bench:
    """A streaming client on a ladder of scripted engines."""

    def __init__(self, *rungs: ScriptedEngine, budgets: Budgets | None = None, keep_open: bool = True) -> None:
        self.clock = Clock()
        self.board = Board()
        self.results: list[Any] = []
        self.rungs = rungs
        self.ladder = Ladder(
            rungs,
            self.board,
            announce=self.results.append,
            budgets=budgets,
            keep_open=keep_open,
            clock=self.clock,
        )
        self.client = StreamingClient(
            self.ladder, LanguagesSection(), self.board, publish=self.results.append, clock_ns=self.clock.ns
        )
        self._number = 0
        self.ladder.open(self.client.hear_engine)
        self.settle()

    def settle(self) -> None:
        while self.client.step(0):
            pass

    def begin(self, seconds: int = 1) -> int:
        self._number += 1
        self.client.hear(UtteranceBegan(self._number, self.clock.ns(), 0.0))
        for _ in range(seconds):
            self.client.hear(UtteranceAudio(self._number, SECOND))
            self.settle()
            self.clock.now += 1
        return self._number

    def end(self, utterance: int) -> None:
        self.client.hear(UtteranceEnded(utterance, self.clock.ns(), 1.0, EndReason.HANGOVER))
        self.settle()

    def say(self) -> None:
        self.end(self.begin())

    def finals(self) -> list[tuple[int, str]]:
        return [(result.utterance, result.engine) for result in self.results if isinstance(result, Final)]

    def changes(self) -> list[tuple[str, str]]:
        notices = [result.fields for result in self.results if isinstance(result, Notice)]
        return [(fields["engine"], fields["reason"]) for fields in notices]


def engines(*scripts: list[Line], ready: bool = True) -> list[ScriptedEngine]:
    """Return a rung for each script, the best first."""
    names = ("cloud", "device")
    return [ScriptedEngine(script, name=name, ready=ready) for name, script in zip(names, scripts, strict=False)]


def lines(text: str = "hello", count: int = 9, **options: Any) -> list[Line]:
    """Return a script that says the same for so many utterances."""
    return [Line(text, **options)] * count
