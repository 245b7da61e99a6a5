"""Whether a panel that answers what it is sent does so. Pure: time by a clock."""

from __future__ import annotations

from collections.abc import Callable

#: An answer takes no longer, seconds: Crystalfontz' displays give theirs within a quarter of one.
PATIENCE_S = 1.0


class Silence:
    """Looks at whether a panel owes an answer; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since_s: float | None = None

    def heard(self, *, unanswered: bool) -> None:
        """Take whether an answer is owed now."""
        if not unanswered:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = self._clock()

    @property
    def lasting(self) -> bool:
        """Whether it has been owed for too long."""
        return self._since_s is not None and self._clock() - self._since_s >= PATIENCE_S
