"""A watcher on a terminal: a panel for each device, side by side, as many as there is room for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from daemon.watch.device import Device
from daemon.watch.model import Watch
from daemon.watch.view import Style, lines

#: Smallest panel that is any use, columns and rows, its border included.
_NARROWEST, _LOWEST = 32, 6
#: Columns and rows of a panel that are not text: border, and a blank at each side.
_FRAME_COLUMNS, _FRAME_ROWS = 4, 2

_STYLES = {
    Style.TIME: "dim",
    Style.LANG: "dim cyan",
    Style.SOURCE: "none",
    Style.FINAL: "bold",
    Style.UNSURE: "reverse",
    Style.SETTLED: "yellow",
    Style.OPEN: "dim italic yellow",
    Style.MISSING: "magenta",
}
#: State → how it is shown; what is not listed is shown plainly.
_STATES = {
    "listening": "green",
    "hearing": "bold yellow",
    "speaking": "bold cyan",
    "muted": "red",
    "degraded": "bold red",
    "starting": "dim",
    "stopped": "dim",
}
_OFFLINE = "dim red"


class Screen:
    """Draws on the alternate screen, and gives the terminal back as it was."""

    def __init__(self, broker: str, langs: Sequence[str] = (), console: Console | None = None) -> None:
        self._broker = broker
        self._langs = langs
        self._console = console or Console()
        self._drawn = self._console.size
        self._live = Live(console=self._console, screen=True, auto_refresh=False, redirect_stderr=False)

    def open(self) -> None:
        """Take the screen."""
        self._live.start()

    @property
    def outdated(self) -> bool:
        """Whether the terminal has another size than what was drawn."""
        return self._console.size != self._drawn

    def show(self, watch: Watch, connection: str) -> None:
        """Draw everything anew, in the size that the terminal has now."""
        for _device, _item in watch.fresh():
            pass  # the devices keep what is shown
        self._drawn = self._console.size
        self._live.update(self.draw(watch, connection), refresh=True)

    def close(self) -> None:
        """Give the screen back."""
        self._live.stop()

    def draw(self, watch: Watch, connection: str) -> RenderableType:
        """Return what fills the terminal."""
        columns, rows = self._console.size
        across, down = _grid(len(watch.devices), columns, rows - 1)
        shown = _most_lively(watch.devices, across * down)
        whole = Layout()
        body, foot = Layout(), Layout(self._foot(watch, connection, len(shown)), size=1)
        whole.split_column(body, foot)
        if shown and rows > 1:
            body.split_column(*self._rows(shown, across, columns, rows - 1))
        else:
            body.update(Text("\n no device has been heard of yet", style="dim"))
        return whole

    def _rows(self, devices: list[Device], across: int, columns: int, rows: int) -> list[Layout]:
        pieces = [devices[at : at + across] for at in range(0, len(devices), across)]
        found = []
        for piece, height in zip(pieces, _shares(rows, len(pieces)), strict=True):
            row = Layout(size=height)
            widths = _shares(columns, len(piece))
            panels = (self._panel(device, width, height) for device, width in zip(piece, widths, strict=True))
            row.split_row(*(Layout(panel, size=width) for panel, width in zip(panels, widths, strict=True)))
            found.append(row)
        return found

    def _panel(self, device: Device, columns: int, rows: int) -> Panel:
        inside = columns - _FRAME_COLUMNS, rows - _FRAME_ROWS
        seen = lines(device, *inside, self._langs) if min(inside) > 0 else []
        body = Text(no_wrap=True, overflow="crop", end="")
        body.append("\n" * (inside[1] - len(seen)))  # the newest line is at the bottom
        for at, line in enumerate(seen):
            for span in line:
                body.append(span.text, style=_STYLES[span.style])
            body.append("\n" if at < len(seen) - 1 else "")
        return Panel(
            body,
            box=box.ROUNDED,
            title=_title(device),
            title_align="left",
            subtitle=_subtitle(device),
            subtitle_align="right",
            border_style="yellow" if device.interim is not None else "dim",
            padding=(0, 1),
            width=columns,
            height=rows,
        )

    def _foot(self, watch: Watch, connection: str, shown: int) -> Text:
        if connection:
            return Text(f" {connection}", style="bold red", no_wrap=True, overflow="ellipsis", end="")
        hidden = len(watch.devices) - shown
        more = f" · {hidden} more than fit here: name those you want" if hidden else ""
        return Text(f" {self._broker}{more} · Ctrl-C ends", style="dim", no_wrap=True, overflow="ellipsis", end="")


def _title(device: Device) -> Text:
    name = (device.name, "bold" if device.online else "dim")
    if not device.online:
        return Text.assemble(name, ("  ○ offline" if device.online is False else "  ○ not heard of", _OFFLINE))
    state = device.state.state if device.state else "online"
    return Text.assemble(name, (f"  ● {state}", _STATES.get(state, "none")))


def _subtitle(device: Device) -> Text | None:
    state = device.state
    if state is None:
        return None
    if device.online and state.problems:
        more = f" +{len(state.problems) - 1}" if len(state.problems) > 1 else ""
        return Text(f"{state.problems[0]}{more}", style="red")
    return Text(f"{state.source} → {', '.join(state.targets)}", style="dim")


def _grid(devices: int, columns: int, rows: int) -> tuple[int, int]:
    """Return how many panels stand side by side and above each other: all, if they fit; wide rather than high."""
    most_across, most_down = max(1, columns // _NARROWEST), max(1, rows // _LOWEST)
    across = min(max(1, devices), most_across)
    down = min(math.ceil(devices / across), most_down)
    return (min(across, math.ceil(devices / down)) if down else across), down


def _shares(whole: int, parts: int) -> list[int]:
    """Return `whole` in as many parts, as equal as can be."""
    return [whole * (at + 1) // parts - whole * at // parts for at in range(parts)]


def _most_lively(devices: list[Device], room: int) -> list[Device]:
    """Return the devices that are shown where there is no room for all: those heard last, in their places."""
    if len(devices) <= room:
        return devices
    lively = sorted(devices, key=lambda device: (device.online is not True, -device.heard_at))[:room]
    return [device for device in devices if device in lively]
