"""The outbox's bounds: a store that lets go of its oldest finals when there are too many, or when they are too old."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from daemon.mqtt.store import Row, Store


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept. The first of the three that is reached counts."""

    finals: int = 5_000
    octets: int = 8 * 1024 * 1024
    #: 0: only until the broker has it, and never on the disk.
    hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Monotonic and wall clock, seconds."""

    uptime_s: Callable[[], float] = time.monotonic
    wall_s: Callable[[], float] = time.time

    def age_s(self, row: Row, boot: str) -> float:
        """Return how long ago a final was kept, seconds. `boot`: the present one.

        Those of this boot are judged by the monotonic clock: a device without a clock of its own wakes in the past, and
        must not throw away what was said a minute ago when the network tells it the time.
        """
        if row.boot == boot:
            return self.uptime_s() - row.uptime_s
        return max(0.0, self.wall_s() - row.wall_s)


class Ring:
    """Finals of one store, bounded. Whatever raises `sqlite3.Error` has changed nothing."""

    def __init__(self, store: Store, limits: Limits, age_s: Callable[[Row], float]) -> None:
        self._store = store
        self._limits = limits
        self._age_s = age_s
        self._rows, self._octets, _waiting = store.size()

    def add(self, row: Row, taken: AbstractSet[tuple[str, int]]) -> list[Row]:
        """Commit a final, and what the broker has taken; return what had to go."""
        with self._store.transaction():
            self._store.acknowledge(sorted(taken))
            self._store.add(row)
            self._store.set_identity(row.epoch, row.seq)
            gone = self._trim(self._rows + 1, self._octets + len(row.payload), spare=row.id)
        self._count(gone, added=row)
        return gone

    def settle(self, taken: AbstractSet[tuple[str, int]]) -> list[Row]:
        """Commit what the broker has taken; return what was too old."""
        with self._store.transaction():
            self._store.acknowledge(sorted(taken))
            gone = self._trim(self._rows, self._octets)
        self._count(gone)
        return gone

    def halve(self) -> list[Row]:
        """Take out the older half; return it."""
        with self._store.transaction():
            half = self._store.oldest_rows(max(1, self._rows // 2))
            self._store.remove([row.position for row in half])
        self._count(half)
        self._store.checkpoint()
        return half

    def _trim(self, rows: int, octets: int, spare: str = "") -> list[Row]:
        gone: list[Row] = []
        while (oldest := self._store.oldest()) and oldest.id != spare:
            too_much = rows > self._limits.finals or octets > self._limits.octets
            if not too_much and not self._is_over(oldest):
                break
            self._store.remove([oldest.position])
            gone.append(oldest)
            rows, octets = rows - 1, octets - len(oldest.payload)
        return gone

    def _is_over(self, row: Row) -> bool:
        """Whether a final has been kept long enough."""
        if self._limits.hours == 0:
            return bool(row.acknowledged)
        return self._age_s(row) >= self._limits.hours * 3600

    def _count(self, gone: list[Row], added: Row | None = None) -> None:
        self._rows += (added is not None) - len(gone)
        self._octets += (len(added.payload) if added else 0) - sum(len(row.payload) for row in gone)


def ranges(rows: list[Row]) -> list[tuple[str, int, int]]:
    """Return finals as epoch, first and last `seq` of each unbroken run."""
    found: list[tuple[str, int, int]] = []
    for row in rows:
        if found and found[-1][0] == row.epoch and found[-1][2] + 1 == row.seq:
            found[-1] = (row.epoch, found[-1][1], row.seq)
        else:
            found.append((row.epoch, row.seq, row.seq))
    return found
