"""How much of a stretch of time anybody wanted the microphone's sound: what nobody wanted is not lost."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable


class WantedTime:
    """Thread-safe. Times are CLOCK_MONOTONIC, nanoseconds; at first all of it is wanted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since_ns = 0
        self._until_ns = math.inf
        self._before_ns = 0

    def begin(self, at_ns: int) -> None:
        """Count from here on."""
        with self._lock:
            self._since_ns, self._before_ns = at_ns, 0

    def want(self, until_ns: Callable[[], float], now_ns: int) -> None:
        """Ask until when sound is wanted from now on; minus infinity: it is not.

        Asked is one thread after the other, so that the last one knows what the others have changed.
        """
        with self._lock:
            self._before_ns = self._sum(now_ns)
            self._since_ns, self._until_ns = max(self._since_ns, now_ns), until_ns()

    def until(self, at_ns: int) -> int:
        """Return how much was wanted since the beginning."""
        with self._lock:
            return self._sum(at_ns)

    def _sum(self, at_ns: int) -> int:
        return self._before_ns + int(max(0, min(at_ns, self._until_ns) - self._since_ns))
