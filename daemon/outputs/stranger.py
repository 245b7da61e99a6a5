"""Whether something else than the display talks on its port, or the display at another speed. Pure: time by a clock."""

from __future__ import annotations

from collections.abc import Callable

#: So many bytes that are not the panel's protocol, in so many seconds: no noise on the line, and nobody types so fast.
BYTES, WITHIN_S = 64, 10.0


class Stranger:
    """Looks at the bytes that a panel has ignored; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began_s = clock()
        self._ignored = 0
        #: Whether there is one.
        self.talks = False

    def opened(self, ignored: int) -> None:
        """Begin anew, at so many ignored bytes."""
        self._begin(ignored)
        self.talks = False

    def heard(self, ignored: int) -> bool:
        """Take how many bytes have been ignored so far; return whether that changes `talks`."""
        before = self.talks
        if ignored - self._ignored >= BYTES:
            self.talks = True
            self._begin(ignored)
        elif self._clock() - self._began_s >= WITHIN_S:
            self.talks = False
            self._begin(ignored)
        return self.talks is not before

    def _begin(self, ignored: int) -> None:
        self._began_s = self._clock()
        self._ignored = ignored
