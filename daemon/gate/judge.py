"""Judges whether half a second of sound is speech, by how its frames are on average and how they differ.

One frame of a guitar, a saw or a cock looks like one of a voice. Half a second does not: a voice glides, comes and goes
several times a second, and changes its colour as no string and no machine does. What is looked at are traits of each
frame that do not depend on level; a network of one small layer weighs them, trained by `scripts/train_gate.py`.
"""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from daemon.gate.harmonics import SHAPE_BANDS, Spectrum, Voicing, shape

Numbers = np.ndarray[Any, np.dtype[np.float64]]

#: So many frames are judged together.
WINDOW = 25
#: The numbers of the network that ships.
FILE = Path(__file__).parent / "judge.bin"
#: Where a frame begins to be voiced, and by how much more it is fully so.
_VOICED, _FULLY = 0.14, 0.1
_HEIGHT_MOST_DB, _HEIGHT_UNIT_DB = 40.0, 20.0
_CHANGE_MOST, _CHANGED_MUCH, _SHAPE_MOST = 2.5, 0.8, 5.0
#: Periods are told relative to the first, 200 Hz; above the pitch of the second, 355 Hz, children and birds are.
_MIDDLE_PERIOD, _HIGH_PERIOD = 80.0, 45.0
#: How much the ln of the period differs from the frame before: no leap, no glide, and the most that is told.
_GLIDE, _STEADY, _LEAP = 0.12, 0.006, 0.3
#: Neurons of its layer.
NEURONS = 24
#: Traits of a frame.
TRAITS = 11 + SHAPE_BANDS
#: What the network gets, and the numbers that it is made of.
INPUTS = 1 + 2 * TRAITS
NUMBERS = INPUTS * NEURONS + 2 * NEURONS + 1


class FrameFacts(NamedTuple):
    """What was measured of one frame that is not silent."""

    above_floor_db: float
    voicing: Voicing
    change: float
    #: Whether webrtcvad takes it for speech.
    trusted: bool
    spectrum: Spectrum


class Weights(NamedTuple):
    """The network: what goes in is the share of frames that are not silent, then the means, then the deviations."""

    hidden: Numbers
    hidden_bias: Numbers
    output: Numbers
    output_bias: float


class Judge:
    """Stateful: hears frames in order, `number` counts all of them; silent ones are left out."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights or bundled()
        self._rows = np.zeros((WINDOW, TRAITS))
        self._numbers = np.full(WINDOW, -WINDOW)
        self._voiced_number = -1
        self._period = 0.0

    def hear(self, number: int, facts: FrameFacts) -> None:
        """Take a frame that is not silent."""
        at = number % WINDOW
        self._rows[at] = self._traits(number, facts)
        self._numbers[at] = number

    def likelihood(self, number: int) -> float:
        """Return how likely the half second up to this frame is speech, 0 to 1."""
        hidden = np.maximum(self.view(number) @ self._weights.hidden + self._weights.hidden_bias, 0.0)
        score = float(hidden @ self._weights.output) + self._weights.output_bias
        return 0.5 + 0.5 * math.tanh(score / 2)

    def view(self, number: int) -> Numbers:
        """Return what is known of the half second up to this frame, as the network gets it."""
        rows = self._rows[self._numbers > number - WINDOW]
        if not len(rows):
            return np.zeros(INPUTS)
        mean = rows.mean(axis=0)
        deviation = np.sqrt(np.maximum((rows * rows).mean(axis=0) - mean * mean, 0.0))
        return np.concatenate(((len(rows) / WINDOW,), mean, deviation))

    def _traits(self, number: int, facts: FrameFacts) -> Numbers:
        strength, period = facts.voicing
        clear = min(max(0.0, (strength - _VOICED) / _FULLY), 1.2)
        pair = clear > 0 and self._voiced_number == number - 1
        leap = _leap(period, self._period) if pair else _LEAP
        if clear > 0:
            self._voiced_number, self._period = number, period
        told = (
            min(facts.above_floor_db, _HEIGHT_MOST_DB) / _HEIGHT_UNIT_DB,
            strength,
            clear,
            math.log(period / _MIDDLE_PERIOD) if clear > 0 else 0.0,
            clear * (period < _HIGH_PERIOD),
            min(leap, _LEAP) / _LEAP if pair else 0.0,
            float(leap < _GLIDE),
            float(leap < _STEADY),
            min(facts.change, _CHANGE_MOST),
            float(facts.change > _CHANGED_MUCH),
            float(facts.trusted),
        )
        return np.concatenate((told, np.clip(shape(facts.spectrum), -_SHAPE_MOST, _SHAPE_MOST)))


def _leap(period: float, before: float) -> float:
    """Return how far the pitch went, as |ln|; an octave is none: which of two multiples is found is chance."""
    leap = abs(math.log(period / before))
    return min(leap, abs(leap - math.log(2)))


def unpacked(numbers: Numbers) -> Weights:
    """Return the network whose `NUMBERS` numbers these are, in the order of `Weights`. Raises ValueError."""
    if len(numbers) != NUMBERS:
        raise ValueError(f"the gate's judge has {len(numbers)} numbers instead of {NUMBERS}")
    hidden, bias, output, output_bias = np.split(numbers, np.cumsum((INPUTS * NEURONS, NEURONS, NEURONS)))
    return Weights(hidden.reshape(INPUTS, NEURONS), bias, output, float(output_bias[0]))


@cache
def bundled() -> Weights:
    """Return the network that ships: 32-bit floats, little-endian."""
    return unpacked(np.fromfile(FILE, "<f4").astype(np.float64))
