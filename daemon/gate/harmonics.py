"""What the spectrum of 40 ms tells of a voice: the comb of its harmonics, and that it changes all the time.

All here is indifferent to level. `magnitudes` are taken once; the others read them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from hw.api import SPEECH_FORMAT

Samples = np.ndarray[Any, np.dtype[np.float32]]
Spectrum = np.ndarray[Any, np.dtype[np.float64]]

#: 40 ms hold three periods of a low voice.
WINDOW_SAMPLES = 640
#: The next power of two: the longest period below does not wrap around.
_SIZE = 1024
_RATE_HZ = SPEECH_FORMAT.rate_hz
#: Where the harmonics of a voice are; below is hum and rumble, above little but hiss.
_BAND = slice(80 * _SIZE // _RATE_HZ, 4000 * _SIZE // _RATE_HZ)
#: Periods, samples, that are looked at: 1000 Hz to 80 Hz.
_SHORTEST, _LONGEST = 16, 200
#: Bands of about 190 Hz each, in which the spectrum is compared with an earlier one.
_BAND_STARTS = np.arange(0, _BAND.stop - _BAND.start, 12)
#: Bands as the ear has them, Hz, up to hiss: the shape of the spectrum.
_EDGES_HZ = (80, 300, 500, 700, 900, 1100, 1400, 1700, 2000, 2400, 2900, 3500, 4200, 5100, 6200, 7900)
_EDGES = np.array(_EDGES_HZ) * _SIZE // _RATE_HZ
SHAPE_BANDS = len(_EDGES) - 1
_LEAST = 1e-9
_HANN = np.hanning(WINDOW_SAMPLES).astype(np.float32)


class Voicing(NamedTuple):
    """How much a sound repeats, 0 to 1, and with which period, samples."""

    strength: float
    period: float


def magnitudes(samples: Samples) -> Spectrum:
    """Return the magnitudes of `WINDOW_SAMPLES` samples."""
    return np.asarray(np.abs(np.fft.rfft(samples * _HANN, _SIZE)), np.float64)


def voicing(spectrum: Spectrum) -> Voicing:
    """Return how much the sound repeats: noise 0.1, a clear vowel 0.2 to 0.5; and how often: a child's voice at 400 Hz.

    It is the autocorrelation of the *magnitude* spectrum, not of the power spectrum: the root lifts the many weak
    harmonics beside the one or two strong ones, so that a rumble or a resonance does not look like a voice, and a voice
    in noise still does.
    """
    comb = np.zeros(_SIZE // 2 + 1)
    comb[_BAND] = spectrum[_BAND]
    repeats = np.fft.irfft(comb)
    near = repeats[_SHORTEST - 1 : _LONGEST + 1]
    middle = near[1:-1]
    peaks = np.where((middle > near[:-2]) & (middle >= near[2:]), middle, 0.0)
    best = int(peaks.argmax())
    strength = float(peaks[best] / max(repeats[0], _LEAST))
    return Voicing(strength, best + _SHORTEST + _vertex(near[best : best + 3]))


def change(spectrum: Spectrum, earlier: Spectrum) -> float:
    """Return by how much the spectrum changed, as the mean of |ln| over its bands: a machine 0.3, speech 0.5 to 2."""
    return float(np.abs(_in_bands(spectrum) - _in_bands(earlier)).mean())


def shape(spectrum: Spectrum) -> Spectrum:
    """Return the ln of the magnitudes in `SHAPE_BANDS` bands, their mean taken off."""
    bands = np.log(np.add.reduceat(spectrum[: _EDGES[-1]], _EDGES[:-1]) + _LEAST)
    return np.asarray(bands - bands.mean(), np.float64)


def _vertex(three: Spectrum) -> float:
    """Return where the parabola through three values has its peak, samples from the middle one."""
    left, middle, right = (float(value) for value in three)
    bend = left - 2 * middle + right
    return min(max(0.5 * (left - right) / bend, -0.5), 0.5) if bend < 0 else 0.0


def _in_bands(spectrum: Spectrum) -> Spectrum:
    return np.asarray(np.log(np.add.reduceat(spectrum[_BAND], _BAND_STARTS) + _LEAST), np.float64)
