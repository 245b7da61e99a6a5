"""Reads sound from a file or a pipe as it comes, in frames of `SPEECH_FORMAT`.

Files go through libsndfile. Pipes cannot be seeked, which libsndfile wants, so WAV and raw sound from a pipe are read
here; other formats from a pipe go to a nameless temporary file first. A WAV that has 24 bits in four bytes is always
read here: where in the four they lie, libsndfile guesses by the sound, mostly wrongly (48 dB too quiet, or noise).

What reads a pipe goes step by step (`hw.steps`), for whoever cannot wait for it.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Generator, Iterator
from typing import IO, Any, Self

from hw import mpeg, wav
from hw.api import FRAME_BYTES, SPEECH_FORMAT
from hw.conversion import Framer, SampleType, ToSpeech
from hw.steps import Steps, at_once, read_up_to

#: The path that means standard input.
STANDARD_INPUT = "-"
#: First bytes of what libsndfile must seek in.
_SEEKED = (b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b"RF64")
#: How much of a file is decoded at a time, milliseconds.
_BLOCK_MS = 200
_SPOOLED_BYTES = 1 << 16
#: Pieces of sound; None before what may wait.
Pieces = Generator[bytes | None, None, None]


class AudioFileError(Exception):
    """A file is missing or holds no sound. The text is one line that names the file."""


class AudioFile:
    """Sound on its way in: iterate over its frames, once; then `close`.

    Each frame is `FRAME_BYTES` of `SPEECH_FORMAT`; the last is filled up with silence. Iteration raises
    `AudioFileError` if there is no sound at all.
    """

    def __init__(self, name: str, blocks: Pieces, duration_s: float | None, source: IO[bytes]) -> None:
        self.name = name
        #: Length in seconds; None where a pipe does not tell.
        self.duration_s = duration_s
        #: What is wrong with the file where it could not be read to its end; empty: nothing so far.
        self.damage = ""
        self._blocks = blocks
        self._source = source

    def __iter__(self) -> Iterator[bytes]:
        return filter(None, self.steps())

    def steps(self) -> Pieces:
        """Yield the frames, and None before each read of a pipe."""
        framer = Framer()
        empty = True
        for block in self._blocks:
            if block is None:
                yield None
                continue
            for frame in framer.push(block):
                empty = False
                yield frame
        for frame in framer.flush():
            empty = False
            yield frame
        if empty:
            raise AudioFileError(_no_samples(self.name))

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
    source = open_source(path)
    try:
        return at_once(opened(source, said_name(path)))
    except BaseException:
        source.close()
        raise


def said_name(path: str) -> str:
    """Return what a path is called in messages."""
    return "standard input" if path == STANDARD_INPUT else path


def _no_samples(name: str) -> str:
    return f"{name} holds no sound: it has no samples"


def open_source(path: str, flags: int = 0) -> IO[bytes]:
    """Open a file to be read, with flags of `os.open`. Raises `AudioFileError`."""
    name = said_name(path)
    try:
        if path == STANDARD_INPUT:
            return open(0, "rb", buffering=0, closefd=False)
        source = open(path, "rb", buffering=0, opener=lambda file, wanted: os.open(file, wanted | flags))  # noqa: SIM115 -- closed by whoever has it
    except FileNotFoundError:
        raise AudioFileError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        raise AudioFileError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    os.set_blocking(source.fileno(), True)  # it is polled before it is read
    return source


def opened(source: IO[bytes], name: str) -> Steps[AudioFile]:
    """Return what `open_audio` does, step by step."""
    if stat.S_ISREG(os.fstat(source.fileno()).st_mode) and name != said_name(STANDARD_INPUT):
        return _open_seekable(source, name)
    return (yield from _open_pipe(source, name))


def _open_seekable(source: IO[bytes], name: str) -> AudioFile:
    try:
        import soundfile  # noqa: PLC0415 -- optional, and slow to import
    except ImportError as error:
        raise AudioFileError(f"{name}: audio files need soundfile: pip install 'dragoman[files]'") from error
    if os.fstat(source.fileno()).st_size == 0:
        raise AudioFileError(f"{name} is empty")
    if _is_24_in_32(source):
        return _open_wav(source, name)

    lacking = wav.cut_short(source)  # libsndfile takes what is there for all of it
    source.seek(0)

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
        sound.close()
        return _open_unfinished(source, name)
    return _Decoded(name, sound, soundfile.LibsndfileError, source, lacking)


def _is_24_in_32(source: IO[bytes]) -> bool:
    """Tell whether it is a WAV of that kind; it is read from its beginning afterwards."""
    try:
        riff = wav.is_riff(source.read(wav.RIFF_HEADER))
        return riff and at_once(wav.read_header(source))[2] is SampleType.INT24_IN_32
    except ValueError:  # libsndfile may know better
        return False
    finally:
        source.seek(0)


def _open_wav(source: IO[bytes], name: str) -> AudioFile:
    """Open a WAV without libsndfile."""
    source.seek(wav.RIFF_HEADER)
    audio = at_once(_open_wav_pipe(source, name))
    return audio if audio.duration_s else _open_unfinished(source, name)


def _open_unfinished(source: IO[bytes], name: str) -> AudioFile:
    """Open a WAV that says that it holds nothing: who wrote it was ended before the length was known."""
    source.seek(0)
    with contextlib.suppress(AudioFileError):  # a kind that cannot be read so
        audio = at_once(_open_wav_pipe(source, name)) if wav.is_riff(source.read(wav.RIFF_HEADER)) else None
        left = os.fstat(source.fileno()).st_size - source.tell()
        begins = source.read(wav.CHUNK_HEAD)
        source.seek(-len(begins), os.SEEK_CUR)
        if audio and begins and not wav.is_chunk(begins, left):
            return audio
    raise AudioFileError(_no_samples(name))


class _Decoded(AudioFile):
    """A libsndfile file; what follows damage is left out."""

    def __init__(self, name: str, sound: Any, damaged: type[Exception], source: IO[bytes], lacking: str) -> None:
        super().__init__(name, self._decode(sound, damaged, lacking), sound.frames / sound.samplerate, source)

    def _decode(self, sound: Any, damaged: type[Exception], lacking: str) -> Pieces:
        whole = sound.subtype == "PCM_16"
        convert = ToSpeech(sound.samplerate, sound.channels, SampleType.INT16 if whole else SampleType.FLOAT32)
        block = max(1, sound.samplerate * _BLOCK_MS // 1000)
        with sound:
            try:
                while len(samples := sound.read(block, dtype="int16" if whole else "float32")):
                    yield convert.convert(samples)
                self.damage = lacking and f"{self.name} {lacking}"
            except damaged as error:
                self.damage = f"{self.name} is damaged, what follows is left out: {error}"
            yield convert.flush()


def _open_pipe(source: IO[bytes], name: str) -> Steps[AudioFile]:
    head = yield from read_up_to(source, wav.RIFF_HEADER)
    if not head:
        raise AudioFileError(f"{name} is empty")
    if head.startswith(_SEEKED):
        return _open_seekable((yield from _spooled(source, head)), name)
    if wav.is_riff(head):
        return (yield from _open_wav_pipe(source, name))
    head, is_mp3 = yield from _as_mp3(source, head)
    if is_mp3:
        return _open_seekable((yield from _spooled(source, head)), name)
    raw = ToSpeech(SPEECH_FORMAT.rate_hz, SPEECH_FORMAT.channels, SampleType.INT16)
    return _Streamed(name, source, raw, SPEECH_FORMAT.sample_bytes, head=head)


def _as_mp3(source: IO[bytes], head: bytes) -> Steps[tuple[bytes, bool]]:
    """Return what has been read by then, and whether a second frame of MP3 follows a first one: raw sound has none."""
    length = mpeg.frame_bytes(head) if len(head) >= mpeg.HEADER_BYTES else None
    if length is None:
        return head, False
    head += yield from read_up_to(source, length + mpeg.HEADER_BYTES - len(head))
    second = head[length:]
    return head, len(second) == mpeg.HEADER_BYTES and mpeg.frame_bytes(second) is not None


def _spooled(source: IO[bytes], head: bytes) -> Steps[IO[bytes]]:
    spool = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 -- the audio file that is made of it closes it
    try:
        spool.write(head)
        yield
        while data := source.read(_SPOOLED_BYTES):
            spool.write(data)
            yield
    except BaseException:
        spool.close()
        raise
    source.close()
    spool.seek(0)
    return spool


def _open_wav_pipe(source: IO[bytes], name: str) -> Steps[AudioFile]:
    try:
        rate_hz, channels, sample_type, size = yield from wav.read_header(source)
    except ValueError as error:
        raise AudioFileError(f"{name} {error}") from error
    length = wav.said_length(size)
    step = channels * sample_type.width
    convert = ToSpeech(rate_hz, channels, sample_type)
    duration_s = None if length is None else length / step / rate_hz
    return _Streamed(name, source, convert, step, length=length, duration_s=duration_s)


class _Streamed(AudioFile):
    """Sound that is read as it arrives, with `head` before it. `step` is the bytes of one sample of all channels."""

    def __init__(
        self,
        name: str,
        source: IO[bytes],
        convert: ToSpeech,
        step: int,
        *,
        head: bytes = b"",
        length: int | None = None,
        duration_s: float | None = None,
    ) -> None:
        super().__init__(name, self._read(source, convert, step, head, length), duration_s, source)

    def _read(self, source: IO[bytes], convert: ToSpeech, step: int, rest: bytes, length: int | None) -> Pieces:
        read = 0
        while read != length:
            yield None
            chunk = source.read(FRAME_BYTES if length is None else min(FRAME_BYTES, length - read))
            if not chunk:
                break
            read += len(chunk)
            rest += chunk
            whole = len(rest) - len(rest) % step
            if whole:
                yield convert.convert(rest[:whole])
                rest = rest[whole:]
        lacking = wav.lacking(length, read)
        self.damage = lacking and f"{self.name} {lacking}"
        whole = len(rest) - len(rest) % step
        yield convert.convert(rest[:whole]) + convert.flush()
