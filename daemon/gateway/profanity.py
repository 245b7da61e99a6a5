"""What becomes of profanity in what is recognized and translated: as a client asks, masked if it says nothing.

A list a language, ``daemon/data/profanity_<language>.txt``: a word a line; one that ends in ``*`` stands for all that
begin so. Case does not matter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from daemon.language_tags import base

RAW, MASKED, REMOVED = "raw", "masked", "removed"
#: Where a client does not say, as with the service.
USUAL = MASKED
_MASK = "*"
_SPACES = re.compile(r"\s+(?=[\s,.;:!?]|\Z)|\A[\s,;:]+")
_NOTHING = re.compile(r"(?!)")
#: No language's own tag is longer (RFC 5646), and clients may ask for any.
_LONGEST_TAG = 8


def clean(text: str, lang: str, wanted: str) -> str:
    """Return a text in which profanity is ``masked`` by as many asterisks, or ``removed``; otherwise as it is."""
    if wanted not in (MASKED, REMOVED) or not text:
        return text
    mask = _MASK if wanted == MASKED else ""
    cleaned = _words(base(lang)).sub(lambda found: mask * len(found[0]), text)
    return cleaned if wanted == MASKED or cleaned == text else _SPACES.sub("", cleaned)


def spoken(text: str) -> str:
    """Return a text as it is to be spoken: nobody says asterisks."""
    return _SPACES.sub("", re.sub(r"\*+", "", text)) if _MASK in text else text


def is_known(lang: str) -> bool:
    """Tell whether there is a list for a language."""
    return _words(base(lang)) is not _NOTHING


def _words(language: str) -> re.Pattern[str]:
    return _listed(language) if language.isalpha() and len(language) <= _LONGEST_TAG else _NOTHING


@lru_cache(maxsize=128)
def _listed(language: str) -> re.Pattern[str]:
    file = files("daemon.data") / f"profanity_{language}.txt"
    if not file.is_file():
        return _NOTHING
    lines = file.read_text(encoding="utf-8").split("\n")
    words = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    either = "|".join(re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(rf"\b(?:{either})\b", re.IGNORECASE)
