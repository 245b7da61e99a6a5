"""The two ways in which telephones write a sample in eight bits: A-law and mu-law (ITU-T G.711). Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from daemon.wire.sound import A_LAW, MU_LAW

_SIGN, _SEGMENT, _STEP = 0x80, 0x70, 0x0F
_SEGMENT_SHIFT = 4
#: What is turned over in each byte.
_A_FLIPS, _MU_FLIPS = 0x55, 0xFF
#: Added before a mu-law segment is doubled, and taken away again.
_MU_BIAS = 0x84


def _a_law(code: int) -> int:
    code ^= _A_FLIPS
    segment, step = (code & _SEGMENT) >> _SEGMENT_SHIFT, (code & _STEP) << 4
    size = step + 0x08 if segment == 0 else (step + 0x108) << (segment - 1)
    return size if code & _SIGN else -size


def _mu_law(code: int) -> int:
    code ^= _MU_FLIPS
    segment, step = (code & _SEGMENT) >> _SEGMENT_SHIFT, (code & _STEP) << 3
    size = ((step + _MU_BIAS) << segment) - _MU_BIAS
    return -size if code & _SIGN else size


def _expanded(table: npt.NDArray[np.int16], data: bytes) -> bytes:
    return table[np.frombuffer(data, np.uint8)].tobytes()


def _expander(law: Callable[[int], int]) -> Callable[[bytes], bytes]:
    return partial(_expanded, np.array([law(code) for code in range(256)], "<i2"))


#: WAVE format → what makes 16 bits of its bytes.
EXPANDERS = {A_LAW: _expander(_a_law), MU_LAW: _expander(_mu_law)}
