"""A terminal's screen as a picture: framed text for another terminal, SVG for a page."""

from __future__ import annotations

from io import StringIO
from itertools import groupby

import pyte
from pyte.screens import Char
from rich.box import HEAVY
from rich.console import Console
from rich.panel import Panel
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

#: Columns that frame and padding take.
_FRAME = 4
#: Amber on black, as the small panels have it.
_AMBER = TerminalTheme(background=(20, 18, 16), foreground=(255, 190, 90), normal=[(20, 18, 16), *[(255, 190, 90)] * 7])


def framed(screen: pyte.Screen, title: str = "") -> str:
    """Return the screen in a frame, with the renditions it has, as text for a terminal."""
    console = Console(
        file=StringIO(),
        force_terminal=True,
        color_system="standard",
        width=screen.columns + _FRAME,
        legacy_windows=False,
    )
    with console.capture() as capture:
        console.print(Panel(_text(screen), box=HEAVY, title=title or None, padding=(0, 1)))
    return capture.get()


def svg(screen: pyte.Screen, title: str) -> str:
    """Return the screen as SVG: a window with that title, in the colours of an amber panel."""
    console = Console(
        file=StringIO(),
        force_terminal=True,
        record=True,
        color_system="truecolor",
        width=screen.columns,
        legacy_windows=False,
    )
    console.print(_text(screen))
    return console.export_svg(title=title, theme=_AMBER)


def _text(screen: pyte.Screen) -> Text:
    lines = (_line([screen.buffer[row][column] for column in range(screen.columns)]) for row in range(screen.lines))
    return Text("\n").join(lines)


def _line(cells: list[Char]) -> Text:
    line = Text(no_wrap=True)
    for style, run in groupby(cells, _style):
        line.append("".join(cell.data for cell in run), style)
    return line


def _style(cell: Char) -> Style:
    return Style(bold=cell.bold, underline=cell.underscore, reverse=cell.reverse)
