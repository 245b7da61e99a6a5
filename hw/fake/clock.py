"""Where a stand-in takes its time from."""

from __future__ import annotations

import time
from typing import Protocol

_SECOND_NS = 1_000_000_000


class Clock(Protocol):
    """A source of time."""

    def now_ns(self) -> int:
        """Nanoseconds, as CLOCK_MONOTONIC counts them."""

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""


class MonotonicClock:
    """The real one."""

    def now_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(seconds)


class ManualClock:
    """Time passes only when somebody sleeps."""

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """Nanoseconds that were slept, on top of the first reading."""
        return self._now_ns

    def sleep(self, seconds: float) -> None:
        """Move the clock on at once."""
        self._now_ns += round(seconds * _SECOND_NS)
