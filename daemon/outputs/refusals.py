"""What to do where a panel refuses what it is sent. Pure: time by a clock."""

from __future__ import annotations

from collections.abc import Callable

#: The whole is sent again at once, and where that is refused again after so long, seconds: doubled each time, up to
#: the last, for whoever reads sees it.
_WAITS_S = (1.0, 60.0)
#: What went without a refusal for so long was taken, seconds.
_TAKEN_S = 10.0
#: So many in a row (that takes seven seconds) are no noise on the line: the panel lacks what it is told to change.
_NOISE_MAX = 3


class Refusals:
    """Looks at how often a panel has refused something; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen = 0
        self._open = False
        self._in_vain = 0
        self._wait_s = 0.0
        self._sent_at = clock()

    def opened(self, refused: int) -> None:
        """Begin anew, at so many refusals."""
        self._seen = refused
        self._open = False
        self._taken()

    @property
    def lasting(self) -> bool:
        """Whether sending it again does not help."""
        return self._in_vain > _NOISE_MAX

    def heard(self, refused: int) -> bool:
        """Take how often something was refused so far; return whether the whole is to be sent again now."""
        self._open = self._open or refused != self._seen
        self._seen = refused
        since_s = self._clock() - self._sent_at
        if not self._open and since_s >= _TAKEN_S:
            self._taken()
        if not self._open or since_s < self._wait_s:
            return False
        self._open = False
        self._in_vain += 1
        self._wait_s = min(max(_WAITS_S[0], 2 * self._wait_s), _WAITS_S[1])
        self._sent_at = self._clock()
        return True

    def _taken(self) -> None:
        self._in_vain = 0
        self._wait_s = 0.0
        self._sent_at = self._clock()
