"""Where a caption's parts stand on a panel of fixed columns and rows.

From the top: what was said, a block for each translation, at the bottom the status. Blocks keep their places while
their texts grow, so that a reader's eye does, too, and little has to be sent.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from hw.api import Caption, CaptionLine
from hw.text import Glyph, Line, clip, glyphs, part, sign, width, wrap

#: Columns that a language's label may take, and those that it leaves: the sign of doubt and a wide character.
_LABEL_MAX, _LABEL_LEAVES = 8, 4


class Role(Enum):
    """What a cell is part of."""

    BLANK = auto()
    SOURCE = auto()
    TRANSLATION = auto()
    LABEL = auto()
    STATUS = auto()


class Cell(NamedTuple):
    """One column of one row. The right half of a wide character has an empty text."""

    text: str
    role: Role
    settled: bool = True
    unsure: bool = False


Row = tuple[Cell, ...]


class _Block(NamedTuple):
    line: CaptionLine
    role: Role
    rows: int


def lay_out(caption: Caption, columns: int, rows: int) -> list[Row]:
    """Return the whole screen: `rows` rows of `columns` cells."""
    screen: list[Row] = []
    for block, label in _labelled(caption, columns, rows):
        screen += _draw(block, label, columns, caption)
    screen += [_row([], columns, Role.BLANK)] * (rows - 1 - len(screen))
    status = clip([Glyph(" ", 1), *glyphs(caption.status)], columns)
    return [*screen, _row(status, columns, Role.STATUS, Role.STATUS)]


def reading_order(caption: Caption, rows: int) -> list[int]:
    """Return the rows as a reader waits for them: the translations before what was said and the status."""
    roles = [block.role for block in _blocks(caption, rows - 1) for _ in range(block.rows)]
    translated = [row for row, role in enumerate(roles) if role is Role.TRANSLATION]
    return translated + [row for row in range(rows) if row not in translated]


def pages(caption: Caption, columns: int, rows: int) -> int:
    """Return how many pages the longest text fills in its place."""
    blocks = _labelled(caption, columns, rows)
    lines = (-(-len(_lines(block, label, columns, caption)) // block.rows) for block, label in blocks)
    return max(lines, default=1)


def _labelled(caption: Caption, columns: int, rows: int) -> list[tuple[_Block, Line]]:
    """Return the blocks of a screen, each with what stands before it, on every page: its language, and a doubt."""
    blocks = _blocks(caption, rows - 1)
    several = len(caption.translations) > 1
    labels = _labels([block.line.lang for block in blocks], columns) if several else [[]] * len(blocks)
    return [(block, label + sign(doubtful=block.line.doubtful)) for block, label in zip(blocks, labels, strict=True)]


def _blocks(caption: Caption, rows: int) -> list[_Block]:
    """Share the rows out: as equally as they can be, what is over to the first translations.

    Where there are more texts than rows, what was said goes first: whoever reads wants the translation.
    """
    source = [(caption.source, Role.SOURCE)] if caption.source is not None else []
    texts = [*source, *((line, Role.TRANSLATION) for line in caption.translations)]
    if source and len(texts) > rows:
        texts = texts[1:]
    texts = texts[:rows]
    if not texts:
        return []
    share, over = divmod(rows, len(texts))
    blocks = []
    for line, role in texts:
        more = role is Role.TRANSLATION and over > 0
        over -= more
        blocks.append(_Block(line, role, share + more))
    return blocks


def _labels(langs: list[str], columns: int) -> list[Line]:
    """Return what stands before each block: the language, with its region only where it takes that to tell them."""
    short = [lang.partition("-")[0] for lang in langs]
    chosen = short if len(set(short)) == len(short) else langs
    room = min(_LABEL_MAX, columns - _LABEL_LEAVES) - 1  # less the blank behind it
    drawn = [clip(glyphs(lang), room) for lang in chosen]
    widest = max(map(width, drawn), default=0)
    return [label + [Glyph(" ", 1)] * (widest + 1 - width(label)) for label in drawn]


def _lines(block: _Block, label: Line, columns: int, caption: Caption) -> list[Line]:
    text = glyphs(block.line.text, None if caption.final else block.line.stable, block.line.unsure)
    if text and not caption.final:  # all of it may stay, but it has not ended
        text[-1] = text[-1]._replace(settled=False)
    return wrap(text, columns - width(label))


def _draw(block: _Block, label: Line, columns: int, caption: Caption) -> list[Row]:
    indent = width(label)
    lines = part(_lines(block, label, columns, caption), block.rows, caption.page)
    lines += [[]] * (block.rows - len(lines))
    margins = [label, *[[Glyph(" ", 1)] * indent] * (block.rows - 1)]
    return [
        _row(margin, indent, Role.LABEL) + _row(line, columns - indent, block.role)
        for margin, line in zip(margins, lines, strict=True)
    ]


def _row(line: Line, columns: int, role: Role, padding: Role = Role.BLANK) -> Row:
    cells: list[Cell] = []
    for glyph in line:
        cells.append(Cell(glyph.text, role, glyph.settled, glyph.unsure))
        cells += [Cell("", role, glyph.settled, glyph.unsure)] * (glyph.columns - 1)
    return (*cells, *[Cell(" ", padding)] * (columns - len(cells)))
