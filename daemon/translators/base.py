"""Text to text. One thread uses a translator."""

from __future__ import annotations

from typing import Protocol


class TranslatorFailed(Exception):
    """One sentence could not be translated (now). The text says why; the translator is ready for the next."""


class Translator(Protocol):
    """One loaded direction.

    A module offers ``SETTINGS``, ``pairs(settings) -> list of (source, target)`` that are installed,
    ``package(source, target) -> str | None`` that would have to be, and ``open(source, target, settings)``.
    Languages here are ISO 639 codes without region.
    """

    source: str
    target: str

    def translate(self, text: str) -> str:
        """Translate cased and punctuated text. Raises `TranslatorFailed` within its deadline."""

    def close(self) -> None:
        """End its processes."""
