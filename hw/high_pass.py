"""Takes from sound what is too low for speech, in arrays that are made once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
#: Lower is no speech: a microphone's offset, wind, steps.
_LOWEST_HZ = 10.0


class Scratch:
    """An array that is used again and again, made as long as it had to be so far."""

    def __init__(self, kind: npt.DTypeLike) -> None:
        self._array: npt.NDArray[Any] = np.empty(0, kind)

    def of(self, size: int) -> npt.NDArray[Any]:
        """Return so many elements, whatever they hold."""
        if size > self._array.size:
            self._array = np.empty(size, self._array.dtype)
        return self._array[:size]


class HighPass:
    """A one-pole filter at `_LOWEST_HZ`: an offset is gone within an eighth of a second, however loud gain makes it.

    In closed form, because numpy has no recursion: y[n] = rⁿ⁺¹ · (y[-1] + Σ (x[k] - x[k-1]) · r⁻ᵏ⁻¹). Blocks are 20 ms,
    or a second at most: the powers grow by e with each 16 ms.
    """

    def __init__(self, rate_hz: int) -> None:
        self._fade = math.exp(-2 * math.pi * _LOWEST_HZ / rate_hz)
        self._powers: npt.NDArray[Any] = np.zeros(0)
        self._ins, self._outs = Scratch(np.float64), Scratch(np.float64)
        #: The last sample that went in, and the last that came out.
        self._in: float | None = None
        self._out = 0.0

    def passed(self, sound: Floats, into: Floats) -> Floats:
        """Return the sound without its offset, in an array that may be its own."""
        if not sound.size:
            return sound
        if self._powers.size != sound.size:
            self._powers = self._fade ** np.arange(1, sound.size + 1)
        ins, outs = self._ins.of(sound.size + 1), self._outs.of(sound.size)
        ins[0] = sound[0] if self._in is None else self._in
        ins[1:] = sound
        np.subtract(ins[1:], ins[:-1], out=outs)
        np.divide(outs, self._powers, out=outs)
        np.cumsum(outs, out=outs)
        np.add(outs, self._out, out=outs)
        np.multiply(outs, self._powers, out=outs)
        self._in, self._out = float(ins[-1]), float(outs[-1])
        if not math.isfinite(self._out):
            self._in, self._out = None, 0.0  # what is no number must not make all that follows none
        into[:] = outs
        return into
