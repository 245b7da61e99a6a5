"""Ends the wait of a worker that waits for a port and for other threads at once."""

from __future__ import annotations

import os
import threading
from typing import Self


class Waker:
    """A context of the worker's: inside, `fd` can be read once `wake` was called, until `rest`. Any thread may wake."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: An eventfd; -1 outside.
        self.fd = -1

    def __enter__(self) -> Self:
        with self._lock:
            self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        return self

    def __exit__(self, *_error: object) -> None:
        with self._lock:  # else its number might be another file's by the time that somebody writes to it
            os.close(self.fd)
            self.fd = -1

    def wake(self) -> None:
        """End the wait, or the next one if there is none; without a worker nothing happens. Never waits."""
        with self._lock:
            if self.fd >= 0:
                os.eventfd_write(self.fd, 1)

    def rest(self) -> None:
        """Forget that it was woken: to be called before looking for what there is to do."""
        try:
            os.eventfd_read(self.fd)
        except BlockingIOError:
            return
