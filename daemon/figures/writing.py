"""Writes the numbers among a recognizer's words as people write them: times, days, prices, rooms, telephone numbers.

``two hundred and fifty euros`` is ``250 euros``: the name of the currency and not its sign, which translators carry
over to the wrong side, and which is read aloud wrongly. Small numbers, up to twelve, stay words ("ten minutes") but in
times, days, prices and names of rooms; what would be a guess stays words, too. A language without a file is left as it
is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daemon.figures.cardinals import Reader
from daemon.figures.filled import Filled
from daemon.figures.numerals import amount, international, items, run
from daemon.figures.patterns import Patterns, patterns
from daemon.figures.slots import SMALL
from daemon.figures.tables import Table, fold, table
from daemon.language_tags import base


class Segment(NamedTuple):
    """A piece of the written text, and how many of the words it is made of. It may hold spaces: ``7:30 p.m.``."""

    text: str
    words: int


def segments(words: Sequence[str], language: str) -> list[Segment]:
    """Return the pieces that the words are written in; joined by spaces they are the text. `language` is BCP-47."""
    known = table(language)
    if known is None:
        return [Segment(word, 1) for word in words]
    return list(_segments(words, known, patterns(base(language))))


def settled(words: Sequence[str], language: str) -> int:
    """Return how many of the words of an unfinished text are written the same, whatever words come after them.

    Those at its end that may belong to a number are not: ``two hundred`` may become 250.
    """
    if table(language) is None:
        return len(words)
    known = patterns(base(language))
    begin = len(words)
    while begin and all(map(known.goes_on, _parts(words[begin - 1]))):
        begin -= 1
    return next((at for at in range(begin, len(words)) if known.opens(_parts(words[at])[0])), len(words))


def _segments(words: Sequence[str], known: Table, language: Patterns) -> Iterator[Segment]:
    parts = [_split(word, known) for word in words]
    #: Which word each part is of, and that there is none after the last.
    owners = [at for at, each in enumerate(parts) for _ in each] + [len(words)]
    folded = [part for each in parts for part in each]
    reader = Reader(known, folded, [words[owner] for owner in owners[:-1]])
    begin = 0
    while begin < len(folded):
        filled = _write(reader, begin, language)
        end = filled.end
        while owners[end] == owners[end - 1]:  # in the middle of a word: that is no number
            end += 1
        count = owners[end] - owners[begin]
        text = filled.values["text"] if end == filled.end else ""
        if text:
            yield Segment(text, count)
        else:
            yield from (Segment(word, 1) for word in words[owners[begin] : owners[end]])
        begin = end


def _write(reader: Reader, begin: int, language: Patterns) -> Filled:
    """Return what is written for the words there; an empty text: as they are."""
    if not language.opens(reader.at(begin)):
        return Filled({"text": ""}, begin + 1)
    return language.match(reader, begin) or _plain(reader, begin)


def _plain(reader: Reader, begin: int) -> Filled:
    """Return a number that no pattern knows, or numbers in a row."""
    telephone = international(reader, begin)
    if telephone is not None:
        return Filled({"text": telephone.text}, telephone.end)
    if sum(1 for _ in items(reader, begin)) > 1:
        text, end = run(reader, begin)
        return Filled({"text": text}, end)
    found = amount(reader, begin)
    if found is None:
        return Filled({"text": ""}, begin + 1)
    large = found.whole is None or found.whole > SMALL
    scale = found.whole and found.text[-1].isalpha()
    loose = scale and reader.at(begin) in reader.table.articles  # a million questions
    many = found.end == begin + 1 and reader.at(begin) in reader.table.bare_scales  # mil gracias
    return Filled({"text": found.text if large and not loose and not many else ""}, found.end)


def _split(word: str, known: Table) -> list[str]:
    """Return a word's parts, folded: ``twenty-five`` has two."""
    parts = _parts(word)
    return parts if all(part in known.number_words for part in parts) else [fold(word)]


def _parts(word: str) -> list[str]:
    return [part for part in fold(word).split("-") if part] or [fold(word)]
