"""A clock that is moved by hand."""

from __future__ import annotations


class HandClock:
    """Seconds, as `time.monotonic` gives them."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
