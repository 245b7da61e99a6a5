"""Terminals: a VT100 with UTF-8, or anything that speaks ECMA-48 behind a serial port.

What was said is plain, translations are bold, and what may still change is underlined, as input methods mark text that
is not settled. Dim would be prettier, but a VT100 has no such rendition and many panels ignore it.

Control sequences by ECMA-48, 5th edition, and, where the parameter begins with ``?``, by DEC's VT100 and VT220 manuals.
``ESC % G`` is ISO 2022's "UTF-8 from here on".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hw.api import Caption
from hw.layout import Role, Row, lay_out
from hw.options import option

_CSI = "\x1b["
#: Makes a terminal in an unknown state, perhaps in mid-sequence, an empty screen.
_RESET = "".join(
    (
        "\x18",  # CAN: end whatever sequence was cut off
        "\x1b%G",  # UTF-8
        "\x0f",  # SI: G0 is in use …
        "\x1b(B",  # … and is ASCII, on terminals that keep character sets beside UTF-8
        _CSI + "4l",  # IRM off: what is written replaces what was there
        _CSI + "?6l",  # DECOM off: positions count from the screen's corner
        _CSI + "?7l",  # DECAWM off: the last column does not wrap
        _CSI + "?25l",  # DECTCEM off: no cursor
        _CSI + "m",  # SGR: plain
        _CSI + "2J",  # ED: erase all
    )
)
_ERASE_TO_END = _CSI + "K"  # EL
#: Rewriting so many unchanged cells costs less than moving over them.
_CHEAP_GAP = 6
#: Blanking more cells than this costs more than EL and the move to it.
_CHEAP_BLANKS = 8

#: SGR parameters.
_PLAIN, _BOLD, _UNDERLINED, _BOLD_UNDERLINED, _REVERSE = "", "0;1", "0;4", "0;1;4", "0;7"
_RENDITION = {
    (Role.BLANK, True): _PLAIN,
    (Role.SOURCE, True): _PLAIN,
    (Role.SOURCE, False): _UNDERLINED,
    (Role.TRANSLATION, True): _BOLD,
    (Role.TRANSLATION, False): _BOLD_UNDERLINED,
    (Role.LABEL, True): _PLAIN,
    (Role.STATUS, True): _REVERSE,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Size of the terminal."""

    columns: int = option(40, "Characters in a line.", minimum=16, maximum=200)
    rows: int = option(8, "Lines on the screen, the status line included.", minimum=2, maximum=100)


SETTINGS = Settings


class _Drawn(NamedTuple):
    """A cell as the terminal has it."""

    text: str
    #: SGR parameters.
    rendition: str


_BLANK = _Drawn(" ", _PLAIN)
_DrawnRow = tuple[_Drawn, ...]


class Vt100:
    """The panel. Remembers what is on the screen, cell by cell, and sends what differs."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self._screen = self._empty()
        self._rendition = _PLAIN

    def reset(self) -> bytes:
        """Forget what is on the screen; return the bytes that make it empty and ready."""
        self._screen = self._empty()
        self._rendition = _PLAIN
        return _RESET.encode()

    def show(self, caption: Caption) -> bytes:
        """Return what must be sent for this caption to be on the screen; empty if it is already."""
        wanted = [_drawn(row) for row in lay_out(caption, self.columns, self.rows)]
        changes = enumerate(zip(self._screen, wanted, strict=True))
        sent = "".join(part for row, (old, new) in changes for part in self._change(row, old, new))
        self._screen = wanted
        return sent.encode()

    def _empty(self) -> list[_DrawnRow]:
        return [(_BLANK,) * self.columns] * self.rows

    def _change(self, row: int, old: _DrawnRow, new: _DrawnRow) -> Iterator[str]:
        """Yield what turns a row into another."""
        changed = [column for column in range(self.columns) if old[column] != new[column]]
        end = max((column + 1 for column, cell in enumerate(new) if cell != _BLANK), default=0)
        written = [column for column in changed if column < end]
        erased = len(changed) - len(written) > _CHEAP_BLANKS
        for first, last in _spans(written if erased else changed):
            yield _move(row, first)
            yield from self._write(row, first, new[first : last + 1])
        if erased:
            yield _move(row, end)
            yield self._render(_PLAIN)
            yield _ERASE_TO_END

    def _write(self, row: int, column: int, cells: Iterable[_Drawn]) -> Iterator[str]:
        lost = False
        for at, cell in enumerate(cells, column):
            if lost and cell.text:
                yield _move(row, at)
            yield self._render(cell.rendition)
            yield cell.text
            # Terminals disagree about the columns of some marks: what follows one is put in its place.
            lost = len(cell.text) > 1 or (lost and not cell.text)

    def _render(self, rendition: str) -> str:
        """Return the SGR sequence, if the terminal is not there already."""
        if rendition == self._rendition:
            return ""
        self._rendition = rendition
        return f"{_CSI}{rendition}m"


def open(settings: Settings) -> Vt100:  # noqa: A001 -- what every driver's constructor is called
    """Return the panel."""
    return Vt100(settings.columns, settings.rows)


def _move(row: int, column: int) -> str:
    """CUP: put the cursor there; rows and columns of a terminal count from 1."""
    return f"{_CSI}{row + 1};{column + 1}H"


def _drawn(row: Row) -> _DrawnRow:
    return tuple(_Drawn(cell.text, _RENDITION[cell.role, cell.settled]) for cell in row)


def _spans(columns: list[int]) -> Iterator[tuple[int, int]]:
    """Join changed columns to stretches, over gaps that are not worth a move."""
    start = 0
    for at in range(1, len(columns) + 1):
        if at == len(columns) or columns[at] - columns[at - 1] > _CHEAP_GAP:
            yield columns[start], columns[at - 1]
            start = at
