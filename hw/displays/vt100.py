"""Terminals: a VT100 with UTF-8, or anything that speaks ECMA-48 behind a serial port.

What was said is plain, translations are bold, and what may still change is underlined, as input methods mark text that
is not settled. Dim would be prettier, but a VT100 has no such rendition and many panels ignore it. Words that may have
been misheard are in reverse: of a VT100's four renditions only blinking would be left.

Control sequences by ECMA-48, 5th edition, and, where the parameter begins with ``?``, by DEC's VT100 and VT220 manuals.
``ESC % G`` is ISO 2022's "UTF-8 from here on".
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

from hw.grid import Change, Difference, GridPanel, spans
from hw.layout import Cell, Role, Row
from hw.options import option

_CSI = "\x1b["
#: Makes a terminal ready that is in an unknown state, perhaps in mid-sequence.
_READY = "".join(
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
    )
)
_ERASE_TO_END = _CSI + "K"  # EL
#: Rewriting so many unchanged cells costs less than moving over them.
_CHEAP_GAP = 6
#: Blanking more cells than this costs more than EL and the move to it.
_CHEAP_BLANKS = 8

#: SGR parameters.
_RESET_ALL, _BOLD, _UNDERLINED, _REVERSE = "0", "1", "4", "7"
_PLAIN = ""


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


class Vt100(GridPanel[_Drawn]):
    """The panel."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows, _BLANK)
        #: As what was sent last has left it; and as what was drawn last will leave it, which may not be sent.
        self._pen = self._drawn = _Pen()

    def _ready(self) -> list[bytes]:
        return [_READY.encode()]

    def _clear(self) -> bytes:
        """ED: erase all."""
        return f"{_CSI}2J".encode()

    def _draw(self, row: Row) -> list[_Drawn]:
        return [_Drawn(cell.text, _rendition(cell)) for cell in row]

    def _changes(self, differences: Iterator[Difference[_Drawn]]) -> Iterator[Change[_Drawn]]:
        self._drawn = pen = copy(self._pen)
        for difference in differences:
            yield from _rewrite(difference, pen)

    def _changed(self, change: Change[_Drawn]) -> None:
        super()._changed(change)
        self._pen = copy(self._drawn)

    def _made_ready(self) -> None:
        super()._made_ready()
        self._pen = _Pen()


class _Pen:
    """Writes from where the terminal's cursor is, in its rendition. Nothing is known of them at the beginning."""

    def __init__(self) -> None:
        self._at: tuple[int, int] | None = None
        self._rendition: str | None = None

    def write(self, row: int, column: int, cells: list[_Drawn]) -> Change[_Drawn]:
        """Return the change that writes a character; the cells after the first are the right half of a wide one."""
        text, rendition = cells[0]
        data = self._move(row, column) + self._render(rendition) + text
        # Terminals disagree about the columns of some marks: what follows one is put in its place.
        self._at = (row, column + len(cells)) if len(text) == 1 else None
        return Change(data.encode(), row, column, cells)

    def erase(self, row: int, column: int, cells: list[_Drawn]) -> Change[_Drawn]:
        """Return the change that erases a row from a column on."""
        return Change((self._move(row, column) + self._render(_PLAIN) + _ERASE_TO_END).encode(), row, column, cells)

    def _move(self, row: int, column: int) -> str:
        """CUP: put the cursor there; rows and columns of a terminal count from 1."""
        if self._at == (row, column):
            return ""
        self._at = (row, column)
        return f"{_CSI}{row + 1};{column + 1}H"

    def _render(self, rendition: str) -> str:
        """Return the SGR sequence, if the terminal is not there already."""
        if rendition == self._rendition:
            return ""
        self._rendition = rendition
        return f"{_CSI}{rendition}m"


def open(settings: Settings) -> Vt100:  # noqa: A001 -- what every driver's constructor is called
    """Return the panel."""
    return Vt100(settings.columns, settings.rows)


def _rendition(cell: Cell) -> str:
    """Return the SGR parameters of a cell."""
    bold = [_BOLD] if cell.role is Role.TRANSLATION else []
    underlined = [] if cell.settled else [_UNDERLINED]
    reverse = [_REVERSE] if cell.unsure or cell.role is Role.STATUS else []
    found = bold + underlined + reverse
    return ";".join([_RESET_ALL, *found]) if found else _PLAIN


def _rewrite(difference: Difference[_Drawn], pen: _Pen) -> Iterator[Change[_Drawn]]:
    """Yield what turns a row into another, a character a change."""
    row, new = difference.row, list(difference.new)
    changed = difference.columns
    end = max((column + 1 for column, cell in enumerate(new) if cell != _BLANK), default=0)
    written = [column for column in changed if column < end]
    erased = len(changed) - len(written) > _CHEAP_BLANKS
    for first, last in spans(written if erased else changed, _CHEAP_GAP):
        column = first
        while column <= last:
            after = column + 1
            while after < len(new) and not new[after].text:
                after += 1
            yield pen.write(row, column, new[column:after])
            column = after
    if erased:
        yield pen.erase(row, end, new[end:])
