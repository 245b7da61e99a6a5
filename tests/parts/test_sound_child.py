"""A sound process that does not end, not even killed, is left where it is: who ends it waits for it only so long."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from hw import audio_wire as wire
from hw.api import DeviceBusy, DeviceHung
from hw.audio_process import CaptureProcess, PlaybackProcess
from hw.child import Child
from tests.support.processes import runs, sound_processes
from tests.support.slow_library import SlowLibrary

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


def test_a_speaker_whose_process_cannot_start_is_made_and_says_so_when_it_is_to_speak(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with contextlib.closing(PlaybackProcess("absent")) as speaker, pytest.raises(DeviceBusy, match="cannot start"):
        speaker.start(16_000)


@pytest.mark.parametrize("kind", ["microphone", "speaker"])
def test_beside_one_that_does_not_end_no_other_is_started(kind, tmp_path, monkeypatch):
    SlowLibrary("pyaudio", tmp_path, monkeypatch)
    monkeypatch.setattr(wire, "LOAD_S", 4)
    microphone, speaker = CaptureProcess("absent"), PlaybackProcess("absent")
    with contextlib.closing(microphone), contextlib.closing(speaker):
        if kind == "microphone":
            speaker.close()
        start = microphone.open if kind == "microphone" else lambda: speaker.start(16_000)
        with pytest.raises(DeviceBusy):
            start()
        (child,) = sound_processes(os.getpid())
        with held_in_the_kernel(child):
            assert f"{child} does not end" in until_it_hangs(start)
            assert sound_processes(os.getpid()) == [child]
        with pytest.raises(DeviceBusy):
            start()
        assert child not in sound_processes(os.getpid())


def until_it_hangs(start: Callable[[], None], within_s: float = 20.0) -> str:
    """Start a device until its process is found to hang; return what is said of that."""
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        try:
            start()
        except DeviceBusy:
            continue
        except DeviceHung as error:
            return str(error)
    raise TimeoutError(f"still tried after {within_s:g} s")
