"""Dates, ordinals and decades in a translation as its language writes them: not ``pour 5 juillet``, nor ``23th``.

A small translator leaves out the article that a day has elsewhere, and carries the ending of ``1980s``.
The forms stand with each language's manners; no figure changes. Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial

from daemon.figures.manners import Manners
from daemon.figures.times import cased

#: An ordinal in figures, in the languages that are recognized.
_PLACE = re.compile(r"(?<![\w.,:])(\d{1,3})(?:st|nd|rd|th|\.?[\u00ba\u00aa])(?!\w)")
_NEVER = "(?!)"
#: So many ordinals of a text are looked for, and so many sets of patterns are kept.
_MOST, _KEPT = 20, 16

Forms = tuple[tuple[str, str], ...]


def corrected(text: str, translation: str, ours: Manners) -> str:
    """Return the translation of `text` with its dates, ordinals and decades as its language writes them."""
    places = tuple(dict.fromkeys(_PLACE.findall(text)))[:_MOST]
    for pattern, put in _compiled(ours.forms, ours.months, places):
        translation = pattern.sub(partial(cased, put=put), translation)
    return translation


@lru_cache(_KEPT)
def _compiled(forms: Forms, months: str, places: tuple[str, ...]) -> list[tuple[re.Pattern[str], str]]:
    """Return the patterns for these ordinals, ``<place>``; ``<date>`` is a day and its month."""
    month = "|".join(months.split()) or _NEVER
    parts = {
        "<date>": rf"(?:1er|[12]?\d|3[01])\.? (?:{month})\b(?!-)",
        "<month>": rf"(?:{month})\b",
        "<place>": rf"(?:{'|'.join(places) or _NEVER})",
    }
    return [(re.compile(_filled(pattern, parts), re.IGNORECASE), put) for pattern, put in forms]


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(name, part)
    return pattern
