"""Judges one frame: is it voice? Independent of the microphone's level, and the only importer of webrtcvad.

A frame is voice if it stands above the noise floor (found by minimum statistics) and has the harmonics of a voice.
How much it counts for an onset says a jury of three: how clear the harmonics are, whether the sound changes as speech
does, and webrtcvad. Whether it is speech at all says the `judge`, who hears the half second before with it. The
cheapest question comes first, so that silence costs next to nothing.

webrtcvad alone compares energies with fixed thresholds: at -60 dBFS it hears nothing, at -20 dBFS it takes rain for
speech. So it is asked about the frame scaled: the noise floor is brought to `_FLOOR_DBFS`, and never so far that the
voice would clip. All figures here are measured on real recordings (`scripts/bench gate`).
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

import numpy as np
import webrtcvad

from daemon.gate.harmonics import WINDOW_SAMPLES, Samples, Spectrum, change, magnitudes, voicing
from daemon.gate.judge import FrameFacts, Judge
from hw.api import FRAME_MS, SPEECH_FORMAT

#: Level of a frame of zeros; anything quieter counts as this.
_SILENCE_DBFS = -96.0
#: Where the scaled noise floor lies, and what the loudest recent frame is held below.
_FLOOR_DBFS = -45.0
_PEAK_DBFS = -14.0
#: Minimum statistics: the floor is the least smoothed level of so many blocks of so many frames.
_BLOCK_FRAMES = 20
_BLOCKS = 8
#: How much a frame moves the smoothed level.
_SMOOTHING = 0.2
#: A frame this far above the floor can be voice: at sensitivity 0 and at 1. Steady noise is on average 2 dB above its
#: own least level, and at a ratio of 5 dB so is a weak syllable.
_MARGIN_DB = (4.0, 0.0)
#: It is voice if it is as voiced as this: at sensitivity 0 and at 1. Noise has about 0.1, one frame in ten 0.15.
_VOICING = (0.19, 0.11)
#: So far above the floor it is voice without harmonics, a whisper: from sensitivity 0.5 on, where nothing is, to 1; and
#: what such a frame counts as more voiced than the threshold.
_WHISPER_DB = (40.0, 6.0)
_WHISPERED = 0.04
#: A frame counts nothing for an onset if it is less voiced than the threshold less the first, fully if it is more
#: voiced by the second, and no more than the third: a shout is no whole word.
_CLEAR_FROM, _CLEAR, _CLEAREST = 0.01, 0.1, 1.2
#: It counts nothing if the spectrum changed by less than the first since 80 ms before, fully if by the second more,
#: and no more than the third: a click is no speech either.
_CHANGE_FROM, _CHANGED, _MOST_CHANGED = 0.15, 0.4, 1.15
_CHANGE_FRAMES = 4
#: What a frame counts that webrtcvad takes for noise, and one with a pitch above that of most voices: children's, but
#: also what cries, crows and whistles.
_DOUBTED = _HIGH = 0.5
_HIGH_PERIOD = 45.0
#: The judge's likelihood from which such a pitch is voice at all: noise would hold an utterance open with it.
_CERTAIN = 0.98
#: The judge's likelihood from which it is speech, and below which it is not: at sensitivity 0, 0.5 and 1.
_LIKELY = (0.98, 0.82, 0.0)
_POSSIBLE = (0.9, 0.7, 0.0)
#: How fast the memory of the loudest frame fades, dB a frame.
_PEAK_FADE_DB = 0.1
_FULL_SCALE = 32_768.0
_FULL_POWER = _FULL_SCALE**2
_PCM = np.dtype("<i2")


class Verdict(NamedTuple):
    """What is known of one frame. A tuple, because one is made for every frame of silence."""

    voiced: bool
    #: Level of the frame, dBFS.
    level_dbfs: float
    #: How far it stands above the noise floor, dB: the least voiced frame has the least.
    above_floor_db: float
    #: How much it counts for an onset: 1 for a clearly voiced frame.
    weight: float = 1.0
    #: Whether it is voiced and the half second up to it is likely speech; and whether it may be.
    likely: bool = True
    possible: bool = True


class VoiceDetector:
    """Stateful: hears frames in order. `sensitivity` as in the settings, 0 to 1."""

    def __init__(self, sensitivity: float, judge: Judge | None = None) -> None:
        self._vad = webrtcvad.Vad()
        self._margin_db = 0.0
        self._least_voicing = self._likely = self._possible = 0.0
        self._whisper_db = math.inf
        self._judge = judge or Judge()
        self._number = 0
        silence: Samples = np.zeros(WINDOW_SAMPLES // 2, np.float32)
        self._recent = deque([silence] * (_CHANGE_FRAMES + 2), maxlen=_CHANGE_FRAMES + 2)
        #: The last spectra, each with the number of its frame: there is none of silence.
        self._spectra: list[tuple[int, Spectrum]] = [(-_CHANGE_FRAMES, np.zeros(0))] * (_CHANGE_FRAMES + 1)
        self._floor = _NoiseFloor()
        self._peak_dbfs = _SILENCE_DBFS
        self.adjust(sensitivity)

    def adjust(self, sensitivity: float) -> None:
        """Apply another sensitivity from the next frame on; what was learnt of the noise stays."""
        self._vad.set_mode(3 if sensitivity < 1 / 3 else 2)  # webrtcvad's aggressiveness
        self._margin_db = _between(_MARGIN_DB, sensitivity)
        self._least_voicing = _between(_VOICING, sensitivity)
        beyond = 2 * sensitivity - 1
        self._whisper_db = _between(_WHISPER_DB, beyond) if beyond > 0 else math.inf
        self._likely = float(np.interp(sensitivity, (0.0, 0.5, 1.0), _LIKELY))
        self._possible = float(np.interp(sensitivity, (0.0, 0.5, 1.0), _POSSIBLE))

    def hear(self, pcm: bytes) -> Verdict:
        """Judge a frame of `FRAME_MS` milliseconds in `SPEECH_FORMAT`."""
        samples = np.frombuffer(pcm, _PCM).astype(np.float32)
        self._recent.append(samples)
        level = _level_dbfs(samples)
        floor = self._floor.hear(level)
        self._peak_dbfs = max(level, self._peak_dbfs - _PEAK_FADE_DB, floor)
        self._number += 1
        above = level - floor
        if above < self._margin_db:
            return Verdict(False, level, above, 0.0, False, False)  # noqa: FBT003 -- for every frame of silence: names cost
        facts = self._facts(above, floor)
        self._judge.hear(self._number, facts)
        if facts.voicing.strength < self._least_voicing and above < self._whisper_db:
            return Verdict(
                voiced=False, level_dbfs=level, above_floor_db=above, weight=0.0, likely=False, possible=False
            )
        likelihood = self._judge.likelihood(self._number)
        return Verdict(
            voiced=facts.voicing.period >= _HIGH_PERIOD or likelihood >= _CERTAIN,
            level_dbfs=level,
            above_floor_db=above,
            weight=self._weight(facts),
            likely=likelihood >= self._likely,
            possible=likelihood >= self._possible,
        )

    def _facts(self, above_floor_db: float, floor_dbfs: float) -> FrameFacts:
        spectrum = self._spectrum(-2)
        number, earlier = self._spectra[(self._number + 1) % len(self._spectra)]
        if number != self._number - _CHANGE_FRAMES:
            earlier = self._spectrum(0)
        self._spectra[self._number % len(self._spectra)] = (self._number, spectrum)
        trusted = self._takes_for_speech(self._recent[-1], floor_dbfs)
        return FrameFacts(above_floor_db, voicing(spectrum), change(spectrum, earlier), trusted, spectrum)

    def _weight(self, facts: FrameFacts) -> float:
        """Return how much a voiced frame counts for an onset."""
        above = facts.voicing.strength - self._least_voicing
        clear = ((above if above >= 0 else _WHISPERED) + _CLEAR_FROM) / _CLEAR
        moved = (facts.change - _CHANGE_FROM) / _CHANGED
        doubt = (1.0 if facts.trusted else _DOUBTED) * (_HIGH if facts.voicing.period < _HIGH_PERIOD else 1.0)
        return min(clear, _CLEAREST) * min(max(0.0, moved), _MOST_CHANGED) * doubt

    def _spectrum(self, at: int) -> Spectrum:
        return magnitudes(np.concatenate((self._recent[at], self._recent[at + 1])))

    def _takes_for_speech(self, samples: Samples, floor_dbfs: float) -> bool:
        gain_db = min(_FLOOR_DBFS - floor_dbfs, _PEAK_DBFS - self._peak_dbfs)
        scaled = np.clip(samples * 10 ** (gain_db / 20), -_FULL_SCALE, _FULL_SCALE - 1)
        return bool(self._vad.is_speech(scaled.astype("<i2").tobytes(), SPEECH_FORMAT.rate_hz))


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


class _NoiseFloor:
    """The least smoothed level of the last few seconds, dBFS."""

    def __init__(self) -> None:
        self._smoothed: float | None = None
        self._block_least = self._blocks_least = 0.0
        self._frames = 0
        self._least: deque[float] = deque(maxlen=_BLOCKS)

    def hear(self, level_dbfs: float) -> float:
        before = level_dbfs if self._smoothed is None else self._smoothed
        self._smoothed = smoothed = before + _SMOOTHING * (level_dbfs - before)
        if smoothed < self._block_least:  # noqa: PLR1730 -- min() takes thrice as long, for every frame of silence
            self._block_least = smoothed
        self._frames += 1
        least = self._block_least if self._block_least < self._blocks_least else self._blocks_least  # noqa: FURB136 -- as above
        if self._frames == _BLOCK_FRAMES:
            self._least.append(self._block_least)
            self._blocks_least = min(self._least)
            self._block_least, self._frames = 0.0, 0
        return least


def _level_dbfs(samples: Samples) -> float:
    power = float(samples.dot(samples)) / (samples.size or 1)
    level = 10.0 * math.log10(power / _FULL_POWER + 1e-12)
    return level if level > _SILENCE_DBFS else _SILENCE_DBFS  # noqa: FURB136 -- as above


#: How long the floor remembers, seconds.
FLOOR_MEMORY_S = _BLOCKS * _BLOCK_FRAMES * FRAME_MS / 1000
