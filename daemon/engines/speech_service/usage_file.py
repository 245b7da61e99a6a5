"""Keeps in the state directory how much was sent to a service that costs money, for the next run.

A worker of its own writes, the newest value alone: a disk that is slow or hangs holds up no sound.
"""

from __future__ import annotations

import logging
import threading
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from daemon import files
from daemon.engines.speech_service.allowance import Usage

_LOG = logging.getLogger(__name__)
#: How long the end waits for the last value to be written, seconds.
_CLOSE_S = 0.5


_Seconds = Annotated[float, msgspec.Meta(ge=0)]


class _Content(msgspec.Struct):
    v: Literal[1]
    day: date
    spent_s: _Seconds
    behind_s: _Seconds = 0.0


def usage_path(engine: str, directory: Path | None) -> Path | None:
    """Return the file of an engine; None: nothing can be kept."""
    return directory / f"{engine}-minutes.json" if directory else None


def read(path: Path | None) -> Usage | None:
    """Return what was kept; None where there is nothing, or nothing that can be read."""
    if path is None:
        return None
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_Content)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _LOG.warning("%s cannot be read, so today's minutes are counted from 0: %s", path, error)
        return None
    return Usage(content.day, content.spent_s, content.behind_s)


class UsageFile:
    """See the module. Without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._newest: Usage | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._complained = False
        self._worker: threading.Thread | None = None

    def keep(self, usage: Usage) -> None:
        """Have it written; does not wait."""
        if self._path is None:
            return
        with self._changed:
            self._newest = usage
            self._changed.notify()
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, args=(self._path,), name="minutes", daemon=True)
                self._worker.start()

    def close(self) -> None:
        """Write what is not written yet, and end; a disk that hangs is not waited for."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._worker is not None:
            self._worker.join(_CLOSE_S)

    def _work(self, path: Path) -> None:
        while (usage := self._next()) is not None:
            content = _Content(1, usage.day, round(usage.spent_s, 1), round(usage.behind_s))
            try:
                files.replace(path, msgspec.json.encode(content) + b"\n")
                self._complained = False
            except OSError as error:
                if not self._complained:
                    _LOG.warning("today's minutes are not kept over a restart: %s: %s", path, error.strerror or error)
                self._complained = True

    def _next(self) -> Usage | None:
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._closing)
            usage, self._newest = self._newest, None
            return usage
