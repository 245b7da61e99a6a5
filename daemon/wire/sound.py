"""The RIFF header that opens a stream of sound on the wire."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from daemon.wire.errors import WireError

_CHUNK = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")
#: Length of the usual header: RIFF, WAVE, a format of 16 bytes, the beginning of the data.
HEADER_BYTES = 44
#: A header in which the data has not begun after so many bytes is none.
_MAX_HEADER = 4_096
#: Where the two sizes stand, and how much of the file each leaves out.
_RIFF_SIZE, _DATA_SIZE = (4, 8), (40, 44)
PCM, FLOAT, A_LAW, MU_LAW = 1, 3, 6, 7
#: Stands where the format is longer and names its true tag further on (Multiple Channel Audio Data and WAVE Files,
#: Microsoft, 2001).
_EXTENSIBLE, _SUBFORMAT_AT = 0xFFFE, 24
_BITS_PER_BYTE = 8
#: What the header's own fields for them hold: bytes a second, and bytes of one sample of all channels.
_MOST_RATE, _MOST_BLOCK = (1 << 32) - 1, (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class SoundShape:
    """How the samples are: sample rate in Hz, channels, bits a sample, and the WAVE format (1: PCM)."""

    rate_hz: int = 16_000
    channels: int = 1
    bits: int = 16
    format_tag: int = PCM

    @property
    def bytes_per_second(self) -> int:
        """Bytes of a second of all channels."""
        return self.rate_hz * self.channels * self.bits // _BITS_PER_BYTE

    @property
    def block_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return self.channels * self.bits // _BITS_PER_BYTE


def riff_header(shape: SoundShape) -> bytes:
    """Return the 44 bytes before a stream whose length is not known: both sizes are 0."""
    sizes = shape.bytes_per_second, shape.block_bytes
    described = _FORMAT.pack(shape.format_tag, shape.channels, shape.rate_hz, *sizes, shape.bits)
    return b"RIFF\0\0\0\0WAVE" + _CHUNK.pack(b"fmt ", len(described)) + described + _CHUNK.pack(b"data", 0)


def riff_file(shape: SoundShape, pcm: bytes) -> bytes:
    """Return a complete WAV file of that sound."""
    data = bytearray(riff_header(shape) + pcm)
    for at, left_out in (_RIFF_SIZE, _DATA_SIZE):
        data[at : at + 4] = (len(data) - left_out).to_bytes(4, "little")
    return bytes(data)


def begins_with_header(data: bytes) -> bool:
    """Tell whether it looks like the beginning of a WAV file."""
    return data[:4] == b"RIFF"[: len(data)] if len(data) < _CHUNK.size else data[:4] == b"RIFF"


def parse_riff_header(data: bytes) -> tuple[SoundShape, int] | None:
    """Return the shape and where the samples begin; None if more is needed. Raises `WireError`."""
    if len(data) < HEADER_BYTES:
        return None
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise WireError("bad_audio_header", f"sound begins with {data[:12]!r}, not with RIFF and WAVE")
    shape, at = None, 12
    while at + _CHUNK.size <= len(data):
        name, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        if name == b"data":
            if shape is None:
                raise WireError("bad_audio_header", "sound without a description of its format")
            return shape, at
        if name == b"fmt " and at + max(length, _FORMAT.size) <= len(data):
            shape = _shape(data[at : at + max(length, _FORMAT.size)])
        at += length + length % 2
        if at > _MAX_HEADER:
            raise WireError("bad_audio_header", f"no samples within {_MAX_HEADER} bytes")
    return None


def _shape(described: bytes) -> SoundShape:
    format_tag, channels, rate_hz, _bytes_per_second, _block, bits = _FORMAT.unpack_from(described)
    if format_tag == _EXTENSIBLE and len(described) >= _SUBFORMAT_AT + 2:
        format_tag = int.from_bytes(described[_SUBFORMAT_AT : _SUBFORMAT_AT + 2], "little")
    if not channels or not rate_hz:
        raise WireError("bad_audio_header", f"sound of {channels} channels at {rate_hz} Hz")
    shape = SoundShape(rate_hz, channels, bits, format_tag)
    if shape.bytes_per_second > _MOST_RATE or shape.block_bytes > _MOST_BLOCK:
        raise WireError("bad_audio_header", f"sound of {channels} channels of {bits} bits at {rate_hz} Hz")
    return shape
