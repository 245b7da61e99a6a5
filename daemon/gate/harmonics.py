"""What the spectrum of 40 ms tells of a voice: the comb of its harmonics, and that it changes all the time.

All here is indifferent to level. `magnitudes` are taken once; the two others read them.
"""

from __future__ import annotations

from typing import Any

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
#: Periods, samples, that are looked at: 1000 Hz to 80 Hz. Those of speech are longer than the second, 360 Hz:
#: what cries, crows and whistles is above.
_SHORTEST, _SHORTEST_OF_SPEECH, _LONGEST = 16, 45, 200
#: Bands of about 190 Hz each, in which the spectrum is compared with an earlier one.
_BAND_STARTS = np.arange(0, _BAND.stop - _BAND.start, 12)
_LEAST = 1e-9
_HANN = np.hanning(WINDOW_SAMPLES).astype(np.float32)


def magnitudes(samples: Samples) -> Spectrum:
    """Return the magnitudes of `WINDOW_SAMPLES` samples where a voice has its harmonics."""
    return np.asarray(np.abs(np.fft.rfft(samples * _HANN, _SIZE))[_BAND], np.float64)


def voicing(spectrum: Spectrum) -> float:
    """Return how much the sound repeats with the period of speech, 0 to 1: noise 0.1, a clear vowel 0.2 to 0.5.

    It is the autocorrelation of the *magnitude* spectrum, not of the power spectrum: the root lifts the many weak
    harmonics beside the one or two strong ones, so that a rumble or a resonance does not look like a voice, and a voice
    in noise still does. A sound of a higher pitch repeats with the periods of speech, too, but with its own one first.
    """
    comb = np.zeros(_SIZE // 2 + 1)
    comb[_BAND] = spectrum
    repeats = np.fft.irfft(comb)
    near = repeats[_SHORTEST - 1 : _LONGEST + 1]
    middle = near[1:-1]
    peaks = np.where((middle > near[:-2]) & (middle >= near[2:]), middle, 0.0)
    best = int(peaks.argmax())
    if best + _SHORTEST < _SHORTEST_OF_SPEECH:
        return 0.0
    return float(peaks[best] / max(repeats[0], _LEAST))


def change(spectrum: Spectrum, earlier: Spectrum) -> float:
    """Return by how much the spectrum changed, as the mean of |ln| over its bands: a machine 0.3, speech 0.5 to 2."""
    return float(np.abs(_in_bands(spectrum) - _in_bands(earlier)).mean())


def _in_bands(spectrum: Spectrum) -> Spectrum:
    return np.asarray(np.log(np.add.reduceat(spectrum, _BAND_STARTS) + _LEAST), np.float64)
