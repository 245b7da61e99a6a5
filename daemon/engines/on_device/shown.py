"""What translators are shown of a text: figures, no fillers, not all in capitals; the person's phrases stay.

A small model that reads *twenty third of May* writes the 20th, and is sure of it. What was recognized has its figures
already; what was typed has not, and is written anew for nobody but translators.
"""

from __future__ import annotations

from collections.abc import Iterator
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
        parts.append(f"{words[0].before}{written}{words[-1].after}")
    return " ".join(parts)


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
