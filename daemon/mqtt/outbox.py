"""Where finals are kept before they are published, and for a while after: an acknowledgement is not durable.

A ring over a SQLite file, committed before anything is published. When the file cannot be written the ring goes on in
memory, under a new epoch, until the file can be written again. Nothing here raises for a bad disk: `state` and
`trouble` say how it is. One thread owns an outbox from its making to its `close`.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from daemon.board import PartState
from daemon.events import Notice
from daemon.mqtt.outbox_file import OutboxFile, is_damaged, is_full, remedy
from daemon.mqtt.ring import Clock, Limits, Ring, ranges
from daemon.mqtt.store import Row, Store

_LOG = logging.getLogger(__name__)

#: Called with epoch and `seq`; returns the payload that holds them.
Render = Callable[[str, int], bytes]
#: Acknowledgements remembered in memory before they are committed by themselves.
_MOST_PENDING = 16


class Outbox:
    """A ring of finals with a name (`epoch`) and a count (`seq`) that outlive the process.

    `path` None keeps it in memory. `boot` tells the finals of this run from earlier ones.
    """

    def __init__(self, path: Path | None, boot: str, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self.limits = limits or Limits()
        self.epoch = ""
        self.seq = 0
        self.state = PartState.OK
        #: What is wrong, for a person; empty when `state` is OK.
        self.trouble = ""
        #: Rises when positions lose their meaning because another store took over.
        self.generation = 0
        #: What others must be told: ``outbox_dropped``, ``outbox_set_aside``. Whoever tells takes them out.
        self.notices: list[Notice] = []
        self._any_file = OutboxFile(path) if path is not None else None
        self._file = self._any_file if self.limits.hours > 0 else None
        if self._any_file is not None and self._file is None:
            self._any_file.erase()  # what was kept while the setting was another
        self._on_disk = False
        #: Whether the file still holds words that were to be forgotten.
        self._stale = False
        self._boot = boot
        self._clock = clock or Clock()
        self._taken: set[tuple[str, int]] = set()
        self._unsettled = False
        self._use(Store(None), secrets.token_hex(4), 0)
        self._open()

    # -------------------------------------------------------------- what the owner does with it

    def append(self, render: Render) -> Row:
        """Commit a final; return it. On a bad disk it is kept in memory."""
        try:
            return self._append(render)
        except sqlite3.Error as error:
            self._mend(error)
        try:
            return self._append(render)
        except sqlite3.Error as error:
            self._to_memory(error)
            return self._append(render)

    def unacknowledged(self, after: int, limit: int) -> list[Row]:
        """Return the next finals, in order, that the broker has not taken, from a position on."""
        found = self._read(lambda store: store.unacknowledged(after, limit))
        return [row for row in found if not self._is_taken(row)]

    def since(self, seq: int, limit: int, epoch: str = "") -> list[Row]:
        """Return finals of an epoch (this one unless another is named) from a `seq` on."""
        return self._read(lambda store: store.since(epoch or self.epoch, seq, limit))

    def newest(self) -> Row | None:
        """Return the last final, if the ring still has it."""
        return next(iter(self._read(lambda store: [row] if (row := store.newest()) else [])), None)

    def acknowledge(self, row: Row) -> None:
        """Take note that the broker has a final. Committed with the next final, or by `settle`."""
        self._taken.add((row.epoch, row.seq))
        if len(self._taken) >= _MOST_PENDING:
            self.settle()

    def settle(self) -> None:
        """Commit what was acknowledged, and let go what is too old."""
        try:
            gone = self._ring.settle(self._taken)
        except sqlite3.Error as error:
            # Nothing is lost: what was acknowledged is sent once more after a restart.
            if not self._unsettled:
                _LOG.warning("acknowledgements not kept: %s", error)
            self._unsettled = True
            return
        self._unsettled = False
        self._gone(gone)
        self._taken.clear()

    def forget(self) -> Path | None:
        """Erase every final and begin a new epoch. Return the file that still holds some, where the disk is to blame.

        It is erased before it is used again; but a restart knows nothing of that.
        """
        try:
            with self._store.transaction():
                self._store.clear()
                self._store.set_identity(secrets.token_hex(4), 0)
            self._store.checkpoint()
        except sqlite3.Error as error:
            self._to_memory(error, carry=False)
        self._taken.clear()
        self.notices.clear()
        self._use(self._store, *(self._store.identity() or (self.epoch, 0)))
        return file.path if (file := self._any_file) is not None and not self._erased(file) else None

    def age_s(self, row: Row) -> float:
        """Return how long ago a final was kept, seconds."""
        return self._clock.age_s(row, self._boot)

    def figures(self) -> dict[str, int | float]:
        """Return rows, bytes, unacknowledged and the age of the oldest, for metrics."""
        try:
            rows, octets, waiting = self._store.size()
            oldest = self._store.oldest()
        except sqlite3.Error:
            return {}
        age_s = round(self.age_s(oldest), 1) if oldest else 0.0
        return {"rows": rows, "bytes": octets, "unacknowledged": waiting - len(self._taken), "oldest_s": age_s}

    def recover(self) -> None:
        """Go back to the file if it can be written again; what was kept in memory meanwhile comes with it."""
        if self._file is None or self.state is PartState.OK:
            return
        if not self._on_disk:
            self._to_disk(self._file)
        if self._on_disk and self._file.keep_ballast():
            self.state, self.trouble = PartState.OK, ""

    def close(self) -> None:
        """Commit what is open and close the file."""
        self.settle()
        self._store.close()

    # -------------------------------------------------------------- the ring

    def _append(self, render: Render) -> Row:
        seq = self.seq + 1
        kept = (self._boot, self._clock.uptime_s(), self._clock.wall_s())
        row = Row(0, self.epoch, seq, *kept, payload=render(self.epoch, seq))
        self._gone(self._ring.add(row, self._taken))
        self.seq = seq
        self._taken.clear()
        return row

    def _gone(self, gone: list[Row]) -> None:
        """Say which finals nobody will get."""
        lost = [row for row in gone if not row.acknowledged and not self._is_taken(row)]
        self.notices += [
            Notice("outbox_dropped", {"epoch": epoch, "from_seq": first, "to_seq": last})
            for epoch, first, last in ranges(lost)
        ]

    def _is_taken(self, row: Row) -> bool:
        return (row.epoch, row.seq) in self._taken

    def _read(self, question: Callable[[Store], list[Row]]) -> list[Row]:
        try:
            return question(self._store)
        except sqlite3.Error as error:
            self._mend(error)
            return []

    # -------------------------------------------------------------- which store, and what to do about a bad disk

    def _use(self, store: Store, epoch: str, seq: int) -> None:
        """Go on with this store. What is in flight from another is told apart by its id, not by its position."""
        self._store, self.epoch, self.seq = store, epoch, seq
        self._ring = Ring(store, self.limits, self.age_s)
        self.generation += 1

    def _open(self) -> None:
        if self._file is None:
            self.state, self.trouble = PartState.VOLATILE, "finals are kept in memory only"
            return
        self._to_disk(self._file)
        self._file.erase_damaged(self.limits.hours * 3600)
        if self._on_disk:
            self._file.keep_ballast()

    def _erased(self, file: OutboxFile) -> bool:
        """Erase what the disk holds beside the store in use; return whether nothing is left."""
        if self._on_disk:
            return file.erase_damaged(0)
        self._stale = not file.erase()
        return not self._stale

    def _to_disk(self, file: OutboxFile) -> None:
        """Take the file into use, with what is in memory; stay in memory if that fails."""
        self.settle()
        if self._stale and not self._erased(file):
            return
        try:
            store, notices = file.open()
        except (sqlite3.Error, OSError) as error:
            self._unwell(error)
            return
        try:
            identity = self._move_into(store)
        except sqlite3.Error as error:
            store.close()
            self._unwell(error)
            return
        self.notices += notices
        self._store.close()
        self._use(store, *identity)
        self._on_disk, self.state, self.trouble = True, PartState.OK, ""

    def _move_into(self, store: Store) -> tuple[str, int]:
        """Copy what memory holds to the end of the file; return the epoch and `seq` to go on with.

        An epoch of which something was given out goes on; one that is still empty gives way to the file's.
        """
        carried = self._store.everything()
        identity = store.identity()
        if identity is None or self.seq > 0:
            identity = (self.epoch, self.seq)
        with store.transaction():
            for row in carried:
                store.add(row)
            store.acknowledge([(row.epoch, row.seq) for row in carried if row.acknowledged])
            store.set_identity(*identity)
        return identity

    def _mend(self, error: sqlite3.Error) -> None:
        """Do what can be done about an error; the caller tries once more."""
        file = self._file if self._on_disk else None
        if file is not None and is_full(error) and self._make_room(file):
            self.state = PartState.FULL
            self.trouble = f"the disk of {file.path} is full: older finals were given up; free some space"
            _LOG.error("%s", self.trouble)
            return
        self._to_memory(error)
        if file is not None and is_damaged(error):
            self._replace_damaged(file, error)

    def _replace_damaged(self, file: OutboxFile, error: sqlite3.Error) -> None:
        try:
            self.notices.append(file.set_aside(error))
        except OSError as refused:
            self._unwell(refused)
            return
        self._to_disk(file)

    def _make_room(self, file: OutboxFile) -> bool:
        """Give the ballast and the older half of the ring for a new final."""
        file.give_ballast()
        try:
            half = self._ring.halve()
        except sqlite3.Error:
            return False
        self._gone(half)
        return True

    def _to_memory(self, error: sqlite3.Error, *, carry: bool = True) -> None:
        """Go on in memory under a new epoch, with whatever can still be read of the file."""
        carried = self._salvage() if carry else []
        self._store.close()
        memory = Store(None)
        for row in carried:
            memory.add(row)
        self._on_disk = False
        self._use(memory, secrets.token_hex(4), 0)
        memory.set_identity(self.epoch, 0)
        self._unwell(error)

    def _salvage(self) -> list[Row]:
        try:
            rows = self._store.everything()
        except sqlite3.Error:
            return []
        return [replace(row, acknowledged=row.acknowledged or int(self._is_taken(row))) for row in rows]

    def _unwell(self, error: Exception) -> None:
        where = self._file.path if self._file else "memory"
        trouble = f"finals are kept in memory only, a power cut would lose them: {where}: {error}{remedy(error)}"
        self.state = PartState.FULL if is_full(error) else PartState.VOLATILE
        if trouble != self.trouble:
            _LOG.error("%s", trouble)
        self.trouble = trouble
