"""Sound processes that cannot be killed, for they wait in the kernel: they are left there after a bounded time."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import time

import pytest

from hw import audio_process, child, playback_process
from hw.api import DeviceBusy, DeviceHung, DeviceLate, DeviceLost
from hw.audio_process import CaptureProcess
from hw.child import GRACE_S, Child
from hw.playback_process import PlaybackProcess

CLOSE_S, OPEN_S = 2.0, 2.5
#: A device that takes longer to open is given up here, seconds.
PATIENCE_S = 0.3
SLEEP = "import time; time.sleep(600)"
#: Is ready, and hangs as it opens its device.
HANGS = f"import sys; from hw import audio_wire; audio_wire.ready(int(sys.argv[2])); {SLEEP}"
#: Says that there is no such device, and hangs as it lets go of what it had.
REFUSES = f"""
import sys
from hw import audio_wire as wire
wire.ready(int(sys.argv[2]))
wire.fail(int(sys.argv[2]), "DeviceBusy", "no such thing")
{SLEEP}
"""


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


@pytest.fixture
def impatient(monkeypatch):
    """Have a device that does not open be given up soon; return the longest that an attempt may take, seconds."""
    for module in (child, audio_process, playback_process):
        monkeypatch.setattr(module, "OPEN_S", PATIENCE_S)
    return PATIENCE_S + child._DROPPED_S


def plays(monkeypatch, program):
    monkeypatch.setattr(child, "command", lambda role, *words: [sys.executable, "-c", program, role, *words])


def attempts(open_device, limit_s):
    """Open until it is given up, each time within the limit; return why."""
    while True:
        began = time.monotonic()
        try:
            open_device()
        except DeviceLate:
            pass
        except DeviceBusy as error:
            return error
        finally:
            assert time.monotonic() - began < limit_s + 0.4


@pytest.mark.alone
@pytest.mark.usefixtures("undying")
@pytest.mark.parametrize(("program", "told"), [(HANGS, "did not open"), (REFUSES, "no such thing")])
def test_a_microphone_whose_process_cannot_be_killed_is_given_up_in_the_time_of_open(
    monkeypatch, impatient, program, told
):
    plays(monkeypatch, program)
    microphone = CaptureProcess("mic")
    assert told in str(attempts(microphone.open, impatient))
    with pytest.raises(DeviceHung, match="does not end, not even killed"):
        microphone.open()


@pytest.mark.alone
@pytest.mark.usefixtures("undying")
def test_a_speaker_whose_process_cannot_be_killed_is_given_up_in_the_time_of_start(monkeypatch, impatient):
    plays(monkeypatch, HANGS)
    speaker = PlaybackProcess("spk")
    assert "did not open" in str(attempts(lambda: speaker.start(16_000), impatient))
    with pytest.raises(DeviceHung, match="does not end, not even killed"):
        speaker.start(16_000)


def test_the_patience_and_the_wait_for_the_kernel_are_what_is_promised_of_open():
    assert child.OPEN_S + child._DROPPED_S <= OPEN_S


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
