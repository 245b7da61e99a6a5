"""Whether a translation has the small numbers, which stay words, and no others: "six and nine" is not "six". Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from daemon.figures.manners import Manners, manners
from daemon.figures.tables import Table, fold, table

_WORD = re.compile(r"\d+|[^\W\d_]+")
#: One is an article, too; above twelve they are figures.
_LEAST, _MOST = 2, 12
#: An ordinal in figures, in the languages that are recognized.
_PLACE = re.compile(r"(?<![\w.,:])(\d{1,2})(?:st|nd|rd|th|\.?[\u00ba\u00aa])(?!\w)")
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
    counts = [value for value in _alone(words, known) if there.isdisjoint(_forms(value, ours))]
    places = [value for value in _places(text, words, known) if not _has_place(value, there, ours)]
    return len(counts) + len(places)


def invented(text: str, translation: str, source: str, target: str) -> bool:
    """Tell whether a translation has figures where nothing was counted, or a small number more often than its text.

    No where the languages' numbers are not known.
    """
    return _counts(text, translation, source) or _repeats(text, translation, source, target)


def _counts(text: str, translation: str, source: str) -> bool:
    known = table(source)
    if known is None or not _FIGURE.search(translation) or _FIGURE.search(text):
        return False
    counting = known.number_words.difference(known.articles, known.links)
    words = {fold(word) for word in _WORD.findall(text)}
    return words.isdisjoint(counting | _PARTS) and not any(map(str.isnumeric, text))


def _repeats(text: str, translation: str, source: str, target: str) -> bool:
    """Tell whether a number that was said once is there twice: from one to three is not *de trois heures à trois*."""
    theirs, ours = manners(source), manners(target)
    if theirs is None or ours is None or not theirs.small or not ours.small:
        return False
    there = Counter(map(str.lower, _WORD.findall(translation)))
    said = [word.lower() for word in _WORD.findall(text)]
    counts = {value: there[word.split()[0]] for value, word in enumerate(ours.small, _LEAST)}
    return any(count > _times(value, said, theirs) > 0 for value, count in counts.items() if count > 1)


def _times(value: int, said: Sequence[str], theirs: Manners) -> int:
    """Count how often a small number was said: as a word, in figures, as an ordinal, or as an hour of the afternoon."""
    return sum(_has_place(value, {word.lstrip("0")}, theirs) or word == str(value + _MOST) for word in said)


def _forms(value: int, ours: Manners) -> set[str]:
    return {str(value), *ours.small[value - _LEAST].split()}


def _places(text: str, words: Sequence[str], known: Table) -> Iterator[int]:
    """Yield the small ordinals of a text: ``4th``, ``fourth``. Not the "second", which is a time, too."""
    written = (int(found[1]) for found in _PLACE.finditer(text))
    said = (known.ordinals.get(word, 0) for before, word in pairwise(["", *words]) if before not in known.tens)
    yield from (value for value in written if _LEAST <= value <= _MOST)
    yield from (value for value in said if _LEAST < value <= _MOST)


def _has_place(value: int, there: Collection[str], ours: Manners) -> bool:
    """Tell whether an ordinal is there, or the number: every third day is *cada tres días*."""
    stems = tuple(ours.ordinals[value - 1].split()) if ours.ordinals else ("",)
    return not _forms(value, ours).isdisjoint(there) or any(word.startswith(stems) for word in there)


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
