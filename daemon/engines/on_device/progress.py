"""Whether the workers get on: what the process's heartbeat depends on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Each worker says how long its next piece of work may take; idle ones are never late."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}

    @contextmanager
    def job(self, worker: str, limit_s: float) -> Iterator[None]:
        """Do a piece of work that may take so many seconds."""
        self.allow(worker, limit_s)
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(worker, None)

    def allow(self, worker: str, limit_s: float) -> None:
        """Give the work that goes on so many seconds from now."""
        with self._lock:
            self._due[worker] = time.monotonic() + limit_s

    def late(self) -> list[str]:
        """Return the workers whose time is over."""
        now = time.monotonic()
        with self._lock:
            return [worker for worker, due in self._due.items() if due < now]
