"""Sound as a client has it to `SPEECH_FORMAT`, and speech as an engine makes it to what a client asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.gateway.telephony import EXPANDERS
from daemon.wire.errors import WireError
from daemon.wire.sound import A_LAW, FLOAT, MU_LAW, PCM, SoundShape, riff_file, riff_header
from hw.conversion import FromSpeech, SampleType, ToSpeech

_TYPES = {
    (PCM, 8): SampleType.UINT8,
    (PCM, 16): SampleType.INT16,
    (PCM, 24): SampleType.INT24,
    (PCM, 32): SampleType.INT32,
    (FLOAT, 32): SampleType.FLOAT32,
    (FLOAT, 64): SampleType.FLOAT64,
    # As they are once they have been expanded.
    (A_LAW, 8): SampleType.INT16,
    (MU_LAW, 8): SampleType.INT16,
}
_ALLOWED = "PCM of 8, 16, 24 or 32 bits, floats, A-law or mu-law"
_RATES_HZ = range(4_000, 192_001)
_MOST_CHANNELS = 8
_FORMAT = re.compile(r"(raw|riff)-(\d{1,5})(k?)hz-16bit-mono-pcm")
#: Rates of the formats that a client may ask for, Hz.
_SPEECH_RATES_HZ = frozenset({8_000, 16_000, 22_050, 24_000, 44_100, 48_000})
_KILO = 1_000
_SAMPLE_BYTES = 2


class HeardSound:
    """One stream from a client. Raises `WireError` for sound that cannot be understood."""

    def __init__(self, shape: SoundShape) -> None:
        kind = _TYPES.get((shape.format_tag, shape.bits))
        if kind is None:
            text = f"sound of {shape.bits} bits in WAVE format {shape.format_tag}; send {_ALLOWED}"
            raise WireError("bad_audio_header", text)
        if shape.rate_hz not in _RATES_HZ or shape.channels > _MOST_CHANNELS:
            allowed = f"send {_RATES_HZ[0]} to {_RATES_HZ[-1]} Hz in 1 to {_MOST_CHANNELS} channels"
            raise WireError("bad_audio_header", f"sound of {shape.channels} channels at {shape.rate_hz} Hz; {allowed}")
        self._sample_bytes = shape.block_bytes
        self._expand = EXPANDERS.get(shape.format_tag, bytes)
        self._converter = ToSpeech(shape.rate_hz, shape.channels, kind)
        self._rest = b""

    def convert(self, data: bytes) -> bytes:
        """Return what comes out for so many bytes, cut anywhere."""
        data = self._rest + data if self._rest else data
        whole = len(data) - len(data) % self._sample_bytes
        self._rest = data[whole:]
        return self._converter.convert(self._expand(data[:whole])) if whole else b""

    def flush(self) -> bytes:
        """Return the end of it."""
        return self._converter.flush()


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """How speech is to come: 16 bits, mono."""

    rate_hz: int
    #: Whether a RIFF header comes first.
    riff: bool

    def whole(self, pcm: bytes) -> bytes:
        """Return a complete file of that sound."""
        return riff_file(SoundShape(self.rate_hz), pcm) if self.riff else pcm


#: What speech comes in that belongs to a phrase.
PHRASE_SPEECH = OutputFormat(16_000, riff=True)


def parse_format(name: str) -> OutputFormat:
    """Return a format by the service's name for it. Raises `WireError`."""
    found = _FORMAT.fullmatch(name.strip().lower())
    rate_hz = int(found[2]) * (_KILO if found[3] else 1) if found else 0
    if found is None or rate_hz not in _SPEECH_RATES_HZ:
        rates = ", ".join(map(str, sorted(_SPEECH_RATES_HZ)))
        allowed = f"raw- or riff- of 16bit-mono-pcm at {rates} Hz"
        raise WireError("unknown_value", f"the output format is {name[:60]!a}; allowed: {allowed}")
    return OutputFormat(rate_hz, riff=found[1] == "riff")


class SpokenSound:
    """Speech of one request on its way to a client: the engine's rate is known with its first block."""

    def __init__(self, wanted: OutputFormat) -> None:
        self._wanted = wanted
        self._converter: FromSpeech | None = None
        self._headed = not wanted.riff

    def convert(self, pcm: bytes, rate_hz: int) -> bytes:
        """Return what to send for a block."""
        if not pcm:
            return b""
        if self._converter is None:
            self._converter = FromSpeech(rate_hz, self._wanted.rate_hz, 1)
        return self._headed_by(self._converter.convert(pcm))

    def pause(self, seconds: float) -> bytes:
        """Return so much silence."""
        return self._headed_by(bytes(round(seconds * self._wanted.rate_hz) * _SAMPLE_BYTES))

    def flush(self) -> bytes:
        """Return the end of it."""
        return self._headed_by(self._converter.flush()) if self._converter is not None else b""

    def _headed_by(self, pcm: bytes) -> bytes:
        if self._headed or not pcm:
            return pcm
        self._headed = True
        return riff_header(SoundShape(self._wanted.rate_hz)) + pcm
