"""The outbox's file and what stands beside it: opening, setting aside what is damaged, room kept for a full disk."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from daemon.events import Notice
from daemon.mqtt.store import Store, WrongLayout

_LOG = logging.getLogger(__name__)

#: Kept aside so that there is room to make room: on a full disk even DELETE fails, it has to write the log.
BALLAST_BYTES = 262_144
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BESIDE = ("-wal", "-shm")
_UNUSABLE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def is_full(error: Exception) -> bool:
    """Whether SQLite found no room (https://sqlite.org/rescode.html)."""
    return _code(error) == sqlite3.SQLITE_FULL


def is_damaged(error: Exception) -> bool:
    """Whether the file is no outbox of this version (any more)."""
    return isinstance(error, WrongLayout) or _code(error) in _CORRUPT or str(error).startswith("malformed")


def remedy(error: Exception) -> str:
    """Return what a person can do about a file that cannot be used, to follow the error; empty if that is unknown."""
    if is_full(error):
        return "; free some space"
    if isinstance(error, OSError) or _code(error) in _UNUSABLE:
        return "; see that its disk is mounted for writing and not broken, and that the daemon's user may write there"
    return ""


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


@dataclass(frozen=True, slots=True)
class OutboxFile:
    """Where the outbox is kept. The ballast lies beside it."""

    path: Path

    def open(self) -> tuple[Store, list[Notice]]:
        """Return the store, a new one if the file was damaged, and what others must be told of that.

        Raises `sqlite3.Error` or `OSError` if there can be none here now.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return Store(self.path), []
        except sqlite3.Error as error:
            if not is_damaged(error):
                raise
            notice = self.set_aside(error)
        return Store(self.path), [notice]

    def set_aside(self, error: Exception) -> Notice:
        """Move a damaged file out of the way, its log with it; return the notice that names it. Raises `OSError`."""
        aside = self._beside(".damaged")
        self.path.replace(aside)
        for suffix in _BESIDE:
            self._beside(suffix).unlink(missing_ok=True)
        _LOG.error("%s is damaged (%s): set aside as %s; a new outbox begins", self.path, error, aside.name)
        return Notice("outbox_set_aside", {"file": aside.name, "reason": str(error)})

    def give_ballast(self) -> None:
        """Make room on a full disk."""
        self._beside(".ballast").unlink(missing_ok=True)

    def keep_ballast(self) -> bool:
        """Take the ballast back; False while the disk has no room for it."""
        try:
            with self._beside(".ballast").open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)
        except OSError:
            return False
        return True

    def erase(self) -> bool:
        """Remove the file and all that came from it, as far as the disk lets it. Return whether nothing is left."""
        erased = [self._erase(suffix) for suffix in ("", *_BESIDE, ".damaged", ".ballast")]
        return all(erased)

    def erase_damaged(self, older_than_s: float) -> bool:
        """Remove what was set aside, if that was so long ago: it holds words, too. Return whether it could be."""
        return self._erase(".damaged", older_than_s)

    def _erase(self, suffix: str, older_than_s: float = 0.0) -> bool:
        path = self._beside(suffix)
        try:
            age_s = time.time() - path.stat().st_mtime  # a read-only disk refuses to unlink what is not there, too
            if older_than_s <= 0 or age_s >= older_than_s:
                path.unlink()
        except FileNotFoundError:
            return True
        except OSError as error:
            _LOG.error("cannot erase %s: %s", path, error)
            return False
        return True

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.name + suffix)
