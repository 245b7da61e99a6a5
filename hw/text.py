"""Text as a panel with fixed columns needs it: made safe, measured, wrapped.

What reaches a panel comes from an engine or from the network. `clean` lets nothing through that moves a cursor, turns
the direction of writing or cannot be encoded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wcwidth import wcwidth

#: Stands for what a panel has no room for.
ELLIPSIS = "…"
#: Stands before a text that may well be wrong; every character set has it.
DOUBT = "? "
#: A blank at which no line ends: before French question marks, in French numbers.
UNBREAKABLE = "\u00a0"
_UNBREAKABLES = frozenset("\u00a0\u202f\u2007")
_BLANKS = re.compile(f"[ {UNBREAKABLE}]+")
#: Stands for what cannot be shown: lone surrogates, private use, no characters at all.
REPLACEMENT = "\ufffd"
#: Joiners that Persian and Indic spelling needs; every other format character goes.
_JOINERS = "\u200c\u200d"
#: Variation selectors: they only choose between pictures, and terminals disagree about the columns.
_VARIATIONS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
#: A base character with more marks than any script stacks on one.
_MARKS_MAX = 8
#: Columns of a Chinese, Japanese or Korean character.
_WIDE = 2
#: Chinese and Japanese punctuation that does not begin a line.
_NO_LINE_START = frozenset("、。，．：；！？）」』】〉》〕”’…ー")  # noqa: RUF001 -- these very ones are meant


class Glyph(NamedTuple):
    """A character with its marks: what is drawn in one place."""

    text: str
    #: Columns it takes, 1 or 2.
    columns: int
    #: Whether it will not change any more.
    settled: bool = True
    #: Whether it is of a word that may have been misheard.
    unsure: bool = False
    #: Whether it is a blank at which no line ends.
    tied: bool = False


Line = list[Glyph]


def clean(text: str) -> str:
    """Return the text in NFC without anything that is not written: one line, single blanks between words."""
    kept = unicodedata.normalize("NFC", "".join(map(_safe, text)))
    return _BLANKS.sub(lambda found: " " if " " in found.group() else UNBREAKABLE, kept).strip()


def _safe(char: str) -> str:
    if char.isspace():
        return UNBREAKABLE if char in _UNBREAKABLES else " "
    category = unicodedata.category(char)
    if category in ("Cs", "Co", "Cn"):
        return REPLACEMENT
    unwritten = category == "Cc" or (category == "Cf" and char not in _JOINERS) or char in _VARIATIONS
    return "" if unwritten else char


def glyphs(text: str, stable: int | None = None, unsure: Iterable[tuple[int, int]] = ()) -> Line:
    """Return the cleaned text as glyphs; those beyond the first `stable` code points of `text` are not settled.

    `unsure` are the spans of `hw.api.CaptionLine`.
    """
    settled = None if stable is None else len(clean(text[:stable]))
    cleaned = clean(text)
    doubted = _places(unsure, len(text)) if cleaned == text else frozenset()
    found: Line = []
    for at, char in enumerate(cleaned):
        columns = wcwidth(char)
        if columns > 0:
            tied = char == UNBREAKABLE
            settles = settled is None or at < settled
            found.append(Glyph(" " if tied else char, columns, settles, at in doubted, tied))
        elif found and len(found[-1].text) <= _MARKS_MAX:
            found[-1] = found[-1]._replace(text=found[-1].text + char)
    return found


def _places(spans: Iterable[tuple[int, int]], end: int) -> frozenset[int]:
    return frozenset(at for first, last in spans for at in range(max(0, first), min(last, end)))


def sign(*, doubtful: bool) -> Line:
    """Return what stands before a text."""
    return [Glyph(char, 1) for char in DOUBT] if doubtful else []


def width(line: Line) -> int:
    """Return the columns that a line takes."""
    return sum(glyph.columns for glyph in line)


def wrap(text: Line, columns: int) -> list[Line]:
    """Break at blanks and between wide characters; a word longer than a line is broken where the line ends.

    `columns` is at least 2, the room of a wide character.
    """
    if columns < _WIDE:
        raise ValueError(f"a line of {columns} columns has no room for a wide character")
    lines: list[Line] = [[]]
    for gap, word in _words(text):
        if lines[-1] and width(lines[-1]) + width(gap) + width(word) <= columns:
            lines[-1] += gap + word
            continue
        pieces = list(_pieces(word, columns))
        if lines[-1]:
            lines += pieces
        else:
            lines[-1:] = pieces
    return lines


def _words(text: Line) -> Iterator[tuple[Line, Line]]:
    """Yield what is not to be torn apart, each with the blank before it, if there is one."""
    gap: Line = []
    word: Line = []
    for glyph in text:
        if word and _may_break(word[-1], glyph):
            yield gap, word
            gap, word = [], []
        if glyph.text == " " and not glyph.tied:
            gap = [glyph]
        else:
            word.append(glyph)
    if word:
        yield gap, word


def _may_break(left: Glyph, right: Glyph) -> bool:
    if right.text == " ":
        return not right.tied
    return _WIDE in (left.columns, right.columns) and right.text not in _NO_LINE_START


def _pieces(word: Line, columns: int) -> Iterator[Line]:
    piece: Line = []
    for glyph in word:
        if width(piece) + glyph.columns > columns:
            yield piece
            piece = []
        piece.append(glyph)
    yield piece


def part(lines: list[Line], rows: int, page: int | None) -> list[Line]:
    """Return the lines of a page, of the last one if there are not so many; without a page the newest lines."""
    if page is None:
        return newest(lines, rows)
    first = min(page, (len(lines) - 1) // rows) * rows
    return lines[first : first + rows]


def newest(lines: list[Line], rows: int) -> list[Line]:
    """Return the last `rows` lines, since the end is what is being said; an ellipsis says that there was more."""
    if len(lines) <= rows:
        return lines
    kept = lines[-rows:]
    return [_without_beginning(kept[0]), *kept[1:]]


def _without_beginning(line: Line) -> Line:
    blank = next((at for at, glyph in enumerate(line) if glyph.text == " "), 1)
    return [Glyph(ELLIPSIS, 1), *line[blank:]]


def clip(line: Line, columns: int) -> Line:
    """Return the beginning of a line, with an ellipsis if that is not all of it."""
    if width(line) <= columns:
        return line
    return [*next(_pieces(line, columns - 1)), Glyph(ELLIPSIS, 1)]
