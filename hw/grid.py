"""What panels of fixed columns and rows share: they know their screen cell by cell, and send what differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from hw.api import Caption, KeyEvent
from hw.charset import EVERYTHING, CharacterSet, from_table
from hw.layout import Row, lay_out, pages, reading_order
from hw.text import ELLIPSIS

#: A cell as the panel has it.
C = TypeVar("C")


class Change(NamedTuple, Generic[C]):
    """The bytes that write some cells of a row, and what these cells show then. It is sent whole or not at all."""

    data: bytes
    row: int
    column: int
    cells: Sequence[C]


class Difference(NamedTuple, Generic[C]):
    """A row as it is and as it is to be. What is unknown is None."""

    row: int
    old: Sequence[C | None]
    new: Sequence[C]

    @property
    def columns(self) -> list[int]:
        """The columns that differ."""
        return [column for column, (old, new) in enumerate(zip(self.old, self.new, strict=True)) if old != new]


class GridPanel(ABC, Generic[C]):
    """The common half of such a panel (see `hw.api.Panel`); a panel's own half are the methods below `pages`."""

    #: Whether the panel wants one frame at a time, for it answers each.
    alone = False
    #: Ends an instruction that was cut off, whatever it is; it may be seen where there was none.
    _END = b""

    def __init__(self, columns: int, rows: int, blank: C, characters: CharacterSet = EVERYTHING) -> None:
        self.columns = columns
        self.rows = rows
        self.places = rows - 1
        self.brightness = 100
        self.replaced = 0
        self.ignored = 0
        self.refused = 0
        self.unanswered = False
        self._blank = blank
        self._characters = characters
        #: What the layout's ellipsis is here: where the panel lacks it, a dot.
        self._ellipsis = characters.fit_text(ELLIPSIS)[0][:1]
        self._dimmed: int | None = None
        self._waiting: deque[bytes] = deque()
        #: What to do, one after the other, so that everything is sent again; a newer caption goes before each.
        self._again: deque[Callable[[], object]] = deque()
        self._wanted: tuple[Caption, list[list[C]]] | None = None
        #: What is on the screen as a whole, and has not to be compared again.
        self._settled: Caption | None = None
        self._screen: list[list[C | None]] = self._filled(blank)

    def reset(self) -> bytes:
        """Forget what is on the screen; return the bytes that make it empty and ready."""
        first, *others = [*self._ready(), self._clear()]
        self._dimmed = None
        self._waiting = deque(others)
        self._again.clear()
        self._settled = None
        self._screen = self._filled(self._blank)
        return self._END + first

    def show(self, caption: Caption, limit: int | None = None) -> bytes:
        """Return what must be sent for this caption to be on the screen; see `hw.api.Panel`."""
        sent = bytearray()
        for data, done in self._steps(caption):
            if sent and limit is not None and (self.alone or len(sent) + len(data) > limit):
                break
            sent += data
            done()
        return bytes(sent)

    def refresh(self) -> None:
        """Have everything sent again, once the caption is there; see `hw.api.Panel`."""
        ready = (partial(self._waiting.append, frame) for frame in self._ready())
        rows = (partial(self._lose, row) for row in range(self.rows))
        self._again = deque((*ready, self._dim_again, *rows))

    def check(self) -> None:
        """Have everything sent again: such a panel does not say that it was switched on."""
        self.refresh()

    def pages(self, caption: Caption) -> int:
        """Return how many pages the caption's texts fill."""
        return pages(self._characters.fit(caption)[0], self.columns, self.rows)

    def hear(self, data: bytes) -> list[KeyEvent]:
        """Count what is heard: this panel says nothing of interest."""
        self.ignored += len(data)
        return []

    def can_show(self, lang: str) -> bool:
        """Tell whether the panel has the characters that a language is written in."""
        return self._characters.covers(lang)

    def shows_source(self, translations: int) -> bool:
        """Tell whether what was said has room beside so many translations."""
        return translations < self.places

    @abstractmethod
    def _ready(self) -> list[bytes]:
        """Return the frames that make a panel ready, and cannot be seen."""

    @abstractmethod
    def _clear(self) -> bytes:
        """Return the frame that empties a screen which is ready."""

    @abstractmethod
    def _draw(self, row: Row) -> list[C]:
        """Return a row as the panel has it."""

    @abstractmethod
    def _changes(self, differences: Iterator[Difference[C]]) -> Iterator[Change[C]]:
        """Yield what makes rows as they are to be, in order; not all of it need be taken."""

    def _brightness(self, percent: int) -> bytes:  # noqa: ARG002 -- for the panels that have one
        """Return the frame that sets the backlight; empty without one."""
        return b""

    def _finish(self, caption: Caption, rows: list[list[C]]) -> None:
        """Add to a screen what this panel alone has."""

    def _steps(self, caption: Caption) -> Iterator[tuple[bytes, Callable[[], object]]]:
        """Yield what brings this caption on the screen, each with what to do when it has been taken."""
        self._dim()
        yield from self._missing(caption)
        while self._again:
            self._again.popleft()()
            yield from self._missing(caption)

    def _missing(self, caption: Caption) -> Iterator[tuple[bytes, Callable[[], object]]]:
        while self._waiting:
            yield self._waiting[0], self._made_ready
        if caption != self._settled:
            self._settled = None
            for change in self._changes(self._differences(caption)):
                yield change.data, partial(self._changed, change)
            self._settled = caption

    def _made_ready(self) -> None:
        """Take note that a frame has been taken that waited."""
        self._waiting.popleft()

    def _changed(self, change: Change[C]) -> None:
        """Take note that a change has been taken."""
        self._screen[change.row][change.column : change.column + len(change.cells)] = change.cells

    def _lose(self, row: int) -> None:
        """Take it that nothing is known of a row."""
        self._settled = None
        self._screen[row] = [None] * self.columns

    def _dim_again(self) -> None:
        self._dimmed = None
        self._dim()

    def _dim(self) -> None:
        if self.brightness != self._dimmed and (frame := self._brightness(self.brightness)):
            self._waiting.append(frame)
        self._dimmed = self.brightness

    def _differences(self, caption: Caption) -> Iterator[Difference[C]]:
        rows = self._rows(caption)
        for row in reading_order(caption, self.rows):
            yield Difference(row, tuple(self._screen[row]), rows[row])

    def _rows(self, caption: Caption) -> list[list[C]]:
        """Return the screen of a caption, made once however many pieces it is sent in."""
        if self._wanted is None or self._wanted[0] != caption:
            fitted, self.replaced = self._characters.fit(caption)
            rows = [self._draw(self._fitting(row)) for row in lay_out(fitted, self.columns, self.rows)]
            self._finish(caption, rows)
            self._wanted = (caption, rows)
        return self._wanted[1]

    def _fitting(self, row: Row) -> Row:
        """Return a row in characters that the panel has: its text has been fitted, what the layout adds has not."""
        return tuple(cell._replace(text=self._ellipsis) if cell.text == ELLIPSIS else cell for cell in row)

    def _filled(self, cell: C) -> list[list[C | None]]:
        return [[cell] * self.columns for _ in range(self.rows)]


class CharacterPanel(GridPanel[int]):
    """A display with a character ROM: a cell is a byte, its character's place there."""

    #: Stands at the end of the status line while texts may still change: such a display has but one kind of writing. No
    #: ellipsis, by which a status ends that is too long, or which some show as a dot.
    _INTERIM = "*"

    def __init__(self, columns: int, rows: int, codes: Mapping[str, int]) -> None:
        super().__init__(columns, rows, codes[" "], from_table(codes))
        self._codes = codes

    def _draw(self, row: Row) -> list[int]:
        return [self._codes.get(cell.text, self._blank) for cell in row]

    def _finish(self, caption: Caption, rows: list[list[int]]) -> None:
        if not caption.final:
            rows[-1][-1] = self._codes[self._INTERIM]


def spans(columns: list[int], gap: int) -> Iterator[tuple[int, int]]:
    """Join changed columns to stretches, over up to `gap` unchanged ones, which cost less than a move."""
    start = 0
    for at in range(1, len(columns) + 1):
        if at == len(columns) or columns[at] - columns[at - 1] > gap:
            yield columns[start], columns[at - 1]
            start = at
