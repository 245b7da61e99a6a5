"""A sound process that does not end, not even killed, is left where it is: who ends it waits for it only so long."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hw.child import Child
from tests.support.processes import runs

pytestmark = pytest.mark.parts

#: ptrace(2): a process that is killed while another one traces it is not reaped before that one lets go of it.
_SEIZE = """
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
seized = libc.ptrace(0x4206, int(sys.argv[1]), None, None) == 0
print("seized" if seized else "refused", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def held_in_the_kernel(pid: int) -> Iterator[None]:
    """As a driver holds a process that waits for its device."""
    command = [sys.executable, "-c", _SEIZE, str(pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tracer:
        if tracer.stdout.readline() != "seized\n":
            tracer.communicate("")
            pytest.skip("this machine lets nobody trace a process")
        yield
        tracer.communicate("")


def test_one_that_does_not_end_even_killed_is_said_and_not_waited_for(caplog):
    child = Child("capture", (), (65_536,))
    os.kill(child.pid, signal.SIGSTOP)  # before it can end by itself
    with held_in_the_kernel(child.pid):
        child.end(0.0)
        assert f"sound process {child.pid} does not end" in caplog.text
        assert not child.ended
    child.end(0.0)
    assert child.ended
    assert not runs(child.pid)
