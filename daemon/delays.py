"""Remembers how late things were, so that a benchmark and a person who looks can tell."""

from __future__ import annotations

import time
from array import array

_NS_PER_MS = 1_000_000
_NS_PER_US = 1_000
_THOUSAND = 1_000


class RecentDelays:
    """The delays of the last so many events, in a ring that is made once. One thread notes, any thread asks."""

    def __init__(self, size: int) -> None:
        #: Microseconds.
        self._ring = array("l", bytes(size * array("l").itemsize))
        self._noted = 0

    def note(self, since_ns: int) -> None:
        """Note the time since a moment of CLOCK_MONOTONIC."""
        self._ring[self._noted % len(self._ring)] = (time.monotonic_ns() - since_ns) // _NS_PER_US
        self._noted += 1

    def quantile_ms(self, per_mille: int) -> float:
        """Return the delay that so many of a thousand do not exceed, milliseconds; 0 before the first."""
        known = sorted(self._ring[: min(self._noted, len(self._ring))])
        if not known:
            return 0.0
        return known[min(len(known) - 1, len(known) * per_mille // _THOUSAND)] * _NS_PER_US / _NS_PER_MS
