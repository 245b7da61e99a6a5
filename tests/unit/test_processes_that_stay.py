"""Sound processes that cannot be killed, for they wait in the kernel: they are left there after a bounded time."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time

import pytest

from hw import audio_process, child
from hw.api import DeviceHung, DeviceLost
from hw.child import GRACE_S, Child

CLOSE_S = 2.0
SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def undying(monkeypatch):
    """Have SIGKILL do nothing to what is started, as in the kernel's state D; at the end it does."""
    started, killed = [], subprocess.Popen.kill

    def kill(process):
        started.append(process)

    monkeypatch.setattr(subprocess.Popen, "kill", kill)
    yield
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            killed(process)
        process.wait()


def stands_in(monkeypatch, module, program):
    monkeypatch.setattr(module, "command", lambda *_words: [sys.executable, "-c", program])


@pytest.mark.alone
@pytest.mark.usefixtures("undying")
def test_close_takes_two_seconds_at_most_though_the_process_cannot_be_killed(monkeypatch, caplog):
    stands_in(monkeypatch, child, SLEEP)
    process = Child("capture", (), (1_024,))
    began = time.monotonic()
    with caplog.at_level(logging.ERROR):
        process.end(GRACE_S)
    assert time.monotonic() - began == pytest.approx(CLOSE_S, abs=0.4)
    assert not process.ended
    assert f"sound process {process.pid} does not end" in caplog.text


def test_the_grace_and_the_wait_for_the_kernel_are_what_is_promised_of_close():
    assert GRACE_S + child._KILLED_S <= CLOSE_S


@pytest.mark.alone
@pytest.mark.usefixtures("undying")
def test_a_list_that_hangs_in_the_kernel_is_given_up(monkeypatch):
    stands_in(monkeypatch, audio_process, SLEEP)
    monkeypatch.setattr(audio_process, "_LIST_S", 0.2)
    began = time.monotonic()
    with pytest.raises(DeviceHung, match="the list of sound devices did not come"):
        audio_process.list_devices()
    assert time.monotonic() - began < CLOSE_S + 1


def test_a_list_that_hangs_is_killed(monkeypatch):
    waited = []
    killed = subprocess.Popen.kill
    monkeypatch.setattr(subprocess.Popen, "kill", lambda process: (waited.append(process), killed(process)))
    stands_in(monkeypatch, audio_process, SLEEP)
    monkeypatch.setattr(audio_process, "_LIST_S", 0.2)
    with pytest.raises(DeviceHung):
        audio_process.list_devices()
    (process,) = waited
    assert process.returncode == -9


def test_a_list_that_fails_says_why(monkeypatch):
    stands_in(monkeypatch, audio_process, "import sys; sys.exit('one\\nno ALSA here')")
    with pytest.raises(DeviceLost, match="cannot be listed: no ALSA here"):
        audio_process.list_devices()
    stands_in(monkeypatch, audio_process, "import os; os._exit(3)")
    with pytest.raises(DeviceLost, match="ended with 3"):
        audio_process.list_devices()


def test_a_list_is_read(monkeypatch):
    listed = '[["microphone", "Headset", "USB", ["hw:1,0"]]]'
    stands_in(monkeypatch, audio_process, f"print('''{listed}''')")
    (info,) = audio_process.list_devices()
    assert (info.name, info.kind, info.description, info.aliases) == ("Headset", "microphone", "USB", ("hw:1,0",))
