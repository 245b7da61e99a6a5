from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hw.api import FRAME_BYTES, DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound, Microphone
from hw.audio_file import AudioFileError
from hw.audio_process import CaptureProcess
from hw.fake import SILENCE, FileMicrophone, ManualClock, Overflow, Pause, ScriptedMicrophone
from tests.support import pulse
from tests.support.drivers import drivers

#: Longest wait for what must come, seconds.
SOON_S = 10.0
NOISE = np.random.default_rng(3).integers(-9_000, 9_000, 32_000).astype("<i2").tobytes()


@dataclass
class Case:
    """A microphone, and how to make its device vanish and come back where that can be."""

    make: Callable[[], Microphone]
    vanish: Callable[[], None] = lambda: None
    come_back: Callable[[], None] = lambda: None


def file_case(folder: Path) -> Iterator[Case]:
    path = folder / "noise.wav"
    soundfile.write(path, np.frombuffer(NOISE, "<i2"), 16_000, "PCM_16")
    yield Case(lambda: FileMicrophone(str(path)))


def scripted_case(_folder: Path) -> Iterator[Case]:
    frames = [NOISE[at : at + FRAME_BYTES] for at in range(0, len(NOISE), FRAME_BYTES)]
    yield Case(lambda: ScriptedMicrophone(frames))


def scripted_loss_case(_folder: Path) -> Iterator[Case]:
    frames = [SILENCE] * 10
    lost = [DeviceLost("unplugged")]
    yield Case(lambda: ScriptedMicrophone([*frames, *lost, *frames], at_open=[None, DeviceNotFound("absent")]))


def process_case(_folder: Path) -> Iterator[Case]:
    if why := pulse.missing():
        pytest.skip(why)
    with pulse.PulseAudio() as audio, pytest.MonkeyPatch.context() as patch:
        for name, value in audio.env.items():
            patch.setenv(name, value)
        yield Case(lambda: CaptureProcess("mic"), audio.microphone.kill, audio.microphone.start)


CASES = {FileMicrophone: file_case, ScriptedMicrophone: scripted_case, CaptureProcess: process_case}
VANISHING = {ScriptedMicrophone: scripted_loss_case, CaptureProcess: process_case}


def params(cases: dict[type, Callable[[Path], Iterator[Case]]]) -> list:
    return [
        pytest.param(make, id=kind.__name__, marks=[pytest.mark.parts] if kind is CaptureProcess else [])
        for kind, make in cases.items()
    ]


@pytest.fixture(params=params(CASES))
def case(request, tmp_path) -> Iterator[Case]:
    yield from request.param(tmp_path)


@pytest.fixture(params=params(VANISHING))
def vanishing(request, tmp_path) -> Iterator[Case]:
    yield from request.param(tmp_path)


@pytest.fixture
def microphone(case) -> Iterator[Microphone]:
    made = case.make()
    yield made
    made.close()


def read_frame(microphone: Microphone):
    """Return the next frame, however many times it takes."""
    ends = time.monotonic() + SOON_S
    while time.monotonic() < ends:
        frame = microphone.read(0.1)
        if frame is not None:
            return frame
    raise TimeoutError("no frame came")


def read_for_ever(microphone: Microphone):
    while True:
        read_frame(microphone)


def test_every_microphone_is_tried():
    assert drivers(Microphone) == set(CASES)


def test_it_has_a_name_to_speak_of(microphone):
    assert microphone.name


def test_frames_are_twenty_milliseconds_and_their_times_rise(microphone):
    microphone.open()

    frames = [read_frame(microphone) for _ in range(10)]

    assert {len(frame.pcm) for frame in frames} == {FRAME_BYTES}
    assert all(isinstance(frame.pcm, bytes) for frame in frames)
    times = [frame.captured_ns for frame in frames]
    assert times == sorted(times)
    assert times[-1] <= time.monotonic_ns()
    assert [frame.lost_before for frame in frames] == [0] * 10


def test_reading_without_waiting_returns_a_frame_or_none(microphone):
    microphone.open()

    assert all(frame is None or len(frame.pcm) == FRAME_BYTES for frame in (microphone.read(0.0) for _ in range(5)))


def test_a_microphone_that_is_not_open_is_lost(microphone):
    with pytest.raises(DeviceLost, match="not open"):
        microphone.read(0.1)


def test_closing_twice_or_before_opening_does_nothing(microphone):
    microphone.close()
    microphone.open()
    microphone.close()
    microphone.close()

    with pytest.raises(DeviceLost):
        microphone.read(0.1)


def test_it_can_be_opened_again(microphone):
    microphone.open()
    read_frame(microphone)
    microphone.close()
    microphone.open()

    assert len(read_frame(microphone).pcm) == FRAME_BYTES


def test_a_device_that_vanishes_is_lost_then_not_found_and_can_be_reopened(vanishing):
    microphone = vanishing.make()
    microphone.open()
    read_frame(microphone)

    vanishing.vanish()
    with pytest.raises(DeviceLost):
        read_for_ever(microphone)
    with pytest.raises(DeviceNotFound):
        microphone.open()
    vanishing.come_back()
    microphone.open()

    assert len(read_frame(microphone).pcm) == FRAME_BYTES
    microphone.close()


