"""Engines for a child process that misbehave on request, on top of the scripted one.

``build`` is what the child calls; what goes wrong is named in the section ``trouble``.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daemon.drivers import DriverMissing
from daemon.engines.base import Task
from daemon.engines.scripted import Line, ScriptedEngine

#: Utterance that sets off what ``trouble.in_mid_utterance`` names.
TROUBLED = 13


class TroubledEngine(ScriptedEngine):
    """Scripted, and able to tell whether it gets on."""

    def __init__(self, trouble: Mapping[str, Any]) -> None:
        super().__init__([Line("hello", hypotheses=((0.1, "hel"),))], name="troubled")
        self._trouble = trouble
        self._stuck = False
        self._ballast = b""
        if trouble.get("grandchild"):
            # Like a translator's pipeline, in a group of its own: it would outlive its parent if nobody ended it.
            sleeper = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], process_group=0)
            Path(trouble["grandchild"]).write_text(str(sleeper.pid))

    def gets_on(self) -> bool:
        return not self._stuck

    def feed(self, utterance: int, pcm: bytes) -> None:
        super().feed(utterance, pcm)
        if utterance == TROUBLED and not self._came_before():
            _TROUBLES[self._trouble["in_mid_utterance"]](self)

    def begin(self, utterance: int, task: Task) -> None:
        for line in range(self._trouble.get("chatter", 0)):
            logging.getLogger("troubled").warning("line %d of task %s", line, task.source)
        super().begin(utterance, task)

    def close(self) -> None:
        if self._trouble.get("hangs_in_close"):
            signal.pause()
        super().close()

    def get_stuck(self) -> None:
        self._stuck = True

    def bloat(self) -> None:
        """Take so much memory, MB, and keep it."""
        self._ballast = b"x" * (self._trouble["takes_mb"] << 20)

    def _came_before(self) -> bool:
        """Tell whether an earlier process has had this trouble; leave word that it was had."""
        mark = Path(self._trouble["mark"])
        if mark.exists():
            return True
        mark.touch()
        return False


def _write_rubbish(_engine: TroubledEngine) -> None:
    os.write(int(sys.argv[1]), b"\x05\x00\x00\x00what?")


_TROUBLES = {
    "exit": lambda _engine: os._exit(3),
    "stuck": TroubledEngine.get_stuck,
    "bloat": TroubledEngine.bloat,
    "rubbish": _write_rubbish,
    "segfault": lambda _engine: os.kill(os.getpid(), signal.SIGSEGV),
}


def build(settings: Mapping[str, Mapping[str, Any]]) -> TroubledEngine:
    """Return the engine, or fail as ``trouble.at_start`` says."""
    trouble = settings.get("trouble", {})
    if trouble.get("at_start") == "missing":
        raise DriverMissing("no such library: install it")
    if trouble.get("at_start") == "raises":
        raise RuntimeError("cannot load")
    if trouble.get("at_start") == "hangs":
        signal.pause()
    return TroubledEngine(trouble)
