"""Answers that were given, so that a command delivered twice is carried out once. Used by one thread."""

from __future__ import annotations

import logging
from collections import OrderedDict
from pathlib import Path

import msgspec

from daemon import files

_LOG = logging.getLogger(__name__)

#: Answers kept, the newest.
KEPT = 64


class Transactions:
    """The last answers by command and transaction, kept over restarts where there is a directory for them."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._answers: OrderedDict[str, str] = OrderedDict()
        self._pending: set[str] = set()
        #: Of which commands and transactions the file holds the answers.
        self._stored: frozenset[str] = frozenset()
        if path is not None and path.exists():
            self._read(path)

    def answer(self, name: str, transaction: str | None) -> bytes | None:
        """Return the answer that was given, if there was one."""
        known = self._answers.get(_key(name, transaction)) if transaction else None
        return None if known is None else known.encode()

    def begin(self, name: str, transaction: str | None, *, alone: bool = False) -> bool:
        """Take note that a command is being carried out; False if it is already. `alone`: others are forgotten."""
        key = _key(name, transaction)
        if transaction and key in self._pending:
            return False
        if alone:
            self.forget(name)
        if transaction:
            self._pending.add(key)
        return True

    def abandon(self, name: str, transaction: str | None) -> None:
        """Forget a command that was not carried out after all: it may be tried again."""
        self._pending.discard(_key(name, transaction))
        if self._answers.pop(_key(name, transaction), None) is not None:
            self._write()

    def end(self, name: str, transaction: str | None, answer: bytes) -> None:
        """Keep an answer, unless it was forgotten; on the disk before this returns, if the disk can be written."""
        key = _key(name, transaction)
        if not transaction or key not in self._pending:
            return
        self._pending.remove(key)
        self._answers[key] = answer.decode()
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        self._write()

    def forget(self, name: str) -> Path | None:
        """Let go of the answers to a command, also of those to come: delivered again, it is carried out again.

        Return the file that still holds some, where the disk is to blame.
        """
        self._pending = {key for key in self._pending if not _is_of(name, key)}
        gone = [key for key in self._answers if _is_of(name, key)]
        for key in gone:
            del self._answers[key]
        if gone or self._is_stored(name):
            self._write()
        return self._path if self._is_stored(name) else None

    def _is_stored(self, name: str) -> bool:
        return any(_is_of(name, key) for key in self._stored)

    def _read(self, path: Path) -> None:
        try:
            known = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError) as error:
            _LOG.warning("%s: %s; a command sent before the restart and delivered again is carried out", path, error)
            return
        self._answers.update(known)
        self._stored = frozenset(known)

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            files.replace(self._path, msgspec.json.encode(self._answers))
        except OSError as error:
            _LOG.warning("%s: %s; answers are remembered until the next restart only", self._path, error)
            return
        self._stored = frozenset(self._answers)


def _key(name: str, transaction: str | None) -> str:
    return f"{name} {transaction}"


def _is_of(name: str, key: str) -> bool:
    return key.startswith(_key(name, ""))
