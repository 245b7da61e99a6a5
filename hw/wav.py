"""The header of WAV, for sound that comes through a pipe, and for whether all came that it promises.

Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991); the extensible form: Multiple
Channel Audio Data and WAVE Files (Microsoft, 2001).
"""

from __future__ import annotations

import os
import struct
from typing import IO

from hw.conversion import SampleType
from hw.steps import Steps, read_up_to

_FORMAT_CHUNK = 16
#: Where the extensible form keeps the real format tag.
_SUBFORMAT_AT = 24
_EXTENSIBLE = 0xFFFE
#: (format tag, bits) → how a sample is written.
_TYPES = {
    (1, 8): SampleType.UINT8,
    (1, 16): SampleType.INT16,
    (1, 24): SampleType.INT24,
    (1, 32): SampleType.INT32,
    (3, 32): SampleType.FLOAT32,
    (3, 64): SampleType.FLOAT64,
}
#: (bits, bytes), where a sample takes more bytes than its bits need. arecord writes ALSA's S24_LE so.
_WIDE = {(24, 4): SampleType.INT24_IN_32}
#: Header chunks longer than this are no header.
_LONGEST_CHUNK = 1 << 20
#: Bytes of a chunk's name and length.
CHUNK_HEAD = 8
#: Bytes of what comes before the first chunk.
RIFF_HEADER = 12
#: A program that writes WAV to a pipe cannot know the length: it writes 0, or something of about this size.
_UNKNOWN_LENGTH = 0x7FF0_0000
#: A file of more chunks than this before its sound is not looked through.
_MOST_CHUNKS = 1_000


def is_riff(head: bytes) -> bool:
    """Tell whether the first twelve bytes, or fewer at the end of a pipe, are those of a WAV file."""
    return head.startswith(b"RIFF") and b"WAVE".startswith(head[8:])


def read_header(source: IO[bytes]) -> Steps[tuple[int, int, SampleType, int]]:
    """Read what follows the first twelve bytes, up to the sound. Raises `ValueError` with what is to follow the name.

    Returns rate, channels, how a sample is written, and how many bytes of sound are said to follow.
    """
    body = b""
    while (chunk := (yield from _exactly(source, 4))) != b"data":
        size = _number((yield from _exactly(source, 4)))
        if size > _LONGEST_CHUNK:
            raise ValueError(f"is no WAV file: a header chunk of {size} bytes")
        content = yield from _exactly(source, size + size % 2)
        if chunk == b"fmt ":
            body = content
    return *_sound_format(body), _number((yield from _exactly(source, 4)))


def said_length(size: int) -> int | None:
    """Return the length of the sound that a header promises, bytes; None where who wrote it did not know."""
    return size if 0 < size < _UNKNOWN_LENGTH else None


def cut_short(source: IO[bytes]) -> str:
    """Return what `lacking` does of a file that is read from its beginning; empty, too, if it is no WAV."""
    source.seek(0)
    if not is_riff(source.read(RIFF_HEADER)):
        return ""
    for _chunk in range(_MOST_CHUNKS):
        head = source.read(CHUNK_HEAD)
        size = _number(head[4:])
        if len(head) < CHUNK_HEAD:
            break
        if head.startswith(b"data"):
            there = os.fstat(source.fileno()).st_size - source.tell()
            return lacking(said_length(size), there)
        source.seek(size + size % 2, os.SEEK_CUR)
    return ""


def lacking(said: int | None, there: int) -> str:
    """Return what is wrong where less sound is there than its header promises; empty: nothing."""
    if said is None or there >= said:
        return ""
    return f"is cut short, of {said} bytes of sound that its header promises {there} are there: copy or record it anew"


def _sound_format(body: bytes) -> tuple[int, int, SampleType]:
    if len(body) < _FORMAT_CHUNK:
        raise ValueError("is no WAV file: no format comes before the sound")
    tag, channels, rate_hz, _bytes_per_second, step, bits = struct.unpack("<HHIIHH", body[:_FORMAT_CHUNK])
    if tag == _EXTENSIBLE and len(body) >= _SUBFORMAT_AT + 2:
        tag = int.from_bytes(body[_SUBFORMAT_AT : _SUBFORMAT_AT + 2], "little")
    sample_type = _TYPES.get((tag, bits))
    if sample_type and step > channels * sample_type.width:
        sample_type = _WIDE.get((bits, step // max(1, channels))) if tag == 1 else None
    if sample_type is None or not rate_hz or not channels:
        found = f"format {tag}, {bits} bits, {rate_hz} Hz, {channels} channels, {step} bytes for a sample of each"
        raise ValueError(f"is a kind of WAV that cannot be read from a pipe ({found}); give the file by name")
    return rate_hz, channels, sample_type


def is_chunk(data: bytes, size: int) -> bool:
    """Tell whether another chunk begins there, and no sound: it has a name, and ends within the bytes that are left."""
    name, length = data[:4], _number(data[4:CHUNK_HEAD])
    return len(data) >= CHUNK_HEAD and name.strip().isalnum() and CHUNK_HEAD + length <= size


def _exactly(source: IO[bytes], size: int) -> Steps[bytes]:
    data = yield from read_up_to(source, size)
    if len(data) < size:
        raise ValueError("is no audio file that can be read: it ends within its header")
    return data


def _number(field: bytes) -> int:
    return int.from_bytes(field, "little")
