"""What a press is: a pure machine. Time comes in as an argument, seconds of any clock that does not go back."""

from __future__ import annotations

from enum import StrEnum


class Gesture(StrEnum):
    """What somebody does with a button, a key or a place to touch.

    Each press begins with `PRESS` and ends with `TAP` or `RELEASE`; between may come `HOLD`, and `LONG_PRESS` after it.
    """

    PRESS = "press"  # it goes down
    TAP = "tap"  # it comes up soon
    HOLD = "hold"  # it has been down for a while …
    LONG_PRESS = "long_press"  # … and for a long while
    RELEASE = "release"  # it comes up after that, or has done so unseen


class Gestures:
    """The gestures of one key: `hold_s` after the press is a hold, `long_press_s` after it a long press."""

    def __init__(self, hold_s: float, long_press_s: float) -> None:
        self._delays = ((Gesture.HOLD, hold_s), (Gesture.LONG_PRESS, max(hold_s, long_press_s)))
        self._down_at: float | None = None
        self._told = 0

    def change(self, at_s: float, *, down: bool) -> list[Gesture]:
        """Take that the key went down or came up; return the gestures that this makes, and those that were due.

        A key that goes down again has come up unseen: a Nextion's component without "Send Component ID" for releases
        never says so.
        """
        found = self.due(at_s)
        if down:
            unseen = [] if self._down_at is None else [Gesture.RELEASE]
            self._down_at = at_s
            self._told = 0
            return [*found, *unseen, Gesture.PRESS]
        if self._down_at is not None:
            self._down_at = None
            return [*found, Gesture.RELEASE if self._told else Gesture.TAP]
        return found

    def due(self, at_s: float) -> list[Gesture]:
        """Return the gestures that have come about by nothing but time."""
        found = []
        while self.wait_s(at_s) <= 0:
            found.append(self._delays[self._told][0])
            self._told += 1
        return found

    def wait_s(self, at_s: float) -> float:
        """Return the seconds until something is due; without end if nothing will be."""
        if self._down_at is None or self._told == len(self._delays):
            return float("inf")
        return self._down_at + self._delays[self._told][1] - at_s
