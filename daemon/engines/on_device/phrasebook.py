"""What everybody says, as a whole, with its translation: a small model is worst at the shortest sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from daemon import questions

#: The lines of a block, by language.
_LANGUAGES = ("en", "es", "fr", "de")
#: Languages that say their yes-or-no questions as they say statements, and whose recognizers write no marks.
_AS_STATEMENTS = frozenset({"es"})
#: Whoever says it asks for something. Without accents.
_PLEASE = frozenset({"please", "favor", "plait", "bitte"})
_NO_LETTER = re.compile(r"[^\w\s]")


def find(text: str, source: str, target: str) -> str | None:
    """Return the translation of a text that is in the book, however it is cased and stopped. Languages are ISO 639.

    Only what asks in the book translates a question: *no?* is not *no*. And what is stopped as a statement asks
    nothing, unless its words do: *habla inglés.*
    """
    known = _book(source, target).get(_key(text, asks=_asks(text)))
    return None if known and _is_stopped(text) and _may_state(text, known, source) else known


def is_guess(text: str, translation: str, source: str) -> bool:
    """Tell whether a text without a mark was only taken for the question that is in the book: *habla inglés*."""
    return source in _AS_STATEMENTS and _may_state(text, translation, source)


def _may_state(text: str, translation: str, source: str) -> bool:
    """Tell whether a text that is translated as a question, and has no mark of one, may be none."""
    return _asks(translation) and not _asks(text) and _key(text, asks=False) in _untold(source)


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


@cache
def _untold(language: str) -> frozenset[str]:
    """Return the questions, without their mark, of which the words alone do not tell that they ask, or ask for it."""
    ways = [way for block in _blocks() for way in block[_LANGUAGES.index(language)]]
    asking = {_key(way, asks=False) for way in ways if _asks(way) and questions.begin(_words(way), language) is None}
    stated = {key for key in asking if _PLEASE.isdisjoint(key.split())}
    return frozenset(stated.difference(_key(way, asks=False) for way in ways if not _asks(way)))


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


def _is_stopped(text: str) -> bool:
    return text.rstrip().endswith((".", "!"))


def _words(text: str) -> list[str]:
    return [word for said in text.split() if (word := said.strip("¿¡.,;:!?"))]


def _key(text: str, *, asks: bool) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_NO_LETTER.sub("", letters).split()) + "?" * asks
