"""A library that takes its time to load, as from a slow card, in the processes that this one starts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hw.api import DeviceBusy, DeviceLate
from tests.support.processes import sound_processes
from tests.support.pulse import wait_until

#: Stands before the library on the path, waits until it may, and gives way to it.
_WAITS = """
import importlib, sys
with open({gate!r}) as gate:
    gate.read()
sys.path.remove({folder!r})
del sys.modules[__name__]
importlib.import_module(__name__)
"""


class SlowLibrary:
    """Does not load before it is told to."""

    def __init__(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._name = name
        self._gate = folder / "gate"
        os.mkfifo(self._gate)
        (folder / f"{name}.py").write_text(_WAITS.format(gate=str(self._gate), folder=str(folder)))
        monkeypatch.setenv("PYTHONPATH", str(folder))

    def load(self) -> None:
        """Let it load, as soon as a process wants it."""
        wait_until(self._opened, f"somebody loads {self._name}")

    def is_waited_for(self, start: Callable[[], None], device: str) -> None:
        """Assert that a device is opened by the process that is begun at first, be it late, and by no other."""
        with pytest.raises(DeviceLate, match=device):
            start()
        children = sound_processes(os.getpid())
        self.load()
        _wait_until_it_opens(start)
        assert len(children) == 1
        assert sound_processes(os.getpid()) == children

    def _opened(self) -> bool:
        try:
            os.close(os.open(self._gate, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:  # nobody waits for it
            return False
        return True


def _wait_until_it_opens(start: Callable[[], None], within_s: float = 15.0) -> None:
    """Open a device, as often as it takes."""
    ends = time.monotonic() + within_s
    while True:
        try:
            return start()
        except DeviceBusy:
            if time.monotonic() > ends:
                raise
