"""Decides what to leave out when recognition falls behind. Pure: the clock comes in as an argument."""

from __future__ import annotations

#: Seconds of waiting sound above which level 1 (no second pass) and level 2 (no interims either) begin.
_RAISE_S = (2.0, 4.0)
#: Seconds below which they end. Lower, so that the level does not swing.
_LOWER_S = (0.5, 2.0)
#: It must last so long: what waits after one long second pass is worked off sooner.
_HOLD_S = 1.0


class Backlog:
    """The level of `EngineLoad`."""

    def __init__(self) -> None:
        self.level = 0
        self._above_since: float | None = None

    def update(self, behind_s: float, now_s: float) -> bool:
        """Take note of so many seconds of waiting sound; tell whether the level changed."""
        wanted = self._wanted(behind_s)
        if wanted <= self.level:
            self._above_since = None
        elif self._above_since is None:
            self._above_since = now_s
        before = self.level
        if wanted < before or (self._above_since is not None and now_s - self._above_since >= _HOLD_S):
            self.level = wanted
        return self.level != before

    def _wanted(self, behind_s: float) -> int:
        level = self.level
        while level < len(_RAISE_S) and behind_s > _RAISE_S[level]:
            level += 1
        while level > 0 and behind_s < _LOWER_S[level - 1]:
            level -= 1
        return level
