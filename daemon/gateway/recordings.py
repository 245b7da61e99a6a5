"""A whole recording as a client sends it, to `SPEECH_FORMAT`."""

from __future__ import annotations

import io

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
    _check_length((len(data) - begin) / shape.bytes_per_second)
    return _whole(HeardSound(shape), data[begin:])


def _heard_ogg(data: bytes) -> bytes:
    try:
        import soundfile  # noqa: PLC0415 -- optional, and slow to import
    except ImportError as error:
        text = "Ogg needs soundfile where the gateway runs: pip install 'dragoman[files]'"
        raise WireError("bad_audio_header", text) from error
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            heard = HeardSound(SoundShape(sound.samplerate, sound.channels))  # what it refuses is not decoded
            samples = sound.read(int(LONGEST_S * sound.samplerate) + 1, dtype="int16")
    except soundfile.LibsndfileError as error:
        raise WireError("bad_audio_header", f"the Ogg file cannot be read: {error}") from error
    _check_length(len(samples) / sound.samplerate)
    return _whole(heard, samples.tobytes())


def _whole(sound: HeardSound, data: bytes) -> bytes:
    return sound.convert(data) + sound.flush()


def _check_length(seconds: float) -> None:
    if seconds > LONGEST_S:
        raise WireError("too_long", f"more than {LONGEST_S:g} s of sound")
