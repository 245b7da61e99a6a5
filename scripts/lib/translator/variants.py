"""What things are called in another country where the language is spoken: ``phrase_variants.txt``, for sources."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from .phrase_files import sections


def said_elsewhere(text: str, language: str) -> str:
    """Return a sentence in the words of another country, where they are others."""
    variants = _variants().get(language)
    return variants.pattern.sub(variants.replaced, text) if variants else text


@dataclass(frozen=True, slots=True)
class _Variants:
    """What things are called in other countries; the first way to read a place is the one that counts."""

    pattern: re.Pattern[str]
    called: dict[str, str]

    def replaced(self, found: re.Match[str]) -> str:
        """Return what stands for a word there, with a capital where it had one."""
        variant = self.called[found[0].lower()]
        return variant[0].upper() + variant[1:] if found[0][0].isupper() else variant


@functools.cache
def _variants() -> dict[str, _Variants]:
    return {language: _read_variants(rows) for language, rows in sections("phrase_variants.txt")}


def _read_variants(rows: list[str]) -> _Variants:
    called = {word.strip(): variant.strip() for word, _, variant in (row.partition("|") for row in rows)}
    words = "|".join(map(re.escape, called))
    return _Variants(re.compile(rf"(?<![\w-])(?:{words})(?![\w'-])", re.IGNORECASE), called)
