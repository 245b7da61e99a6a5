"""The outbox's table: all of its SQL, over a file or in memory. One thread owns a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Raised when this changes; a file of another layout is set aside.
_LAYOUT = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS outbox (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS finals (
    position INTEGER PRIMARY KEY AUTOINCREMENT, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    boot TEXT NOT NULL, uptime_s REAL NOT NULL, wall_s REAL NOT NULL,
    payload BLOB NOT NULL, acknowledged INTEGER NOT NULL DEFAULT 0, UNIQUE (epoch, seq));
CREATE INDEX IF NOT EXISTS unacknowledged ON finals (position) WHERE acknowledged = 0;
PRAGMA user_version = {_LAYOUT};
"""
#: A committed final is on the disk (FULL); forgotten ones are overwritten (secure_delete); nobody else has business in
#: the file, and an exclusive lock needs no shared memory beside it.
_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 1048576",
)
_COLUMNS = "position, epoch, seq, boot, uptime_s, wall_s, payload, acknowledged"


@dataclass(frozen=True, slots=True)
class Row:
    """One kept final."""

    #: Place in the ring; only means something in the store it comes from.
    position: int
    epoch: str
    seq: int
    #: Boot of the daemon in which it was kept, and CLOCK_MONOTONIC then, seconds.
    boot: str
    uptime_s: float
    #: Wall clock when it was kept, seconds since 1970.
    wall_s: float
    payload: bytes
    #: Whether the broker has it; 0 or 1.
    acknowledged: int = 0

    @property
    def id(self) -> str:
        """Return the final's name as its payload has it."""
        return f"{self.epoch}-{self.seq}"


class WrongLayout(sqlite3.DatabaseError):
    """The file was made by another version of this program."""


class Store:
    """Finals in order. Every method may raise `sqlite3.Error`; nothing is half done then."""

    def __init__(self, path: Path | None) -> None:
        where = ":memory:" if path is None else str(path)
        self._connection = sqlite3.connect(where, timeout=1.0, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self._connection.execute(pragma)
        (verdict,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"malformed: {verdict}")
        (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise WrongLayout(f"layout {layout}, not {_LAYOUT}")
        if layout == 0:
            self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all of what is done inside, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def identity(self) -> tuple[str, int] | None:
        """Return epoch and last `seq`; None in a new store."""
        row = self._connection.execute("SELECT epoch, seq FROM outbox").fetchone()
        return None if row is None else (row[0], row[1])

    def set_identity(self, epoch: str, seq: int) -> None:
        """Remember the epoch and the last `seq` given in it."""
        self._connection.execute("INSERT OR REPLACE INTO outbox VALUES (1, ?, ?)", (epoch, seq))

    def add(self, row: Row) -> None:
        """Put a final at the end; one that is there already is left alone."""
        self._connection.execute(
            "INSERT OR IGNORE INTO finals (epoch, seq, boot, uptime_s, wall_s, payload, acknowledged)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (row.epoch, row.seq, row.boot, row.uptime_s, row.wall_s, row.payload, row.acknowledged),
        )

    def acknowledge(self, names: Iterable[tuple[str, int]]) -> None:
        """Mark finals, by epoch and `seq`, as taken by the broker."""
        self._connection.executemany("UPDATE finals SET acknowledged = 1 WHERE epoch = ? AND seq = ?", names)

    def unacknowledged(self, after: int, limit: int) -> list[Row]:
        """Return the next finals that the broker has not taken, from a position on."""
        return self._rows("WHERE acknowledged = 0 AND position > ? ORDER BY position LIMIT ?", (after, limit))

    def since(self, epoch: str, seq: int, limit: int) -> list[Row]:
        """Return finals of an epoch from a `seq` on."""
        return self._rows("WHERE epoch = ? AND seq >= ? ORDER BY position LIMIT ?", (epoch, seq, limit))

    def oldest(self) -> Row | None:
        """Return the first final of the ring."""
        return next(iter(self._rows("ORDER BY position LIMIT 1", ())), None)

    def newest(self) -> Row | None:
        """Return the last final of the ring."""
        return next(iter(self._rows("ORDER BY position DESC LIMIT 1", ())), None)

    def everything(self) -> list[Row]:
        """Return the whole ring."""
        return self._rows("ORDER BY position", ())

    def size(self) -> tuple[int, int, int]:
        """Return the number of finals, the bytes of their payloads, and how many are unacknowledged."""
        query = "SELECT count(*), coalesce(sum(length(payload)), 0), coalesce(sum(1 - acknowledged), 0) FROM finals"
        rows, octets, waiting = self._connection.execute(query).fetchone()
        return rows, octets, waiting

    def remove(self, positions: Sequence[int]) -> None:
        """Take finals out of the ring."""
        self._connection.executemany("DELETE FROM finals WHERE position = ?", ((position,) for position in positions))

    def oldest_rows(self, limit: int) -> list[Row]:
        """Return the first finals of the ring."""
        return self._rows("ORDER BY position LIMIT ?", (limit,))

    def clear(self) -> None:
        """Forget every final; what the write-ahead log holds of them goes with `checkpoint`."""
        self._connection.execute("DELETE FROM finals")

    def checkpoint(self) -> None:
        """Bring the log into the file and make it empty."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def limit_pages(self, pages: int) -> None:
        """Let the file grow no further than so many pages; above that SQLite answers as on a full disk."""
        self._connection.execute(f"PRAGMA max_page_count = {int(pages)}").fetchall()

    def close(self) -> None:
        """Close the file; the lock is free then."""
        self._connection.close()

    def _rows(self, condition: str, values: tuple[object, ...]) -> list[Row]:
        found = self._connection.execute(f"SELECT {_COLUMNS} FROM finals {condition}", values)  # noqa: S608 -- our words
        return [Row(*values) for values in found]
