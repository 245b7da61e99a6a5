"""How loud the microphone is, and whether what it gives can be its sound at all.

Exact zeros are no silence: a microphone has noise, a switch, a wrong channel or a muted mixer has none. Sound that
touches full scale is cut there, and recognizers hear other words.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import islice
from typing import Any

import numpy as np

from daemon.board import Board
from hw.api import FRAME_BYTES, FRAME_MS

_FRAMES_A_SECOND = 1_000 // FRAME_MS
#: The meter shows the last so many seconds.
_SHOWN_S = 60
#: A microphone that gives zeros for so long is silent, seconds.
ZEROS_S = 10
#: So many frames with a sample at full scale, in so many seconds, are a microphone that is too loud.
CLIPPED_FRAMES, CLIPPING_S = 5, 10
_FULL_SCALE = 32_768
_ZEROS = bytes(FRAME_BYTES)
#: Samples from here on are cut, or as good as.
_LOUDEST = 32_760
_SILENCE_DBFS = -96.0

_SILENT = (
    "microphone {name!r} gives nothing but zeros: look for a switch on it, `alsamixer`, or another microphone.channel"
)
_CLIPS = "microphone {name!r} is too loud and clips: lower microphone.gain_db, or its level in `alsamixer`"


class LevelMeter:
    """Pure. One thread feeds it, any may read."""

    def __init__(self) -> None:
        #: Mean power, peak and frames that clipped of each of the last seconds.
        self._seconds: deque[tuple[float, int, int]] = deque(maxlen=_SHOWN_S)
        #: The sound of the second that is not over, and which of its frames the microphone says are clipped: looked at
        #: once it is, because to do so for each frame costs more than to judge it.
        self._pcm = memoryview(bytearray(_FRAMES_A_SECOND * FRAME_BYTES))  # which a frame is written into uncopied
        self._samples = np.frombuffer(self._pcm, "<i2").reshape(_FRAMES_A_SECOND, -1)
        self._clipped = [False] * _FRAMES_A_SECOND
        self._frames = 0
        #: The first of its frames whose clipping counts.
        self._counts_from = 0
        self._zero_frames = 0
        self._floats = np.empty(FRAME_BYTES // 2, np.float32)

    def hear(self, pcm: bytes, *, clipped: bool = False) -> bool:
        """Take the next frame; return whether a second is over with it.

        `clipped`: the microphone's own samples were at full scale, whatever became of them.
        """
        self._zero_frames = self._zero_frames + 1 if pcm == _ZEROS else 0
        begin = self._frames * FRAME_BYTES
        self._pcm[begin : begin + FRAME_BYTES] = pcm
        self._clipped[self._frames] = clipped
        self._frames += 1
        if self._frames < _FRAMES_A_SECOND:
            return False
        self._look()
        return True

    def _look(self) -> None:
        """Measure the second that is over."""
        peak, power = _peak(self._samples), 0.0
        if peak >= _LOUDEST:
            for at, samples in enumerate(self._samples):
                self._clipped[at] = self._clipped[at] or _peak(samples) >= _LOUDEST
        for samples in self._samples:
            self._floats[:] = samples
            power += float(np.dot(self._floats, self._floats)) / samples.size
        self._seconds.append((power / _FRAMES_A_SECOND, peak, sum(islice(self._clipped, self._counts_from, None))))
        self._frames = self._counts_from = 0

    def begin(self) -> None:
        """Take it that what is heard from now on is another microphone's: its zeros and clipping count anew."""
        self._zero_frames, self._counts_from = 0, self._frames
        self._seconds = deque(((power, peak, 0) for power, peak, _ in self._seconds), maxlen=_SHOWN_S)

    @property
    def rms_dbfs(self) -> float:
        """Level of the last minute."""
        known = list(self._seconds)
        return _dbfs(sum(power for power, _, _ in known) / max(1, len(known)))

    @property
    def peak_dbfs(self) -> float:
        """The loudest sample of the last minute."""
        return _dbfs(max((peak for _, peak, _ in list(self._seconds)), default=0) ** 2)

    @property
    def zeros_s(self) -> float:
        """For how long nothing but zeros has come."""
        return self._zero_frames * FRAME_MS / 1_000

    @property
    def clipped_frames(self) -> int:
        """Frames of the last ten seconds in which it clipped."""
        return sum(clipped for _, _, clipped in list(self._seconds)[-CLIPPING_S:])


class MicrophoneCheck:
    """Says on the board what is wrong with the sound of a microphone; one thread feeds it."""

    def __init__(self, board: Board, name: str) -> None:
        self.meter = LevelMeter()
        self._board = board
        self._name = name
        self._told: set[str] = set()

    def begin(self) -> None:
        """Begin anew: the microphone is gone, and what was wrong with its sound with it."""
        self.meter.begin()
        self._say("microphone_silent", _SILENT, wrong=False)
        self._say("microphone_clips", _CLIPS, wrong=False)

    def hear(self, pcm: bytes, *, clipped: bool = False) -> None:
        """Take the next frame, as the meter."""
        meter = self.meter
        second_over = meter.hear(pcm, clipped=clipped)
        self._say("microphone_silent", _SILENT, wrong=meter.zeros_s >= ZEROS_S)
        if second_over:
            # Told from five frames on until there is none: what clips now and then shall not flicker.
            least = 1 if "microphone_clips" in self._told else CLIPPED_FRAMES
            self._say("microphone_clips", _CLIPS, wrong=meter.clipped_frames >= least)

    def _say(self, code: str, text: str, *, wrong: bool) -> None:
        if wrong and code not in self._told:
            self._told.add(code)
            self._board.problem(code, text.format(name=self._name))
        elif not wrong and code in self._told:
            self._told.discard(code)
            self._board.solved(code)


def _peak(samples: np.ndarray[Any, np.dtype[np.int16]]) -> int:
    flat = samples.ravel()  # a view; where the extremes are takes less to find than what they are
    return max(int(flat[flat.argmax()]), -int(flat[flat.argmin()]))


def _dbfs(power: float) -> float:
    return round(max(_SILENCE_DBFS, 10 * math.log10(power / _FULL_SCALE**2)), 1) if power else _SILENCE_DBFS
