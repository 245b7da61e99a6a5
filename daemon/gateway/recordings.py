"""A whole recording as a client sends it, to `SPEECH_FORMAT`."""

from __future__ import annotations

import io
from typing import Any

from daemon.gateway.conversion import HeardSound
from daemon.wire.errors import WireError
from daemon.wire.sound import SoundShape, parse_riff_header

#: Longest recording, seconds, as with the service.
LONGEST_S = 60.0


def heard_recording(data: bytes, content_type: str) -> bytes:
    """Return the sound of a WAV or Ogg file. Raises `WireError`."""
    if data.startswith(b"OggS"):
        return _heard_ogg(data)
    found = parse_riff_header(data) if data.startswith(b"RIFF") else None
    if found is None:
        raise WireError("bad_audio_header", f"sound must be a WAV or Ogg file, not {content_type[:60]!a}")
    shape, begin = found
    heard = HeardSound(shape)  # what it refuses may have no length
    _check_length((len(data) - begin) / shape.bytes_per_second)
    return heard.convert(data[begin:]) + heard.flush()


def _heard_ogg(data: bytes) -> bytes:
    try:
        import soundfile  # noqa: PLC0415 -- optional, and slow to import
    except (ImportError, OSError) as error:  # the latter without libsndfile
        text = "Ogg needs soundfile where the gateway runs: pip install 'dragoman[files]'"
        raise WireError("bad_audio_header", text) from error
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            return _decoded(sound)
    except soundfile.LibsndfileError as error:
        raise WireError("bad_audio_header", f"the Ogg file cannot be read: {error.error_string}") from error


def _decoded(sound: Any) -> bytes:
    """Return it all, a second at a time: decoded, a small file may take hundreds of times as much."""
    heard = HeardSound(SoundShape(sound.samplerate, sound.channels))  # what it refuses is not decoded
    pcm, samples = bytearray(), 0
    while len(piece := sound.read(sound.samplerate, dtype="int16")):
        samples += len(piece)
        _check_length(samples / sound.samplerate)
        pcm += heard.convert(piece.tobytes())
    return bytes(pcm) + heard.flush()


def _check_length(seconds: float) -> None:
    if seconds > LONGEST_S:
        raise WireError("too_long", f"more than {LONGEST_S:g} s of sound")
