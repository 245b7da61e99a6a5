"""Capture by PortAudio, on PulseAudio's null sinks: sound that comes whole, late, or no more."""

from __future__ import annotations

import os
import threading
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from hw.api import FRAME_BYTES, DeviceHung
from hw.audio_process import CaptureProcess
from tests.support import pulse
from tests.support.portaudio import NOISE, RATE_HZ, SECOND, SOON_S, frames, read_until_error
from tests.support.processes import sound_processes

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing())]


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
