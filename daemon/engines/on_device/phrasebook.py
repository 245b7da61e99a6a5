"""What everybody says, as a whole, with its translation: a small model is worst at the shortest sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

#: The lines of a block, by language.
_LANGUAGES = ("en", "es", "fr", "de")
_NO_LETTER = re.compile(r"[^\w\s]")


def find(text: str, source: str, target: str) -> str | None:
    """Return the translation of a text that is in the book, however it is cased and stopped. Languages are ISO 639.

    Only what asks in the book translates a question: *no?* is not *no*.
    """
    return _book(source, target).get(_key(text, asks=_asks(text)))


@cache
def _book(source: str, target: str) -> Mapping[str, str]:
    """Return what is known of a direction; of two translations the one that stands first."""
    found: dict[str, str] = {}
    if {source, target} <= set(_LANGUAGES):
        for block in _blocks():
            lines = dict(zip(_LANGUAGES, block, strict=True))
            for way in lines[source]:
                for asks in {False, _asks(way)}:
                    found.setdefault(_key(way, asks=asks), lines[target][0])
    return MappingProxyType(found)


def _blocks() -> list[list[list[str]]]:
    """Return for each block its lines, and for each of these the ways to say it."""
    text = resources.files("daemon.data").joinpath("phrasebook.txt").read_text(encoding="utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [
        [[way.strip() for way in line.split("//")] for line in block.splitlines()]
        for block in re.split(r"\n\s*\n", kept.strip())
    ]


def _asks(text: str) -> bool:
    return "?" in unicodedata.normalize("NFKC", text)


def _key(text: str, *, asks: bool) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_NO_LETTER.sub("", letters).split()) + "?" * asks
