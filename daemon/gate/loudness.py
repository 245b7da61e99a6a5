"""How loud a voice is: by the mean power of half a second, for which no click and no burst lasts."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from hw.api import FRAME_MS

#: Frames of it.
HALF_SECOND = 500 // FRAME_MS
SILENCE_DBFS = -math.inf


def loudness(levels_dbfs: Iterable[float]) -> float:
    """Return the loudness of the frames of the last half second, dBFS; of fewer, as if silence were before them."""
    power = sum(10 ** (level / 10) for level in levels_dbfs) / HALF_SECOND
    return 10 * math.log10(power) if power else SILENCE_DBFS


class Loudest:
    """The loudest half second of all that was heard: `dbfs`."""

    def __init__(self) -> None:
        self.dbfs = SILENCE_DBFS
        self._levels: deque[float] = deque(maxlen=HALF_SECOND)

    def hear(self, level_dbfs: float) -> None:
        """Take the level of the next frame."""
        self._levels.append(level_dbfs)
        self.dbfs = max(self.dbfs, loudness(self._levels))
