"""SIGTERM and SIGINT, noted without a lock: the thread that a handler interrupts may be the one that holds it."""

from __future__ import annotations

import signal
from types import FrameType


class StopSignals:
    """Whether one has come since `watch`, for whoever looks from time to time."""

    def __init__(self) -> None:
        self.came = False

    def watch(self) -> None:
        """Take note of them from now on, in the place of what they do by themselves. For the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.came = True
