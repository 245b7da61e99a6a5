"""What translators are shown of a text: figures, no fillers, not all in capitals; the person's phrases stay.

A small model that reads *twenty third of May* writes the 20th, and is sure of it. What was recognized has its figures
already; what was typed has not, and is written anew for nobody but translators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from typing import NamedTuple

from daemon import fillers
from daemon.casing import punctuate
from daemon.figures.tables import Table, fold, table
from daemon.figures.writing import segments
from daemon.language_tags import base
from daemon.phrases import Phrases

#: Stands for a phrase meanwhile.
_PHRASE = "\ue000"
#: Fewer words in capitals may be an abbreviation and a name.
_SHOUTED = 3
_OPENING, _CLOSING = '¿¡(["«“', ',;:!?…)]"»”'

#: An hour of the clock as it is typed: ``8pm``, ``7.30 PM``, ``8-10 pm``.
_HOUR = r"(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?"
_HALF = re.compile(rf"(?<![\w.,:/])(?:({_HOUR})([-\u2013]))?({_HOUR})( ?)([ap])\.? ?m\b\.?", re.IGNORECASE)
_HALF_DAY = 12
#: Languages in which no word is spelt as the clock's `am`, but for the English verb, which follows an hour in a
#: question only: *he is 10, am I right?*
_AM = frozenset({"ca", "en", "es", "fr", "pt"})
_I = re.compile(r" I\b", re.IGNORECASE)
#: What stands before an hour is no longer, with a blank on both sides.
_NEAR = 8
_BEFORE_AN_HOUR = re.compile(r"\b(?:at|by|until|till|before|after|from|since|around|about|to) $", re.IGNORECASE)


class _Word(NamedTuple):
    """A word with what stands around it, and in which stretch it is: no number goes on into the next."""

    before: str
    text: str
    after: str
    stretch: int


def shown(text: str, language: str, phrases: Phrases, *, figures: bool) -> str:
    """Return a text as translators are to see it. `language` is BCP-47."""
    pieces = phrases.parts(phrases.written(text))
    if _PHRASE in text:
        return text
    told = fillers.left_out(_quiet(_PHRASE.join(pieces[::2]), language), base(language))
    known = table(language) if figures else None
    told = _figured(told, known, language) if known else told
    told = _HALF.sub(partial(_halved, language=base(language)), told)
    for phrase in pieces[1::2]:
        told = told.replace(_PHRASE, phrase, 1)
    return told


def _quiet(text: str, language: str) -> str:
    """Return what was typed in capitals alone as people write it: no model knows such words."""
    words = text.split()
    if not text.isupper() or len(words) < _SHOUTED:
        return text
    meant = fillers.MEANT_IN_CAPITALS.get(base(language), frozenset())
    stays = (any(map(str.isdigit, word)) or word.strip(f"{_OPENING}{_CLOSING}.") in meant for word in words)
    lowered = (word if stay else word.lower() for word, stay in zip(words, stays, strict=True))
    return punctuate(" ".join(lowered), language, final=False)


def _figured(text: str, known: Table, language: str) -> str:
    parts = []
    for _, stretch in groupby(_words(text, known), lambda word: word.stretch):
        words = list(stretch)
        written = " ".join(each.text for each in segments([word.text for word in words], language))
        parts.append(f"{words[0].before}{_as_begun(written, words[0].text)}{words[-1].after}")
    return " ".join(parts)


def _as_begun(written: str, first: str) -> str:
    """Return what is written with a capital where the first word had one: *Es la una menos diez* becomes "Son las"."""
    return written[:1].upper() + written[1:] if first[:1].isupper() else written


def _halved(found: re.Match[str], language: str) -> str:
    """Return an hour with its half of the day as models were taught it, ``8 p.m.``: of ``8pm`` they lose the half."""
    if found[4] and found[0].lower().endswith("am") and _is_word(found, language):
        return found[0]
    begin, end = ((time or "").replace(".", ":") for time in found.group(1, 3))
    half, other = ("a.m.", "p.m.") if found[5] in "aA" else ("p.m.", "a.m.")
    begun = f"{begin} {half if _minutes(begin) < _minutes(end) else other}{found[2]}" if begin else ""
    return f"{begun}{end} {half}"


def _is_word(found: re.Match[str], language: str) -> bool:
    """Tell whether the `am` after a number is a word: *um 8 am Montag*, *he is 10 am I right*."""
    if language not in _AM:
        return True
    before = max(0, found.start() - _NEAR)
    is_verb = _I.match(found.string, found.end())
    return bool(is_verb and not _BEFORE_AN_HOUR.search(found.string, before, found.start()))


def _minutes(time: str) -> int:
    """Return how long after noon or midnight a time is."""
    hour, _, minute = time.partition(":")
    return int(hour) % _HALF_DAY * 60 + int(minute or 0)


def _words(text: str, known: Table) -> Iterator[_Word]:
    stretch, open_end = 0, True
    for word in text.split():
        opened = word.lstrip(_OPENING)
        bare = _bare(opened, known)
        before, after = word[: len(word) - len(opened)], opened[len(bare) :]
        stretch += bool(before) or not open_end
        yield _Word(before, bare, after, stretch)
        open_end = not after


def _bare(word: str, known: Table) -> str:
    """Return a word without what closes it; the last stop of ``p.m.`` is its own."""
    bare = word.rstrip(_CLOSING)
    clock = {*known.forenoon, *known.afternoon}
    return bare if fold(bare) in clock else bare.rstrip(f"{_CLOSING}.")
