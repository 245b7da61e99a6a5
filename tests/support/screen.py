"""A panel on the other end of a serial port: a pty whose master is read into a screen; a terminal's is pyte."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pyte
from wcwidth import wcwidth

_READ_BYTES = 65_536


class _Screen(pyte.Screen):
    """pyte's screen, which else forgets the rest of a text at a mark that is no accent (Devanagari vowels, joiners)."""

    def draw(self, data: str) -> None:
        plain = ""
        for char in data:
            if wcwidth(char) != 0:
                plain += char
                continue
            super().draw(plain)
            plain = ""
            self._add_mark(char)
        super().draw(plain)

    def _add_mark(self, mark: str) -> None:
        """Put a mark on the character before it, which a wide one's empty right half is not."""
        line = self.buffer[self.cursor.y]
        at = self.cursor.x - 1
        while at > 0 and line[at].data == "":
            at -= 1
        if at >= 0:
            line[at] = line[at]._replace(data=line[at].data + mark)


def blank_terminal(columns: int, rows: int) -> tuple[pyte.Screen, pyte.ByteStream]:
    """Return a screen, and the stream to feed it by."""
    screen = _Screen(columns, rows)
    return screen, pyte.ByteStream(screen)


class SerialPanel:
    """A panel that shows what is written to its `port`, and can be unplugged, plugged in again, or stop reading.

    `make` returns a screen as of `tests.support.panels.Decoder`, empty. `link` is made a link to the pty and follows it
    over `plug_in`, as udev's stable names do.
    """

    def __init__(self, make: Callable[[], Any], link: Path | None = None) -> None:
        self._make = make
        #: Bytes that arrived since it was made, over all ptys.
        self.received = 0
        self._link = link
        self._changed = threading.Condition()
        self._master = self._slave = -1
        self.port = ""
        self._wake_read, self._wake_write = os.pipe()
        self._reader: threading.Thread | None = None
        self.plug_in()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def plug_in(self) -> None:
        """Come up with an empty screen, on a new pty."""
        self.decoder = self._make()
        # The slave is kept open, too: a master whose slave nobody has open is at its end.
        self._master, self._slave = os.openpty()
        self.port = os.ttyname(self._slave)
        if self._link is not None:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self.port)
        self.wake_up()

    def unplug(self) -> None:
        """Hang up, as when the cable is pulled."""
        self.fall_asleep()
        for end in (self._slave, self._master):
            with contextlib.suppress(OSError):
                os.close(end)
        self._master = self._slave = -1

    def say(self, data: bytes) -> None:
        """Send bytes to whoever has the port open."""
        os.write(self._master, data)

    def fall_asleep(self) -> None:
        """Read no more."""
        if self._reader is None:
            return
        os.write(self._wake_write, b"x")
        self._reader.join()
        self._reader = None
        os.read(self._wake_read, 1)

    def wake_up(self) -> None:
        """Read again, first what has waited."""
        self._reader = threading.Thread(target=self._read, name="serial terminal", daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Unplug, for good."""
        if self._master >= 0:
            self.unplug()
        os.close(self._wake_read)
        os.close(self._wake_write)

    @property
    def text(self) -> str:
        """What is on the screen."""
        with self._changed:
            return self.decoder.text

    @property
    def lines(self) -> list[str]:
        """The same, line by line, without blanks at the right."""
        return self.text.split("\n")

    def wait_until(self, shown: Callable[[Self], bool], deadline_s: float = 20.0) -> None:
        """Wait until the screen is as described. Raises `TimeoutError` with what it shows instead."""
        with self._changed:
            if self._changed.wait_for(lambda: shown(self), deadline_s):
                return
        raise TimeoutError(f"not on the screen within {deadline_s} s; it shows:\n{self.text}")

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._wake_read], [], [])
            if self._wake_read in ready:
                return
            try:
                data = os.read(self._master, _READ_BYTES)
            except OSError:
                data = b""
            if not data:
                return
            with self._changed:
                answer = self.decoder.feed(data)
                self.received += len(data)
                self._changed.notify_all()
            if answer:
                os.write(self._master, answer)


class Terminal:
    """pyte, as a panel's screen."""

    backlight = None

    def __init__(self, columns: int, rows: int) -> None:
        self.screen, self._stream = blank_terminal(columns, rows)

    def feed(self, data: bytes) -> bytes:
        """Take what was sent; it answers nothing."""
        self._stream.feed(data)
        return b""

    @property
    def state(self) -> Any:
        """Every cell, with its rendition."""
        size = range(self.screen.lines), range(self.screen.columns)
        return [[self.screen.buffer[row][column] for column in size[1]] for row in size[0]]

    @property
    def text(self) -> str:
        """Lines without blanks at the right."""
        return "\n".join(line.rstrip() for line in self.screen.display)


class SerialTerminal(SerialPanel):
    """A terminal as a panel."""

    def __init__(self, columns: int, rows: int, link: Path | None = None) -> None:
        super().__init__(lambda: Terminal(columns, rows), link)

    @property
    def screen(self) -> pyte.Screen:
        """The screen of the terminal that is plugged in."""
        return self.decoder.screen
