"""Asks a confirmer about the sound that the vote takes for the beginning of an utterance.

A network takes a good part of a frame's time on a small computer, and by the time of the vote there is half a second
for it to hear. So it is asked about a few frames at a time, two more than come in: it catches up within a quarter of a
second, and the gate is never late for its next frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from daemon.gate.confirmers.base import Confirmer

#: Frames that are asked about for each that comes in.
_AT_ONCE = 3
#: It is speech once so many of the last so many frames are, with a likelihood of at least so much. A network that is
#: sure for a moment only (a dog, a chair) has not yet convinced.
_LIKELY = 0.5
_SPEECH, _OF = 6, 10
#: Networks are trained on speech of this level, dBFS; the loudest frame so far is brought to it.
_LOUDEST_DBFS = -18.0
_FULL_SCALE = 32_768


class SecondOpinion:
    """See the module."""

    def __init__(self, confirmer: Confirmer) -> None:
        self._confirmer = confirmer
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._loudest_dbfs = 0.0
        self._likely: deque[bool] = deque(maxlen=_OF)

    def ask(self, sound: Iterable[tuple[bytes, float]]) -> None:
        """Begin anew with the sound so far: frames, each with its level in dBFS."""
        self._confirmer.forget()
        self._likely.clear()
        self._waiting = deque(sound)
        self._loudest_dbfs = max(level_dbfs for _pcm, level_dbfs in self._waiting)

    def hear(self, pcm: bytes, level_dbfs: float) -> bool:
        """Take the next frame; return whether it is speech as far as it was asked about."""
        self._waiting.append((pcm, level_dbfs))
        self._loudest_dbfs = max(self._loudest_dbfs, level_dbfs)
        return self._catch_up(_AT_ONCE)

    def finish(self) -> bool:
        """Return whether it is speech, at once: there is no more sound."""
        return self._catch_up(len(self._waiting))

    def _catch_up(self, frames: int) -> bool:
        for _ in range(min(frames, len(self._waiting))):
            pcm, _level_dbfs = self._waiting.popleft()
            self._likely.append(self._confirmer.hear(self._scaled(pcm)) >= _LIKELY)
            if sum(self._likely) >= _SPEECH:
                return True
        return False

    def _scaled(self, pcm: bytes) -> bytes:
        gain = 10 ** ((_LOUDEST_DBFS - self._loudest_dbfs) / 20)
        samples = np.frombuffer(pcm, "<i2") * gain
        return np.clip(samples, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes()
