"""Streaming conversion between what a device or a file has and what the daemon works with.

Sound goes through in this order: to floating point, one channel, offset, gain, rate, then rounded and clipped to 16
bits, so that gain lifts what a 24-bit converter heard and not the steps of 16 bits.

What is between the steps lies in arrays that are made once: a callback of capture allocates what it hands on, and what
the resampler returns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from hw.api import FRAME_BYTES, SPEECH_FORMAT
from hw.high_pass import Floats, HighPass, Scratch

#: Anything that holds interleaved samples: bytes, or a numpy array in C order.
Samples = bytes | bytearray | memoryview | npt.NDArray[Any]
#: Samples from here on are cut, or as good as.
_FULL_SCALE = 32_760 / 32_768


class SampleType(Enum):
    """How one sample is written, little-endian. The value is numpy's name of the array that is read."""

    UINT8 = "u1"
    INT16 = "<i2"
    #: Packed: three bytes a sample.
    INT24 = "u1,3"
    #: 24 bits in the low three of four bytes, as ALSA's S24_LE; the highest byte means nothing.
    INT24_IN_32 = "<u4"
    INT32 = "<i4"
    FLOAT32 = "<f4"
    FLOAT64 = "<f8"

    @property
    def width(self) -> int:
        """Bytes of one sample."""
        return 3 if self is SampleType.INT24 else np.dtype(self.value).itemsize


class _ToInt16:
    """Rounds and clips numbers of -1 to 1 to 16 bits."""

    def __init__(self) -> None:
        self._steps = Scratch(np.float32)
        self._whole = Scratch("<i2")

    def __call__(self, sound: Floats) -> bytes:
        if not _all_finite(sound):
            # A file or a device may hold what is no number; it must not become a loud click.
            sound = np.nan_to_num(sound, nan=0.0, posinf=1.0, neginf=-1.0)
        steps, whole = self._steps.of(sound.size), self._whole.of(sound.size)
        np.multiply(sound, np.float32(32_768), out=steps)
        np.rint(steps, out=steps)
        np.clip(steps, -32_768, 32_767, out=steps)
        np.copyto(whole, steps, casting="unsafe")
        return whole.tobytes()


class ToSpeech:
    """Turns a stream of any rate, width and number of channels into `SPEECH_FORMAT`.

    `channel` picks one, counted from 0; None mixes all down to their mean. `gain_db` is fixed. `steady`: the sound
    comes from one converter, whose constant offset is taken away before the gain would lift it. A stream that is
    `SPEECH_FORMAT` already, without gain, passes through uncopied. A change of rate delays by some 10 to 30 ms;
    `pending_samples` says by how much.
    """

    def __init__(
        self,
        rate_hz: int,
        channels: int,
        sample_type: SampleType,
        gain_db: float = 0.0,
        channel: int | None = None,
        *,
        steady: bool = False,
    ) -> None:
        if rate_hz < 1 or channels < 1:
            raise ValueError(f"no sound has {rate_hz} Hz and {channels} channels")
        if channel is not None and not 0 <= channel < channels:
            raise ValueError(f"channel {channel} of a stream that has 0 to {channels - 1}")
        self._channels = channels
        self._type = sample_type
        self._channel = 0 if channels == 1 else channel
        self._scale = np.float32(10 ** (gain_db / 20))
        self._high_pass = HighPass(rate_hz) if steady else None
        self._resampler = _resampler(rate_hz, SPEECH_FORMAT.rate_hz)
        self._mono = Scratch(np.float32)
        self._to_int16 = _ToInt16()
        #: Whether what was converted last was at full scale before mixing and gain; known of steady sound only.
        self.clipped = False
        whole = sample_type is SampleType.INT16 and channels == 1 and not steady
        self.passes_through = whole and gain_db == 0 and self._resampler is None

    @property
    def pending_samples(self) -> int:
        """Samples of `SPEECH_FORMAT` that went in and have not come out yet."""
        return 0 if self._resampler is None else round(self._resampler.delay())

    def convert(self, data: Samples) -> bytes:
        """Return what comes out for these whole samples, all channels of each; may be nothing yet."""
        if self.passes_through:
            return data if isinstance(data, bytes) else bytes(data)
        sound = self._heard_channels(_floats(data, self._type))
        mono = self._mono.of(len(sound))
        if self._high_pass is not None:
            self.clipped = _touches_full_scale(sound)
        if sound.ndim > 1:
            sound = _mean(sound, mono)
        if self._high_pass is not None:
            sound = self._high_pass.passed(sound, mono)
        sound = np.multiply(sound, self._scale, out=mono)
        if self._resampler is not None:
            sound = self._resampler.resample_chunk(sound)
        return self._to_int16(sound)

    def flush(self) -> bytes:
        """Return the end of the stream. Nothing may be converted after it."""
        if self._resampler is None:
            return b""
        return self._to_int16(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))

    def _heard_channels(self, sound: Floats) -> Floats:
        """Return the channel that is heard, or all as columns."""
        if self._channels == 1:
            return sound
        table = sound.reshape(-1, self._channels)
        return table if self._channel is None else table[:, self._channel]


