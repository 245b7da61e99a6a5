"""How a watcher shows what it knows: the interface, and the form for pipes and files, a line a final."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TextIO

from daemon.watch.heard import Said
from daemon.watch.model import Watch
from daemon.watch.sequence import Missing
from daemon.watch.view import chosen, missing
from hw.text import DOUBT

_ARROW = " → "


class Face(Protocol):
    """Shows; used by one thread."""

    def open(self) -> None:
        """Begin."""

    @property
    def outdated(self) -> bool:
        """Whether the terminal has changed since it was drawn."""

    def show(self, watch: Watch, connection: str) -> None:
        """Show how things are now. `connection`: why there is no connection to the broker; empty: there is one."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Plain:
    """Finals on `out` as they become known, in order; everything else on `err`. Doubts are for a terminal only."""

    def __init__(self, broker: str, langs: Sequence[str], out: TextIO, err: TextIO) -> None:
        self._broker = broker
        self._langs = langs
        self._out = out
        self._err = err
        self._doubts = out.isatty()
        self._connection = ""

    def open(self) -> None:
        """Do nothing: there is nothing to prepare."""

    @property
    def outdated(self) -> bool:
        """Whether the terminal has changed: what was printed stays as it is."""
        return False

    def show(self, watch: Watch, connection: str) -> None:
        """Print what is new."""
        if connection != self._connection:
            self._connection = connection
            said = f"{connection}; it is tried again" if connection else f"connected to {self._broker}"
            _write(self._err, f"dragoman: {said}")
        for device, item in watch.fresh():
            if isinstance(item, Missing):
                _write(self._err, f"dragoman: {device}: {missing(item)}")
            elif line := final_line(device, item, self._langs, doubts=self._doubts):
                _write(self._out, line)

    def close(self) -> None:
        """Do nothing: every line is out already."""


def _write(stream: TextIO, line: str) -> None:
    stream.write(f"{line}\n")
    stream.flush()  # who reads a pipe waits for it


def final_line(device: str, said: Said, langs: Sequence[str], *, doubts: bool = False) -> str:
    """Return ``device  time  text``, with its doubts where wanted; empty if the final holds none of the languages."""
    texts = chosen(said, langs)
    translations = [words for words in texts if words is not said.source]
    parts = []
    for words in texts:
        text = f"[{words.text}]" if words.failed else words.text
        if doubts and words.doubtful:
            text = DOUBT + text
        parts.append(f"{words.lang}: {text}" if words is not said.source and len(translations) > 1 else text)
    return f"{device}  {said.at or '-'}  {_ARROW.join(parts)}" if parts else ""
