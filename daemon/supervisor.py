"""Named workers with an owner and an end.

A worker is a function that runs until its `Pulse` says that it is to stop. One that returns or raises before that has
died: it is started again after a back-off, unless it is *essential*; then `failed` is set, and the process is to end
the ordinary way.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_LOG = logging.getLogger(__name__)

#: Seconds before a dead worker starts again: doubled each time, up to the last; forgotten after a quiet minute.
_BACK_OFF_S = (0.5, 30.0)
_QUIET_S = 60.0


@dataclass(slots=True)
class Pulse:
    """A worker's stop signal and heartbeat in one: the wait is the stop check."""

    name: str
    stopping: threading.Event = field(default_factory=threading.Event)
    _beaten: float = field(default_factory=time.monotonic)

    def beat(self) -> bool:
        """Say that the worker gets on; return whether it is to go on."""
        self._beaten = time.monotonic()
        return not self.stopping.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, unless stopped; return whether to go on."""
        self._beaten = time.monotonic()
        return not self.stopping.wait(seconds)

    @property
    def age_s(self) -> float:
        """Seconds since the last sign of life."""
        return time.monotonic() - self._beaten


Work = Callable[[Pulse], None]
#: Called with the worker's name and the error's text, or None when it runs again.
OnDeath = Callable[[str, str | None], None]


class Supervisor:
    """Starts workers in order and stops them in the mirror order."""

    def __init__(self, on_death: OnDeath = lambda _name, _error: None) -> None:
        self.failed = threading.Event()
        self._on_death = on_death
        self._workers: list[_Worker] = []

    def start(self, name: str, work: Work, *, essential: bool = False, wake: Callable[[], None] | None = None) -> None:
        """Run `work` in a thread of that name. `wake` is called at the stop, to end a wait that the worker is in."""
        worker = _Worker(name, work, essential=essential, wake=wake, owner=self)
        self._workers.append(worker)
        worker.thread.start()

    def stalled(self, limit_s: float) -> list[str]:
        """Return the essential workers that gave no sign of life for so long."""
        return [w.pulse.name for w in self._workers if w.essential and w.pulse.age_s > limit_s]

    def stop(self, deadline_s: float) -> list[str]:
        """Stop every worker, the last started first; return the names of those still running at the deadline."""
        ends = time.monotonic() + deadline_s
        for worker in reversed(self._workers):
            worker.stop(max(0.0, ends - time.monotonic()) / 2)  # one that hangs leaves the others their time
        for worker in self._workers:
            worker.thread.join(max(0.0, ends - time.monotonic()))
        survivors = [w.pulse.name for w in self._workers if w.thread.is_alive()]
        for name in survivors:
            _LOG.error("worker %s still runs after %.1f s: this is a bug", name, deadline_s)
        self._workers = []
        return survivors

    def died(self, worker: _Worker, error: str) -> None:
        """Take note of a death; called by the worker's own thread."""
        self._on_death(worker.pulse.name, error)
        if worker.essential:
            self.failed.set()

    def revived(self, worker: _Worker) -> None:
        """Take note that it runs again."""
        self._on_death(worker.pulse.name, None)


class _Worker:
    def __init__(
        self, name: str, work: Work, *, essential: bool, wake: Callable[[], None] | None, owner: Supervisor
    ) -> None:
        self.pulse = Pulse(name)
        self.essential = essential
        self._work = work
        self._wake = wake
        self._owner = owner
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def stop(self, timeout_s: float) -> None:
        self.pulse.stopping.set()
        if self._wake is not None:
            self._wake()
        self.thread.join(timeout_s)

    def _run(self) -> None:
        back_off = _BACK_OFF_S[0]
        while True:
            began = time.monotonic()
            error = self._live()
            if error is None:
                return
            self._owner.died(self, error)
            if self.essential:
                return
            if time.monotonic() - began > _QUIET_S:
                back_off = _BACK_OFF_S[0]
            if not self.pulse.wait(back_off):
                return
            back_off = min(back_off * 2, _BACK_OFF_S[1])
            self._owner.revived(self)

    def _live(self) -> str | None:
        """Run the work once; return what it died of, or None if it was told to stop."""
        try:
            self._work(self.pulse)
        except Exception as error:  # noqa: BLE001 -- whatever it dies of is reported, and it is started again
            _LOG.exception("worker %s died", self.pulse.name)
            return f"{type(error).__name__}: {error}"
        if self.pulse.stopping.is_set():
            return None
        _LOG.error("worker %s returned though nobody stopped it", self.pulse.name)
        return "returned"
