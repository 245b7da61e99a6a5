"""The journal: problems as they come and go and how utterances end, with structured fields. Never what was said."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from daemon.board import Board, Snapshot
from daemon.events import Final, OutputEvent, UtteranceDropped
from daemon.mailbox import Mailbox

_LOG = logging.getLogger(__name__)

#: Results that wait to be written.
_WAITING = 64


def log_to_journal_or_stderr() -> None:
    """Log to the journal with its structured fields where stderr is the journal, else to stderr."""
    handler: logging.Handler
    if _stderr_is_the_journal():
        from systemd.journal import JournalHandler  # noqa: PLC0415 -- only under systemd

        handler = JournalHandler(SYSLOG_IDENTIFIER="dragoman")
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _stderr_is_the_journal() -> bool:
    """Tell by the variable that names its device and inode (systemd.exec(5)).

    That there is one says nothing: a terminal that a service has opened hands it on to all that is started in it.
    """
    try:
        stream = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):  # there is nothing behind it
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stream.st_dev}:{stream.st_ino}"


class Journal:
    """Tells of problems and results. `offer` only keeps; `look` writes, in a thread that may wait for it."""

    def __init__(self, board: Board, status: Callable[[Snapshot], None]) -> None:
        self._board = board
        self._status = status
        self._results: Mailbox[Final | UtteranceDropped] = Mailbox("journal", _WAITING)
        self._seen: Snapshot | None = None
        self._known: dict[tuple[str, str], str] = {}

    def offer(self, event: OutputEvent) -> None:
        """Take note of an utterance's end; it is one of the outputs. Never waits."""
        if isinstance(event, Final | UtteranceDropped):
            self._results.put(event)

    def look(self) -> None:
        """Write what has happened since the last look."""
        while (result := self._results.get(0)) is not None:
            _log_result(result)
        snapshot = self._board.snapshot()
        if snapshot is not self._seen:
            self._seen = snapshot
            self._status(snapshot)
            self._log_problems(snapshot)

    def _log_problems(self, snapshot: Snapshot) -> None:
        now = {(problem.code, problem.about): problem.detail for problem in snapshot.problems}
        for key in now.keys() - self._known.keys():
            _LOG.warning("%s", now[key], extra={"CODE": key[0]})
        for key in self._known.keys() - now.keys():
            _LOG.info("over: %s", self._known[key], extra={"CODE": key[0]})
        self._known = now


def _log_result(result: Final | UtteranceDropped) -> None:
    """Say how an utterance ended, not what was said."""
    if isinstance(result, Final):
        fields = {"UTTERANCE": result.utterance, "ENGINE": result.engine}
        _LOG.info("utterance %d: final after %d ms", result.utterance, result.final_ms, extra=fields)
    else:
        fields = {"UTTERANCE": result.utterance, "CODE": str(result.reason)}
        _LOG.info("utterance %d: no final, %s", result.utterance, result.reason, extra=fields)
