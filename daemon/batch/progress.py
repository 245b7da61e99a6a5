"""What a person at a terminal sees of work that goes on: how far it is, and the newest interim. On standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from daemon.events import Interim, OutputEvent


class Progress(Protocol):
    """Shows, or does not."""

    def start(self, file: str, seconds: float | None) -> None:
        """Begin with an input of that length; None: nobody knows."""

    def position(self, seconds: float) -> None:
        """Say how much of it has been taken."""

    def take(self, event: OutputEvent) -> None:
        """Show an interim."""


class _Hidden:
    def start(self, file: str, seconds: float | None) -> None:
        """Show nothing."""

    def position(self, seconds: float) -> None:
        """Show nothing."""

    def take(self, event: OutputEvent) -> None:
        """Show nothing."""


@contextmanager
def progress(*, visible: bool) -> Iterator[Progress]:
    """Give a bar with the interim beside it, or nothing where nobody looks."""
    if not visible:
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
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bar(bars)


class _Bar:
    def __init__(self, bars: object) -> None:
        from rich.progress import Progress as Bars  # noqa: PLC0415 -- as above

        if not isinstance(bars, Bars):
            raise TypeError(f"{bars!r} shows no progress")
        self._bars = bars
        self._task = bars.add_task("", total=None, said="")

    def start(self, file: str, seconds: float | None) -> None:
        self._bars.update(self._task, description=file, total=seconds, completed=0, said="")

    def position(self, seconds: float) -> None:
        self._bars.update(self._task, completed=seconds)

    def take(self, event: OutputEvent) -> None:
        if isinstance(event, Interim):
            said = next(iter(event.translations.values()), event.source).text
            self._bars.update(self._task, said=said[-60:])
