"""The journal: problems as they come and go, with their code as a structured field. Never what was said."""

from __future__ import annotations

import logging
import os
import sys

from daemon.board import Snapshot

_LOG = logging.getLogger(__name__)


def log_to_journal_or_stderr() -> None:
    """Log to the journal with its structured fields where stderr is the journal, else to stderr."""
    handler: logging.Handler
    if os.environ.get("JOURNAL_STREAM"):
        from systemd.journal import JournalHandler  # noqa: PLC0415 -- only under systemd

        handler = JournalHandler(SYSLOG_IDENTIFIER="dragoman")
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class ProblemLog:
    """Listens to the board."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def take(self, snapshot: Snapshot) -> None:
        """Log what is new and what is over."""
        now = {(problem.code, problem.since): problem.detail for problem in snapshot.problems}
        for key in now.keys() - self._known.keys():
            _LOG.warning("%s", now[key], extra={"CODE": key[0]})
        for key in self._known.keys() - now.keys():
            _LOG.info("over: %s", self._known[key], extra={"CODE": key[0]})
        self._known = now
