"""The processes of capture and playback: slow to start, killed, frozen, and gone with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hw import audio_wire as wire
from hw.api import FRAME_BYTES, DeviceBusy, DeviceError, DeviceLost
from hw.audio_process import CaptureProcess, PlaybackProcess
from tests.support import pulse
from tests.support.portaudio import NOISE, RATE_HZ, SECOND, SOON_S, frames, read_until_error, speak
from tests.support.processes import sound_processes
from tests.support.slow_library import SlowLibrary

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing())]


@pytest.mark.usefixtures("audio")
def test_a_child_that_is_killed_is_a_lost_device(microphone):
    microphone.open()
    (child,) = sound_processes(os.getpid())

    os.kill(child, signal.SIGKILL)

    with pytest.raises(DeviceLost, match="its process ended"):
        read_until_error(microphone)


def test_a_microphone_whose_process_is_slow_to_start_is_waited_for_and_not_begun_anew(
    microphone, tmp_path, monkeypatch
):
    library = SlowLibrary("pyaudio", tmp_path, monkeypatch)
    library.is_waited_for(microphone.open, "mic")
    assert len(next(frames(microphone)).pcm) == FRAME_BYTES


@pytest.mark.usefixtures("audio")
def test_a_speaker_whose_process_is_slow_to_start_is_waited_for_and_not_begun_anew(tmp_path, monkeypatch):
    library = SlowLibrary("pyaudio", tmp_path, monkeypatch)
    speaker = PlaybackProcess("spk")
    library.is_waited_for(lambda: speaker.start(RATE_HZ), "spk")
    speaker.write(NOISE[: SECOND // 10])
    assert speaker.finish() is True
    speaker.close()


@pytest.mark.usefixtures("audio")
def test_a_microphone_whose_process_never_starts_is_tried_by_another(tmp_path, monkeypatch):
    SlowLibrary("pyaudio", tmp_path, monkeypatch)
    monkeypatch.setattr(wire, "LOAD_S", 0)
    microphone = CaptureProcess("mic")

    with pytest.raises(DeviceBusy, match="mic"):
        microphone.open()

    assert sound_processes(os.getpid()) == []


def test_a_slow_microphone_that_is_closed_leaves_no_process(microphone, tmp_path, monkeypatch):
    SlowLibrary("pyaudio", tmp_path, monkeypatch)
    with pytest.raises(DeviceBusy, match="mic"):
        microphone.open()

    microphone.close()

    assert sound_processes(os.getpid()) == []


@pytest.mark.usefixtures("audio")
def test_a_speaker_that_died_idle_plays_by_a_new_process(speaker):
    (child,) = sound_processes(os.getpid())
    os.kill(child, signal.SIGKILL)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)

    assert speak(speaker, NOISE[: SECOND // 10]) is True


@pytest.mark.usefixtures("audio")
def test_a_speaker_that_is_frozen_as_a_process_is_given_up(speaker):
    speak(speaker, NOISE[: SECOND // 10])
    (child,) = sound_processes(os.getpid())
    os.kill(child, signal.SIGSTOP)

    with pytest.raises(DeviceError, match="did not open"):
        speaker.start(RATE_HZ)

    assert speak(speaker, NOISE[: SECOND // 10]) is True


@pytest.mark.parametrize("wedged", [False, True])
def test_children_end_when_their_parent_is_killed(audio, wedged):
    program = (
        "from hw.audio_process import CaptureProcess, PlaybackProcess\n"
        "microphone, speaker = CaptureProcess('mic'), PlaybackProcess('spk')\n"
        "microphone.open(); microphone.read(5); speaker.start(16_000); speaker.write(bytes(3200))\n"
        "print('ready', flush=True)\n"
        "while True: microphone.read(1)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT)
    with parent:
        assert parent.stdout.readline() == b"ready\n"
        children = sound_processes(parent.pid)
        assert len(children) == 2
        if wedged:
            audio.microphone.suspend()
        parent.kill()

    pulse.wait_until(lambda: not any(map(is_sound, children)), "both children are gone", SOON_S)


def is_sound(pid: int) -> bool:
    try:
        return b"hw.audio_child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.usefixtures("audio")
def test_libraries_print_nothing_on_the_terminal():
    program = (
        "from hw.audio_process import CaptureProcess, PlaybackProcess, list_devices\n"
        "list_devices()\n"
        "microphone, speaker = CaptureProcess('mic'), PlaybackProcess('spk')\n"
        "microphone.open(); microphone.read(5); speaker.start(16_000); speaker.finish()\n"
        "microphone.close(); speaker.close()\n"
    )

    ran = subprocess.run([sys.executable, "-X", "dev", "-c", program], capture_output=True, check=True, cwd=ROOT)

    assert (ran.stdout, ran.stderr) == (b"", b"")
