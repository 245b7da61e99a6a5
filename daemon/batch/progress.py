"""What a person at a terminal sees of work that goes on, on standard error.

How far it is, the newest interim, and what was heard of words that are unsure.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from daemon import doubt
from daemon.events import Final, Interim, OutputEvent
from hw.text import clean


class Progress(Protocol):
    """Shows, or does not."""

    def start(self, file: str, seconds: float | None) -> None:
        """Begin with an input of that length; None: nobody knows."""

    def position(self, seconds: float) -> None:
        """Say how much of it has been taken."""

    def take(self, event: OutputEvent) -> None:
        """Show an interim; keep a final's words on the screen if some are unsure."""


class _Hidden:
    def start(self, file: str, seconds: float | None) -> None:
        """Show nothing."""

    def position(self, seconds: float) -> None:
        """Show nothing."""

    def take(self, event: OutputEvent) -> None:
        """Show nothing."""


@contextmanager
def progress(*, visible: bool, doubts: bool = False) -> Iterator[Progress]:
    """Give a bar with the interim beside it, or nothing where nobody looks. `doubts`: also what may be misheard.

    It is drawn by an optional package, without which the work is done all the same.
    """
    if not visible or importlib.util.find_spec("rich") is None:
        yield _Hidden()
        return
    from rich.console import Console  # noqa: PLC0415 -- 80 ms that only a terminal has to wait for
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(20),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[said]}"),
    )
    # What goes to a file or a pipe must not be taken to the terminal.
    together = sys.stdout.isatty()
    with Bars(*columns, console=Console(stderr=True), transient=True, redirect_stdout=together) as bars:
        yield _Bar(bars, doubts=doubts)


class _Bar:
    def __init__(self, bars: object, *, doubts: bool) -> None:
        from rich.progress import Progress as Bars  # noqa: PLC0415 -- as above

        if not isinstance(bars, Bars):
            raise TypeError(f"{bars!r} shows no progress")
        self._bars = bars
        self._doubts = doubts
        self._task = bars.add_task("", total=None, said="")

    def start(self, file: str, seconds: float | None) -> None:
        self._bars.update(self._task, description=file, total=seconds, completed=0, said="")

    def position(self, seconds: float) -> None:
        self._bars.update(self._task, completed=seconds)

    def take(self, event: OutputEvent) -> None:
        if isinstance(event, Interim):
            said = next(iter(event.translations.values()), event.source).text
            self._bars.update(self._task, said=said[-60:])
        elif isinstance(event, Final) and self._doubts:
            self._heard(event)

    def _heard(self, final: Final) -> None:
        from rich.text import Text  # noqa: PLC0415 -- as above

        said = clean(final.source)
        spans = doubt.unsure(said, ((word.text, word.confidence) for word in final.words))
        if not spans:
            return
        shown = Text(said, "dim")
        for first, last in spans:
            shown.stylize("not dim reverse", first, last)
        self._bars.console.print(Text("heard: ", "dim") + shown)
