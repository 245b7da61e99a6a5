"""One utterance on its way through the pool of engines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from daemon.engines.base import EngineFinal, EngineHypothesis, Task
from hw.api import SPEECH_FORMAT

#: Code of a failure: no engine was free in time.
BUSY = "busy"


@dataclass(frozen=True, slots=True)
class JobFailed:
    """There will be no final."""

    #: `BUSY`, or what the engine said.
    code: str
    text: str


Answer = EngineHypothesis | EngineFinal | JobFailed


class Job:
    """See the module. Its sound is kept until its end, so that another engine can have it.

    `owner` is who shares the engines fairly with others; `answer` gets hypotheses, then exactly one final or failure,
    in the loop's thread.
    """

    def __init__(self, number: int, owner: object, task: Task, answer: Callable[[Answer], None]) -> None:
        self.number = number
        self.owner = owner
        self.task = task
        self.answer = answer
        self.sound = bytearray()
        self.begun_s = time.monotonic()
        #: CLOCK_MONOTONIC of the moment its sound was complete, seconds.
        self.complete_s: float | None = None
        #: Engines that failed on it.
        self.failures = 0
        self.over = False

    @property
    def sound_s(self) -> float:
        """Seconds of its sound."""
        return len(self.sound) / SPEECH_FORMAT.bytes_per_second

    def end(self, answer: Answer) -> None:
        """Say the last word."""
        if not self.over:
            self.over = True
            self.answer(answer)
