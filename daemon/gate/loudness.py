"""How loud a voice is: what it reaches for a fifth of a second within half a one, as no click and no burst does."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from hw.api import FRAME_MS

#: Frames that are looked at, and how many of them must be as loud.
HALF_SECOND = 500 // FRAME_MS
_LOUD = 200 // FRAME_MS
SILENCE_DBFS = -math.inf


def loudness(levels_dbfs: Iterable[float]) -> float:
    """Return the loudness of the frames of half a second, dBFS."""
    loudest = sorted(levels_dbfs)[-_LOUD:]
    return loudest[0] if len(loudest) == _LOUD else SILENCE_DBFS


class Loudest:
    """The loudest half second of all that was heard: `dbfs`."""

    def __init__(self) -> None:
        self.dbfs = SILENCE_DBFS
        self._levels: deque[float] = deque(maxlen=HALF_SECOND)

    def hear(self, level_dbfs: float) -> None:
        """Take the level of the next frame."""
        self._levels.append(level_dbfs)
        self.dbfs = max(self.dbfs, loudness(self._levels))
