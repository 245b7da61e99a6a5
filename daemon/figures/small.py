"""Whether a translation has the small numbers, which stay words, and no others: "six and nine" is not "six". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from daemon.figures.manners import manners
from daemon.figures.tables import Table, fold, table

_WORD = re.compile(r"\d+|[^\W\d_]+")
#: One is an article, too; above twelve they are figures.
_LEAST, _MOST = 2, 12
_FIGURE = re.compile(r"\d")
#: What is a number without being one: 12:00, 24:00, 12. Without accents.
_PARTS = frozenset({"noon", "midday", "midnight", "dozen", "teens", "mediodia", "medianoche", "docena", "siglo", "una"})


def lost(text: str, translation: str, source: str, target: str) -> int:
    """Count the small numbers of a text that are in its translation neither as words nor as figures.

    None where the languages' numbers are not known, or where parts of hours are said: half past two is ``halb drei``.
    """
    known, ours = table(source), manners(target)
    words = [fold(word) for word in _WORD.findall(text)]
    if known is None or ours is None or not ours.small or not known.named["halved"].isdisjoint(words):
        return 0
    there = set(map(str.lower, _WORD.findall(translation)))
    return sum(there.isdisjoint({str(value), *ours.small[value - _LEAST].split()}) for value in _alone(words, known))


def invented(text: str, translation: str, source: str) -> bool:
    """Tell whether a translation has figures where nothing was counted; no where the source's numbers are not known."""
    known = table(source)
    if known is None or not _FIGURE.search(translation) or _FIGURE.search(text):
        return False
    counting = known.number_words.difference(known.articles, known.links)
    words = {fold(word) for word in _WORD.findall(text)}
    return words.isdisjoint(counting | _PARTS) and not any(map(str.isnumeric, text))


def _alone(words: Sequence[str], known: Table) -> Iterator[int]:
    """Yield the small numbers that are no part of a larger one."""
    values = known.ones | known.teens
    larger = {*known.tens, *known.hundreds, *known.hundred, *known.scales, *known.point, *known.zeros, *values}
    for at, word in enumerate(words):
        linked = at > 1 and words[at - 1] in known.tens_links and words[at - 2] in known.tens  # sesenta y cinco
        before = words[at - 1 - linked] if at else ""
        after = words[at + 1] if at + 1 < len(words) else ""
        if _LEAST <= values.get(word, 0) <= _MOST and before not in larger and after not in larger:
            yield values[word]
