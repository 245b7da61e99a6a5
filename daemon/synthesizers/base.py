"""Text to speech. One thread uses a synthesizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class SynthesisFailed(Exception):
    """The text could not be spoken. The text says why."""


class Synthesizer(Protocol):
    """One loaded synthesizer. A module offers ``SETTINGS`` and ``open(settings) -> Synthesizer``."""

    #: Sample rate of what it makes; 16-bit mono.
    rate_hz: int
    #: BCP-47 or ISO 639 codes that it speaks.
    languages: tuple[str, ...]

    def speak(self, lang: str, text: str, on_block: Callable[[bytes], bool]) -> None:
        """Call `on_block` with PCM as it is made, until it returns False. Raises `SynthesisFailed`."""

    def close(self) -> None:
        """End."""
