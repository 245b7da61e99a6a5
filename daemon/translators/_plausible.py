"""Tells from the look of a translation whether a model may have made it up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from daemon.translators._lexicon import words

#: A translation is at most so many times as long as its source, or as short, and some characters more or less.
_LONGER, _SHORTER = 2.2, 0.4
_SLACK = 12
#: A number, of which no more groups of figures are looked for than a translation's are joined.
_JOINED = 4
_GROUP = re.compile(r"\d+")
_NUMBER = re.compile(rf"\d+(?:[.,:]\d+|\s\d{{3}}(?!\d)){{0,{_JOINED - 1}}}")
_TWELVE = "12"
#: What a model writes for letters that it does not know, and what one that learnt from such translations writes.
_UNKNOWN = ("\u2047", "??")
_SEPARATOR = re.compile(r"\D")
#: ``7:30 p.m.`` is ``19:30`` elsewhere.
_HOUR = re.compile(r"(?<!\d)\d+(?:[.:]\d+)? ?[ap]\.?m\b", re.IGNORECASE)
#: The same four words in a row, or one word so often, is a model that goes round in circles.
_RUN = 4
_OFTEN = 3


def why_not(source: str, translated: str) -> str:
    """Return what is wrong with a translation, in a word; empty: nothing that can be seen."""
    if lacks_letter(source, translated):
        return "lacks a letter"
    if any(map(str.isalnum, source)) and not any(map(str.isalnum, translated)):
        return "empty"
    if len(translated) > _LONGER * len(source) + _SLACK:
        return "too long"
    if len(translated) < _SHORTER * len(source) - _SLACK:
        return "too short"
    if _loses_number(source, translated):
        return "loses a number"
    return "repeats itself" if _circles(words(source.lower()), words(translated.lower())) else ""


def lacks_letter(source: str, translated: str) -> bool:
    """Tell whether a translation has the sign of a letter that the model does not know."""
    return any(sign in translated and sign not in source for sign in _UNKNOWN)


def _loses_number(source: str, translated: str) -> bool:
    there = _digits(translated)
    return any(figures not in there for figures in _numbers(source))


def _digits(text: str) -> set[str]:
    """Return the figures of a text, and those of neighbours as one number: ``10 000`` is ten thousand, too."""
    groups = _GROUP.findall(text)
    return {"".join(groups[at : at + count]) for at in range(len(groups)) for count in range(1, _JOINED + 1)}


def _numbers(text: str) -> list[str]:
    """Return the figures of the numbers above twelve, which few write in words, but for the hours."""
    numbers = (_SEPARATOR.sub("", found) for found in _NUMBER.findall(_HOUR.sub(" ", text)))
    return [
        figures
        for figures in numbers
        if len(figures) > len(_TWELVE) or (len(figures) == len(_TWELVE) and figures > _TWELVE)
    ]


def _circles(source: Sequence[str], translated: Sequence[str]) -> bool:
    """Tell whether words repeat that do not repeat in the source."""
    runs = Counter(zip(*(translated[at:] for at in range(_RUN)), strict=False))
    said = Counter(zip(*(source[at:] for at in range(_RUN)), strict=False))
    if runs and max(runs.values()) > max(1, *said.values(), 1):
        return True
    in_a_row = _longest_row(translated)
    return in_a_row >= _OFTEN and in_a_row > _longest_row(source)


def _longest_row(words: Sequence[str]) -> int:
    longest = row = 1 if words else 0
    for before, word in pairwise(words):
        row = row + 1 if word == before else 1
        longest = max(longest, row)
    return longest
