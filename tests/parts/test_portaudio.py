"""Capture and playback by PortAudio, on PulseAudio's null sinks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hw import audio_wire as wire
from hw.api import FRAME_BYTES, AudioFrame, DeviceBusy, DeviceError, DeviceHung, DeviceLost, DeviceNotFound
from hw.audio_process import CaptureProcess, PlaybackProcess, list_devices
from tests.support import pulse
from tests.support.processes import sound_processes
from tests.support.slow_library import SlowLibrary

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 16_000
SECOND = 2 * RATE_HZ
NOISE = np.random.default_rng(11).integers(-9_000, 9_000, 3 * RATE_HZ).astype("<i2").tobytes()
#: Longest wait for what must come, seconds.
SOON_S = 10.0

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing())]


@pytest.fixture
def audio(monkeypatch) -> Iterator[pulse.PulseAudio]:
    with pulse.PulseAudio() as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running
        assert sound_processes(os.getpid()) == []


@pytest.fixture
def microphone(audio) -> Iterator[CaptureProcess]:  # noqa: ARG001 -- its device must be there first
    made = CaptureProcess("mic")
    yield made
    made.close()


@pytest.fixture
def speaker(audio) -> Iterator[PlaybackProcess]:  # noqa: ARG001 -- as above
    made = PlaybackProcess("spk")
    yield made
    made.close()


def frames(microphone: CaptureProcess) -> Iterator[AudioFrame]:
    while True:
        frame = microphone.read(0.2)
        if frame is not None:
            yield frame


def hear(microphone: CaptureProcess, done: Callable[[bytes], bool]) -> bytes:
    """Return what the microphone hears until that is enough."""
    heard = b""
    ends = time.monotonic() + SOON_S
    for frame in frames(microphone):
        assert frame.lost_before == 0
        heard += frame.pcm
        if done(heard):
            return heard
        if time.monotonic() > ends:
            raise TimeoutError(f"not heard in {len(heard)} bytes")
    return heard


def found(heard: bytes, said: np.ndarray) -> np.ndarray:
    """Return the place in what was heard that is most like what was said."""
    sound = np.frombuffer(heard, "<i2").astype(np.float64)
    size = 1 << (len(sound) + len(said)).bit_length()
    at = int(np.argmax(np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(said, size)), size)))
    return sound[at : at + len(said)]


def read_until_error(microphone: CaptureProcess) -> None:
    ends = time.monotonic() + SOON_S
    for _ in frames(microphone):
        if time.monotonic() > ends:
            raise TimeoutError("no error came")


def speak(speaker: PlaybackProcess, pcm: bytes) -> bool:
    speaker.start(RATE_HZ)
    speaker.write(pcm)
    return speaker.finish()


@pytest.mark.usefixtures("audio")
def test_devices_are_listed_by_name():
    found = {(device.kind, device.name) for device in list_devices()}

    assert {("microphone", "mic"), ("speaker", "spk"), ("microphone", "default"), ("speaker", "default")} <= found


def test_capture_equals_what_was_said_sample_for_sample(audio, microphone):
    microphone.open()
    mouth = threading.Thread(target=audio.microphone.play_raw, args=(NOISE,))
    mouth.start()

    hear(microphone, lambda heard: NOISE in heard)

    mouth.join()


def test_a_device_may_be_called_in_capitals_and_gain_lifts_it(audio):
    microphone = CaptureProcess("MIC", gain_db=6.0)
    microphone.open()
    mouth = threading.Thread(target=audio.microphone.play_raw, args=(NOISE,))
    mouth.start()
    loud = np.rint(np.frombuffer(NOISE, "<i2") * 10 ** (6 / 20)).astype("<i2")

    heard = hear(microphone, lambda heard: len(heard) > 4 * SECOND)

    mouth.join()
    microphone.close()
    lifted = found(heard, loud)
    assert np.corrcoef(lifted, loud)[0, 1] > 0.99
    assert np.std(lifted) == pytest.approx(np.std(loud), rel=0.01)


def test_a_frame_is_read_into_memory_of_its_own_and_no_other(microphone):
    microphone.open()
    source = frames(microphone)
    for _ in range(20):
        next(source)
    tracemalloc.start()
    try:
        taken = []
        for _ in range(20):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            next(source)
            taken.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()

    assert max(taken) < 4 * FRAME_BYTES  # the frame, its numbers and views; a whole message has room for twelve


@pytest.mark.alone
@pytest.mark.usefixtures("audio")
def test_frames_that_nobody_reads_are_counted_and_the_rest_is_whole(microphone):
    microphone.open()
    first = next(frames(microphone))
    child = sound_processes(os.getpid())
    ends = time.monotonic_ns() + 3_000_000_000
    # Nothing can be waited for: the time during which nobody reads is the cause itself.
    threading.Event().wait(3.0)

    taken = [first]
    while taken[-1].captured_ns < ends:
        taken.append(next(frames(microphone)))

    lost = sum(frame.lost_before for frame in taken)
    assert lost > 0
    span = (taken[-1].captured_ns - first.captured_ns) / 1e9 * RATE_HZ
    assert abs((len(taken) - 1) * FRAME_BYTES / 2 + lost - span) < 0.1 * RATE_HZ
    assert sound_processes(os.getpid()) == child


def test_an_unplugged_microphone_is_lost_then_absent_then_heard_again(audio, microphone):
    microphone.open()
    next(frames(microphone))

    audio.microphone.kill()
    with pytest.raises(DeviceLost, match="mic"):
        read_until_error(microphone)
    with pytest.raises(DeviceNotFound, match="mic"):
        microphone.open()
    audio.microphone.start()
    microphone.open()

    assert len(next(frames(microphone)).pcm) == FRAME_BYTES


def test_a_wedged_microphone_hangs_is_abandoned_and_can_be_reopened(audio, microphone):
    microphone.open()
    next(frames(microphone))

    audio.microphone.suspend()
    with pytest.raises(DeviceHung, match="mic"):
        read_until_error(microphone)
    assert sound_processes(os.getpid()) == []
    audio.microphone.resume()
    microphone.open()

    assert len(next(frames(microphone)).pcm) == FRAME_BYTES


def test_a_microphone_that_takes_its_time_for_the_first_sound_is_waited_for(audio, microphone):
    audio.microphone.suspend()
    microphone.open()
    begins = threading.Timer(1.5, audio.microphone.resume)
    begins.start()

    frame = next(frames(microphone))

    begins.join()
    assert len(frame.pcm) == FRAME_BYTES


def test_a_microphone_that_is_quick_to_begin_and_hangs_as_it_is_opened_again_is_given_up_sooner(audio, microphone):
    microphone.open()
    next(frames(microphone))
    audio.microphone.suspend()
    with pytest.raises(DeviceHung, match=r"no sound for 1\.0 s"):
        read_until_error(microphone)
    microphone.open()

    # Not 3 s, as one that is not known is given.
    with pytest.raises(DeviceHung, match=r"no sound for [12]\.\d s"):
        read_until_error(microphone)

    # It may have become slow for good: the next time it is given as long as one that is not known.
    microphone.open()
    begins = threading.Timer(2.0, audio.microphone.resume)
    begins.start()
    assert len(next(frames(microphone)).pcm) == FRAME_BYTES
    begins.join()


def test_a_wedged_microphone_can_be_closed(audio, microphone):
    microphone.open()
    next(frames(microphone))
    audio.microphone.suspend()

    microphone.close()

    assert sound_processes(os.getpid()) == []
    audio.microphone.resume()


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


@pytest.mark.parametrize("device", ["absent", "", "mic\nspk"])
@pytest.mark.usefixtures("audio")
def test_a_device_that_is_not_there_is_said_with_those_that_are(device):
    with pytest.raises(DeviceNotFound, match="mic"):
        CaptureProcess(device).open()
    speaker = PlaybackProcess(device)
    with pytest.raises(DeviceNotFound, match="spk"):
        speaker.start(RATE_HZ)
    speaker.close()


def test_speech_is_heard_exactly_to_its_last_sample(audio, speaker):
    with audio.speaker.listen() as hearing:
        assert speak(speaker, NOISE) is True
        hearing.wait_until(lambda heard: NOISE in heard, "all of it is heard", SOON_S)


def test_volume_holds_from_the_next_write(audio, speaker):
    half = np.rint(np.frombuffer(NOISE, "<i2") * 0.5).astype("<i2").tobytes()
    with audio.speaker.listen() as hearing:
        speaker.volume = 0.5
        speak(speaker, NOISE[:SECOND])
        hearing.wait_until(lambda heard: half[:SECOND] in heard, "it is heard half as loud", SOON_S)


def test_stop_cuts_what_is_queued(audio, speaker):
    speaker.start(RATE_HZ)
    with audio.speaker.listen() as hearing:
        speaker.write(NOISE[:SECOND])
        hearing.wait_until(lambda heard: NOISE[:640] in heard, "the beginning is heard", SOON_S)
        speaker.stop()
        assert speaker.finish() is False
        heard = hearing.wait_for(len(hearing.pcm()) + SECOND)

    assert NOISE[SECOND - 640 : SECOND] not in heard
    assert heard.endswith(bytes(SECOND // 2))


def test_an_unplugged_speaker_is_lost_then_absent_then_plays_again(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[:SECOND])

    audio.speaker.kill()
    with pytest.raises(DeviceLost, match="spk"):
        speaker.write(NOISE * 3)
    with pytest.raises(DeviceNotFound, match="spk"):
        speaker.start(RATE_HZ)
    audio.speaker.start()

    assert speak(speaker, NOISE[:SECOND]) is True


def test_a_wedged_speaker_hangs_is_abandoned_and_plays_again_when_it_moves(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[: SECOND // 2])

    audio.speaker.suspend()
    with pytest.raises(DeviceHung, match="spk"):
        speaker.write(NOISE * 3)
    audio.speaker.resume()

    assert speak(speaker, NOISE[:SECOND]) is True


def test_stop_is_at_once_and_finish_returns_though_the_speaker_is_wedged(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[: SECOND // 2])
    audio.speaker.suspend()

    speaker.stop()

    assert speaker.finish() is False
    audio.speaker.resume()


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