class FromSpeech:
    """Turns 16-bit mono speech of one rate into 16-bit sound of a device's rate, the same in every channel."""

    def __init__(self, speech_hz: int, rate_hz: int, channels: int) -> None:
        self._channels = channels
        self._resampler = _resampler(speech_hz, rate_hz)
        self._to_int16 = _ToInt16()
        self.passes_through = channels == 1 and self._resampler is None

    def convert(self, pcm: bytes) -> bytes:
        """Return what comes out for these whole samples; may be nothing yet."""
        return pcm if self.passes_through else self._convert(pcm, last=False)

    def flush(self) -> bytes:
        """Return the end of the stream. Nothing may be converted after it."""
        return b"" if self._resampler is None else self._convert(b"", last=True)

    def _convert(self, pcm: bytes, *, last: bool) -> bytes:
        sound = np.frombuffer(pcm, "<i2")
        if self._resampler is not None:
            floats = sound.astype(np.float32) / np.float32(32_768)
            sound = np.frombuffer(self._to_int16(self._resampler.resample_chunk(floats, last=last)), "<i2")
        return sound.tobytes() if self._channels == 1 else np.repeat(sound, self._channels).tobytes()


class Framer:
    """Cuts a stream of `SPEECH_FORMAT` into frames of `FRAME_BYTES`."""

    def __init__(self) -> None:
        #: What waits for its frame to fill: the first bytes of this.
        self._rest = bytearray(FRAME_BYTES)
        self._size = 0

    @property
    def pending_samples(self) -> int:
        """Samples that wait for their frame to fill."""
        return self._size // SPEECH_FORMAT.sample_bytes

    def push(self, pcm: bytes) -> Iterator[bytes]:
        """Add sound; yield every frame that is full now."""
        at = 0
        while len(pcm) - at >= (lacking := FRAME_BYTES - self._size):
            yield self._filled(pcm[at : at + lacking])
            at += lacking
        self._keep(pcm[at:])

    def flush(self) -> Iterator[bytes]:
        """Yield the last frame, filled up with silence, if there is one."""
        if self._size:
            yield self._filled(bytes(FRAME_BYTES - self._size))

    def _filled(self, end: bytes) -> bytes:
        """Return the frame that ends so, which may be all of it."""
        if len(end) == FRAME_BYTES:
            return end
        self._keep(end)
        self._size = 0
        return bytes(self._rest)

    def _keep(self, pcm: bytes) -> None:
        self._rest[self._size : self._size + len(pcm)] = pcm
        self._size += len(pcm)


def scaled(pcm: bytes, factor: float) -> bytes:
    """Return 16-bit sound times a factor of 0 to 1."""
    if factor == 1:
        return pcm
    return np.rint(np.frombuffer(pcm, "<i2") * np.float32(factor)).astype("<i2").tobytes()


def _resampler(from_hz: int, to_hz: int) -> Any:
    return None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")


def _floats(data: Samples, sample_type: SampleType) -> Floats:
    """Return the samples as numbers of -1 to 1."""
    if sample_type is SampleType.INT24:
        return _floats_of_high_bytes(np.frombuffer(data, np.uint8).reshape(-1, 3))
    sound = np.frombuffer(data, sample_type.value)
    if sample_type is SampleType.FLOAT32:
        return sound
    if sample_type is SampleType.FLOAT64:
        return sound.astype(np.float32)
    if sample_type is SampleType.UINT8:
        return (sound.astype(np.float32) - np.float32(128)) / np.float32(128)
    if sample_type is SampleType.INT24_IN_32:
        sound = (sound << 8).view("<i4")
    full = np.float32(32_768 if sample_type is SampleType.INT16 else 2**31)
    return sound.astype(np.float32) / full


def _floats_of_high_bytes(triples: npt.NDArray[np.uint8]) -> Floats:
    """Return packed 24-bit samples as numbers: each becomes the high three bytes of 32 bits, which carry the sign."""
    words = np.zeros((len(triples), 4), np.uint8)
    words[:, 1:] = triples
    return words.view("<i4").ravel().astype(np.float32) / np.float32(2**31)


def _mean(table: Floats, into: Floats) -> Floats:
    """Return the mean of the columns. Column by column, because numpy's own takes a buffer of 32 KiB for it."""
    into[:] = table[:, 0]
    for column in range(1, table.shape[1]):
        np.add(into, table[:, column], out=into)
    return np.divide(into, np.float32(table.shape[1]), out=into)


def _touches_full_scale(sound: Floats) -> bool:
    return sound.size > 0 and bool(sound.max() >= _FULL_SCALE or sound.min() <= -_FULL_SCALE)


def _all_finite(sound: Floats) -> bool:
    return not sound.size or (math.isfinite(sound.max()) and math.isfinite(sound.min()))
