"""Reads sound from a file or a pipe as it comes, in frames of `SPEECH_FORMAT`.

Files go through libsndfile. Pipes cannot be seeked, which libsndfile wants, so WAV and raw sound from a pipe are read
here; other formats from a pipe go to a nameless temporary file first.

WAV: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991); the extensible form:
Multiple Channel Audio Data and WAVE Files (Microsoft, 2001).
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import struct
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any, Self

from hw import mpeg
from hw.api import FRAME_BYTES, SPEECH_FORMAT
from hw.conversion import Framer, SampleType, ToSpeech

_LOG = logging.getLogger(__name__)

#: The path that means standard input.
STANDARD_INPUT = "-"
#: First bytes of what libsndfile must seek in.
_SEEKED = (b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b"RF64")
_RIFF_HEADER = 12
_FORMAT_CHUNK = 16
#: Where the extensible form keeps the real format tag.
_SUBFORMAT_AT = 24
_EXTENSIBLE = 0xFFFE
#: (format tag, bits) → how a sample is written.
_WAV_TYPES = {
    (1, 8): SampleType.UINT8,
    (1, 16): SampleType.INT16,
    (1, 24): SampleType.INT24,
    (1, 32): SampleType.INT32,
    (3, 32): SampleType.FLOAT32,
    (3, 64): SampleType.FLOAT64,
}
#: A program that writes WAV to a pipe cannot know the length: it writes 0, or something of about this size.
_UNKNOWN_LENGTH = 0x7FF0_0000
#: How much of a file is decoded at a time, milliseconds.
_BLOCK_MS = 200
#: Header chunks longer than this are no header.
_LONGEST_CHUNK = 1 << 20


Blocks = Generator[bytes, None, None]


class AudioFileError(Exception):
    """A file is missing or holds no sound. The text is one line that names the file."""


class AudioFile:
    """Sound on its way in: iterate over its frames, once; then `close`.

    Each frame is `FRAME_BYTES` of `SPEECH_FORMAT`; the last is filled up with silence. Iteration raises
    `AudioFileError` if there is no sound at all.
    """

    def __init__(self, name: str, blocks: Blocks, duration_s: float | None, source: IO[bytes]) -> None:
        self.name = name
        #: Length in seconds; None where a pipe does not tell.
        self.duration_s = duration_s
        self._blocks = blocks
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        framer = Framer()
        empty = True
        for block in self._blocks:
            for frame in framer.push(block):
                empty = False
                yield frame
        for frame in framer.flush():
            empty = False
            yield frame
        if empty:
            raise AudioFileError(f"{self.name} holds no sound: it has no samples")

    def close(self) -> None:
        """Give the file back. May be called twice."""
        self._blocks.close()
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def open_audio(path: str) -> AudioFile:
    """Open an audio file, a pipe, or `STANDARD_INPUT`.

    From a pipe it waits for the first bytes: a WAV, FLAC, Ogg or MP3 header; anything else is taken for raw
    `SPEECH_FORMAT`. Raises `AudioFileError`.
    """
    name = "standard input" if path == STANDARD_INPUT else path
    source = _open(path, name)
    try:
        if stat.S_ISREG(os.fstat(source.fileno()).st_mode) and path != STANDARD_INPUT:
            return _open_seekable(source, name)
        return _open_pipe(source, name)
    except BaseException:
        source.close()
        raise


def _open(path: str, name: str) -> IO[bytes]:
    try:
        if path == STANDARD_INPUT:
            return open(0, "rb", buffering=0, closefd=False)
        return Path(path).open("rb", buffering=0)
    except FileNotFoundError:
        raise AudioFileError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        raise AudioFileError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _open_seekable(source: IO[bytes], name: str) -> AudioFile:
    try:
        import soundfile  # noqa: PLC0415 -- optional, and slow to import
    except ImportError as error:
        raise AudioFileError(f"{name}: audio files need soundfile: pip install 'dragoman[files]'") from error
    if os.fstat(source.fileno()).st_size == 0:
        raise AudioFileError(f"{name} is empty")

    class Forward(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
        def seekable(self) -> bool:
            """Say no: soundfile would seek after each read, and MP3 decoders stutter after a seek."""
            return False

    try:
        # By descriptor: by name, libsndfile would take an ending such as .raw for the format.
        sound = Forward(source.fileno(), closefd=False)
    except soundfile.LibsndfileError as error:
        raise AudioFileError(f"{name} is no audio file that can be read: {error.error_string.strip()}") from error
    if sound.frames == 0:
        raise AudioFileError(f"{name} holds no sound: it has no samples")
    return AudioFile(name, _decoded(sound, name, soundfile.LibsndfileError), sound.frames / sound.samplerate, source)


def _decoded(sound: Any, name: str, damage: type[Exception]) -> Blocks:
    """Yield a libsndfile file's sound; what follows damage is left out."""
    whole = sound.subtype == "PCM_16"
    convert = ToSpeech(sound.samplerate, sound.channels, SampleType.INT16 if whole else SampleType.FLOAT32)
    block = max(1, sound.samplerate * _BLOCK_MS // 1000)
    with sound:
        try:
            while len(samples := sound.read(block, dtype="int16" if whole else "float32")):
                yield convert.convert(samples)
        except damage as error:
            _LOG.warning("%s is damaged, what follows is left out: %s", name, error)
        yield convert.flush()


def _open_pipe(source: IO[bytes], name: str) -> AudioFile:
    head = _read_up_to(source, _RIFF_HEADER)
    if not head:
        raise AudioFileError(f"{name} is empty")
    if head.startswith(_SEEKED):
        return _open_seekable(_spooled(source, head), name)
    if head.startswith(b"RIFF") and b"WAVE".startswith(head[8:]):
        return _open_wav_pipe(source, name)
    head, is_mp3 = _as_mp3(source, head)
    if is_mp3:
        return _open_seekable(_spooled(source, head), name)
    raw = ToSpeech(SPEECH_FORMAT.rate_hz, SPEECH_FORMAT.channels, SampleType.INT16)
    return AudioFile(name, _streamed(source, head, raw, SPEECH_FORMAT.sample_bytes, None), None, source)


def _as_mp3(source: IO[bytes], head: bytes) -> tuple[bytes, bool]:
    """Return what has been read by then, and whether a second frame of MP3 follows a first one: raw sound has none."""
    length = mpeg.frame_bytes(head) if len(head) >= mpeg.HEADER_BYTES else None
    if length is None:
        return head, False
    head += _read_up_to(source, length + mpeg.HEADER_BYTES - len(head))
    second = head[length:]
    return head, len(second) == mpeg.HEADER_BYTES and mpeg.frame_bytes(second) is not None


def _spooled(source: IO[bytes], head: bytes) -> IO[bytes]:
    spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- the audio file that is made of it closes it
    spool.write(head)
    with source:
        shutil.copyfileobj(source, spool)
    spool.seek(0)
    return spool


def _open_wav_pipe(source: IO[bytes], name: str) -> AudioFile:
    rate_hz, channels, sample_type = _wav_format(_chunk_before_data(source, name), name)
    size = _chunk_size(_exactly(source, 4, name))
    length = size if 0 < size < _UNKNOWN_LENGTH else None
    step = channels * sample_type.width
    convert = ToSpeech(rate_hz, channels, sample_type)
    duration_s = None if length is None else length / step / rate_hz
    return AudioFile(name, _streamed(source, b"", convert, step, length), duration_s, source)


def _chunk_before_data(source: IO[bytes], name: str) -> bytes:
    """Return the format chunk's body; the chunk id ``data`` has been read then."""
    body = b""
    while (chunk := _exactly(source, 4, name)) != b"data":
        size = _chunk_size(_exactly(source, 4, name))
        if size > _LONGEST_CHUNK:
            raise AudioFileError(f"{name} is no WAV file: a header chunk of {size} bytes")
        content = _exactly(source, size + size % 2, name)
        if chunk == b"fmt ":
            body = content
    return body


def _wav_format(body: bytes, name: str) -> tuple[int, int, SampleType]:
    if len(body) < _FORMAT_CHUNK:
        raise AudioFileError(f"{name} is no WAV file: no format comes before the sound")
    tag, channels, rate_hz, _bytes_per_second, _align, bits = struct.unpack("<HHIIHH", body[:_FORMAT_CHUNK])
    if tag == _EXTENSIBLE and len(body) >= _SUBFORMAT_AT + 2:
        tag = int.from_bytes(body[_SUBFORMAT_AT : _SUBFORMAT_AT + 2], "little")
    sample_type = _WAV_TYPES.get((tag, bits))
    if sample_type is None or not rate_hz or not channels:
        found = f"format {tag}, {bits} bits, {rate_hz} Hz, {channels} channels"
        raise AudioFileError(f"{name}: this kind of WAV cannot be read from a pipe ({found}); give the file by name")
    return rate_hz, channels, sample_type


def _streamed(source: IO[bytes], head: bytes, convert: ToSpeech, step: int, length: int | None) -> Blocks:
    """Yield the sound of a pipe as it arrives. `step` is the bytes of one sample of all channels."""
    rest = head
    left = length
    while chunk := source.read(FRAME_BYTES if left is None else min(FRAME_BYTES, left)):
        left = None if left is None else left - len(chunk)
        rest += chunk
        whole = len(rest) - len(rest) % step
        if whole:
            yield convert.convert(rest[:whole])
            rest = rest[whole:]
        if left == 0:
            break
    whole = len(rest) - len(rest) % step
    yield convert.convert(rest[:whole]) + convert.flush()


def _read_up_to(source: IO[bytes], size: int) -> bytes:
    """Read so many bytes, fewer only at the end."""
    data = b""
    while len(data) < size and (more := source.read(size - len(data))):
        data += more
    return data


def _exactly(source: IO[bytes], size: int, name: str) -> bytes:
    data = _read_up_to(source, size)
    if len(data) < size:
        raise AudioFileError(f"{name} is no audio file that can be read: it ends within its header")
    return data


def _chunk_size(field: bytes) -> int:
    return int.from_bytes(field, "little")
