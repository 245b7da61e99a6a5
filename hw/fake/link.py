"""A link without a display."""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Callable, Iterable

from hw.api import DeviceError, DeviceHung, DeviceLost

#: How often `wait` looks whether the other end has sent something, seconds: no file tells of it.
_LOOK_S = 0.01


class RecordingLink:
    """A link whose other end is kept in memory, and does what it is told.

    `at_open` is as for `ScriptedMicrophone`. `fail_next` makes the next `write` or `read` raise, and closes the port.
    """

    def __init__(self, *, at_open: Iterable[DeviceError | None] = (), name: str = "recording link") -> None:
        self.name = name
        #: Everything that was sent, over all openings.
        self.written = bytearray()
        self.is_open = False
        #: Called with each `write`'s bytes; what it returns comes back by `read`, as from a terminal that answers.
        self.answer: Callable[[bytes], bytes] = lambda _data: b""
        self._at_open = deque(at_open)
        self._arrived = bytearray()
        self._error: DeviceLost | DeviceHung | None = None

    def open(self) -> None:
        """Open the port. Raises what `at_open` says."""
        error = self._at_open.popleft() if self._at_open else None
        if error is not None:
            raise error
        self.is_open = True

    def write(self, data: bytes) -> None:
        """Keep what is sent. Raises what `fail_next` said, then keeps nothing of it."""
        self._check()
        self.written += data
        self._arrived += self.answer(data)

    def read(self) -> bytes:
        """Return what `arrive` brought and `answer` returned."""
        self._check()
        data = bytes(self._arrived)
        self._arrived.clear()
        return data

    def wait(self, timeout_s: float, wake_fd: int) -> None:
        """Return when something has arrived, `fail_next` was called, `wake_fd` can be read, or it took so long."""
        ends = time.monotonic() + timeout_s
        while not (self._arrived or self._error) and (left_s := ends - time.monotonic()) > 0:
            if select.select([wake_fd], [], [], min(left_s, _LOOK_S))[0]:
                return

    def close(self) -> None:
        """Give the port back."""
        self.is_open = False
        self._arrived.clear()

    def arrive(self, data: bytes) -> None:
        """Let the other end send something."""
        self._arrived += data

    def fail_next(self, error: DeviceLost | DeviceHung) -> None:
        """Let the next `write` or `read` raise this."""
        self._error = error

    def _check(self) -> None:
        if not self.is_open:
            raise DeviceLost(f"{self.name} is not open")
        error, self._error = self._error, None
        if error is not None:
            self.close()
            raise error