def test_a_file_is_heard_sample_for_sample_on_its_schedule_then_silence(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.frombuffer(NOISE, "<i2"), 16_000, "PCM_16")
    clock = ManualClock()
    microphone = FileMicrophone(str(path), speed=4, clock=clock)
    microphone.open()

    frames = []
    while not microphone.ended:
        frames.append(microphone.read(1.0))

    assert b"".join(frame.pcm for frame in frames) == NOISE + SILENCE
    assert [frame.captured_ns for frame in frames] == [5_000_000 * number for number in range(1, 102)]
    assert clock.now_ns() == frames[-1].captured_ns
    assert microphone.read(1.0).pcm == SILENCE
    microphone.close()


def test_a_reader_of_a_file_that_was_late_catches_up_and_loses_nothing(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.frombuffer(NOISE, "<i2"), 16_000, "PCM_16")
    clock = ManualClock()
    microphone = FileMicrophone(str(path), clock=clock)
    microphone.open()
    clock.sleep(1.0)

    frames = [microphone.read(0.0) for _ in range(51)]

    assert frames[50] is None
    assert b"".join(frame.pcm for frame in frames[:50]) == NOISE[: 50 * FRAME_BYTES]
    microphone.close()


def test_a_frame_that_is_due_later_is_not_waited_for(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.frombuffer(NOISE, "<i2"), 16_000, "PCM_16")
    clock = ManualClock()
    microphone = FileMicrophone(str(path), clock=clock)
    microphone.open()

    assert microphone.read(0.015) is None
    assert clock.now_ns() == 15_000_000
    assert microphone.read(0.015).captured_ns == 20_000_000
    microphone.close()


def test_a_file_that_is_repeated_never_ends(tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.frombuffer(NOISE[: 2 * FRAME_BYTES], "<i2"), 16_000, "PCM_16")
    microphone = FileMicrophone(str(path), loop=True, clock=ManualClock())
    microphone.open()

    heard = b"".join(microphone.read(1.0).pcm for _ in range(5))

    assert heard == (NOISE[: 2 * FRAME_BYTES] * 3)[: 5 * FRAME_BYTES]
    assert not microphone.ended
    microphone.close()


@pytest.mark.parametrize("header", [b"", b"RIFF", b"fLaC"])
def test_a_pipe_that_has_nothing_to_say_yet_is_not_waited_for(header):
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as mouth:
        mouth.write(header)
        microphone = FileMicrophone(f"/dev/fd/{reading}")
        microphone.open()
        began = time.monotonic()
        assert [microphone.read(0.05) for _ in range(4)] == [None] * 4
        assert time.monotonic() - began < SOON_S / 2
        assert not microphone.ended
        microphone.close()


def test_a_pipe_is_heard_as_it_comes_on_time_after_each_pause_and_to_its_end():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as mouth:
        microphone = FileMicrophone(f"/dev/fd/{reading}")
        microphone.open()
        mouth.write(NOISE[: FRAME_BYTES + 100])
        assert read_frame(microphone).pcm == NOISE[:FRAME_BYTES]
        assert microphone.read(0.3) is None
        began_ns = time.monotonic_ns()
        mouth.write(NOISE[FRAME_BYTES + 100 : 2 * FRAME_BYTES])
        frame = read_frame(microphone)
        assert frame.pcm == NOISE[FRAME_BYTES : 2 * FRAME_BYTES]
        assert frame.captured_ns >= began_ns
        mouth.close()
        assert read_frame(microphone).pcm == SILENCE
        assert microphone.ended
        microphone.close()


def test_a_named_pipe_that_nobody_writes_to_yet_is_not_waited_for(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    microphone = FileMicrophone(str(path))
    microphone.open()
    assert microphone.read(0.05) is None
    with path.open("wb", buffering=0) as mouth:
        mouth.write(NOISE[:FRAME_BYTES])
        assert read_frame(microphone).pcm == NOISE[:FRAME_BYTES]
    microphone.close()


def test_a_bad_file_is_known_before_anything_starts(tmp_path):
    path = tmp_path / "bad.wav"
    path.write_bytes(b"This is a letter.")
    with pytest.raises(AudioFileError, match=r"bad\.wav"):
        FileMicrophone(str(path))


def test_a_script_overflows_pauses_hangs_and_goes_on_when_it_is_opened_again():
    clock = ManualClock()
    script = [Overflow(640), SILENCE, Pause(0.3), SILENCE, DeviceHung("wedged"), SILENCE]
    microphone = ScriptedMicrophone(script, at_open=[DeviceBusy("in use")], clock=clock)

    with pytest.raises(DeviceBusy):
        microphone.open()
    microphone.open()
    assert microphone.read(0.1).lost_before == 640
    assert [microphone.read(0.1), microphone.read(0.1)] == [None, None]
    assert microphone.read(0.2).captured_ns == 300_000_000
    with pytest.raises(DeviceHung):
        microphone.read(0.1)
    microphone.open()
    assert microphone.read(0.1).lost_before == 0
    assert microphone.read(0.5) is None
