"""From the pieces of speech that a service sends to blocks of samples."""

from __future__ import annotations

from daemon.wire.errors import WireError
from daemon.wire.sound import PCM, SoundShape, begins_with_header, parse_riff_header

#: What it is without a header.
_BARE = SoundShape(16_000)
_SAMPLE_BYTES = 2


class SpeechBlocks:
    """Takes the pieces of one text's speech. A header, if there is one, tells the sample rate."""

    def __init__(self) -> None:
        self.rate_hz = _BARE.rate_hz
        #: Whether samples have come.
        self.began = False
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        """Return the whole samples so far, 16-bit mono, possibly none. Raises `WireError` for other sound."""
        data = self._rest + piece
        if not self.began:
            data = self._begin(data)
        whole = len(data) // _SAMPLE_BYTES * _SAMPLE_BYTES if self.began else 0
        self._rest = data[whole:]
        return data[:whole]

    def _begin(self, data: bytes) -> bytes:
        """Return what follows the header, once it is whole."""
        if not data:
            return data
        if not begins_with_header(data):
            self.began = True
            return data
        found = parse_riff_header(data)
        if found is None:
            return data
        shape, begins = found
        if (shape.format_tag, shape.channels, shape.bits) != (PCM, 1, 8 * _SAMPLE_BYTES):
            raise WireError("bad_audio_header", f"speech is {shape}, not 16-bit PCM of one channel")
        self.began, self.rate_hz = True, shape.rate_hz
        return data[begins:]
