"""Judges one frame: is it voice? Independent of the microphone's level, and the only importer of webrtcvad.

webrtcvad compares energies with fixed thresholds: at -60 dBFS it hears nothing, at -20 dBFS it takes rain for speech
(measured on real recordings). So each frame is scaled before it is asked: the noise floor, found by minimum statistics,
is brought to `_FLOOR_DBFS`, where steady noise leaves webrtcvad cold, and never so far that the voice would clip.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad

from hw.api import FRAME_MS, SPEECH_FORMAT

#: Level of a frame of zeros; anything quieter counts as this.
_SILENCE_DBFS = -96.0
#: Where the scaled noise floor lies, and what the loudest recent frame is held below.
_FLOOR_DBFS = -60.0
_PEAK_DBFS = -14.0
#: Minimum statistics: the floor is the least smoothed level of so many blocks of so many frames.
_BLOCK_FRAMES = 20
_BLOCKS = 8
#: A frame this far above the floor can be voice: at sensitivity 0 and at 1.
_MARGIN_DB = (15.0, 3.0)
#: How fast the memory of the loudest frame fades, dB a frame.
_PEAK_FADE_DB = 0.1
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one frame."""

    voiced: bool
    #: Level of the frame, dBFS.
    level_dbfs: float
    #: How far it stands above the noise floor, dB: the least voiced frame has the least.
    above_floor_db: float


class VoiceDetector:
    """Stateful: hears frames in order. `sensitivity` as in the settings, 0 to 1."""

    def __init__(self, sensitivity: float) -> None:
        self._vad = webrtcvad.Vad()
        self._margin_db = 0.0
        self._floor = _NoiseFloor()
        self._peak_dbfs = _SILENCE_DBFS
        self.adjust(sensitivity)

    def adjust(self, sensitivity: float) -> None:
        """Apply another sensitivity from the next frame on; what was learnt of the noise stays."""
        self._vad.set_mode(3 if sensitivity < 1 / 3 else 2)  # webrtcvad's aggressiveness
        quiet, keen = _MARGIN_DB
        self._margin_db = quiet + (keen - quiet) * sensitivity

    def hear(self, pcm: bytes) -> Verdict:
        """Judge a frame of `FRAME_MS` milliseconds in `SPEECH_FORMAT`."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        level = _level_dbfs(samples)
        floor = self._floor.hear(level)
        self._peak_dbfs = max(level, self._peak_dbfs - _PEAK_FADE_DB, floor)
        above = level - floor
        voiced = above >= self._margin_db and self._sounds_like_voice(samples, floor)
        return Verdict(voiced, level, above)

    def _sounds_like_voice(self, samples: np.ndarray, floor_dbfs: float) -> bool:
        gain_db = min(_FLOOR_DBFS - floor_dbfs, _PEAK_DBFS - self._peak_dbfs)
        scaled = np.clip(samples * 10 ** (gain_db / 20), -_FULL_SCALE, _FULL_SCALE - 1)
        return bool(self._vad.is_speech(scaled.astype("<i2").tobytes(), SPEECH_FORMAT.rate_hz))


class _NoiseFloor:
    """The least smoothed level of the last few seconds, dBFS."""

    def __init__(self) -> None:
        self._smoothed: float | None = None
        self._block_least = 0.0
        self._frames = 0
        self._least: deque[float] = deque(maxlen=_BLOCKS)

    def hear(self, level_dbfs: float) -> float:
        smoothed = level_dbfs if self._smoothed is None else self._smoothed + 0.2 * (level_dbfs - self._smoothed)
        self._smoothed = smoothed
        self._block_least = min(self._block_least, smoothed)
        self._frames += 1
        if self._frames == _BLOCK_FRAMES:
            self._least.append(self._block_least)
            self._block_least, self._frames = 0.0, 0
        return min([self._block_least, *self._least])


def _level_dbfs(samples: np.ndarray) -> float:
    power = float(np.dot(samples, samples)) / max(1, samples.size)
    return max(_SILENCE_DBFS, 10.0 * float(np.log10(power / _FULL_SCALE**2 + 1e-12)))


#: How long the floor remembers, seconds.
FLOOR_MEMORY_S = _BLOCKS * _BLOCK_FRAMES * FRAME_MS / 1000
