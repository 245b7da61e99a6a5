"""Text to text. One thread uses a translator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from daemon.phrases import MARKS

__all__ = ["MARKS", "Translated", "Translator", "TranslatorFailed"]


class TranslatorFailed(Exception):
    """One sentence could not be translated (now). The text says why; the translator is ready for the next."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation."""

    text: str
    #: From 0 to 1, the share of translations like it that are right; None where nobody knows.
    confidence: float | None = None
    #: Name of the driver that made it, once it is known among others.
    translator: str = ""


class Translator(Protocol):
    """One loaded direction.

    A module offers ``SETTINGS``, ``pairs(settings) -> list of (source, target)`` that are installed,
    ``package(source, target) -> str | None`` that would have to be, ``faults(settings, languages) -> list of str``,
    what a person should mend who wants to translate between some languages (none: whatever), and
    ``open(source, target, settings)``.
    Languages here are ISO 639 codes without region.
    """

    source: str
    target: str
    #: What a person should mend although it translates: models that were passed over.
    faults: Sequence[str]

    def translate(self, text: str) -> Translated:
        """Translate cased and punctuated text. Raises `TranslatorFailed` within its deadline."""

    def close(self) -> None:
        """End its processes."""
