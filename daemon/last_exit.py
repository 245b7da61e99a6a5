"""Remembers in the state directory how the last run ended, so that `info` can say it."""

from __future__ import annotations

import logging
from pathlib import Path

from daemon import files

_LOG = logging.getLogger(__name__)

_CLEAN, _RUNNING = "clean", "running"


class LastExit:
    """`began` before anything can fail, `ended` as the last thing. Without a directory nothing is remembered."""

    def __init__(self, directory: Path | None) -> None:
        self._file = directory / "last-exit" if directory else None

    def began(self) -> str | None:
        """Return how the run before ended, None if cleanly or if there was none; note that this one runs."""
        before = self._read()
        self._write(_RUNNING)
        if before in ("", _CLEAN):
            return None
        return "it was killed, or the power went" if before == _RUNNING else before

    def ended(self, reason: str | None) -> None:
        """Note the end of this run; None: a clean stop."""
        self._write(reason or _CLEAN)

    def _read(self) -> str:
        try:
            return self._file.read_text(encoding="utf-8").strip() if self._file else ""
        except (OSError, UnicodeDecodeError):
            return ""

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        try:
            files.replace(self._file, text.encode())
        except OSError as error:
            _LOG.warning("how this run ends will not be known: %s", error)
