"""What the sound's way from the microphone to the engine leaves in memory: nothing but the frames that it holds."""

from __future__ import annotations

import gc
import os
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from daemon.events import UtteranceAudio, UtteranceEnded
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from hw.api import FRAME_BYTES
from hw.audio_wire import EVENT
from hw.capture_child import Capture, conversion
from hw.conversion import Framer, SampleType, ToSpeech
from tests.support.sound import frames_of, noise, pcm, voice

ROUNDS = 5
#: Frames that a way takes, and so many bytes that it may leave for each, which is less than a single number kept would
#: take. Not none: caches of Python and numpy fill up in the first minute.
FRAMES = 100
MOST_LEFT = 24
#: No more than a few frames and what Python needs to handle them.
MOST_HELD = 8 * FRAME_BYTES
TIMES = {"current_time": 0.0, "input_buffer_adc_time": 0.0}


@contextmanager
def traced() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def left(way: Callable[[], object]) -> float:
    """Return by how many bytes a frame memory grows in so many rounds, after two to get going."""
    with traced():
        way()
        way()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(ROUNDS):
            way()
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / (ROUNDS * FRAMES)


def peak(way: Callable[[], object]) -> int:
    """Return how many bytes it takes at most while it is on its way, beyond what it holds before."""
    with traced():
        way()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        way()
        return tracemalloc.get_traced_memory()[1] - before


SOUNDS = {
    "silence": noise(2, -60),
    "noise": np.concatenate([noise(1, -60), noise(1, -30, seed=2)]),
    "speech": np.concatenate([voice(1, -25) + noise(1, -60, seed=2), noise(1, -60, seed=3)]),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_the_gate_holds_no_more_the_longer_it_hears(sound):
    gate, frames = Gate(GateSection()), frames_of(pcm(SOUNDS[sound]))
    heard = [0]

    def hear() -> None:
        heard[0] += sum(isinstance(event, UtteranceEnded) for frame in frames for event in gate.hear(frame))

    assert left(hear) < MOST_LEFT
    assert (heard[0] > 0) == (sound == "speech")


def test_the_gate_passes_on_the_very_bytes_that_it_got():
    gate, frames = Gate(GateSection()), frames_of(pcm(SOUNDS["speech"]))
    passed = [event.pcm for frame in frames for event in gate.hear(frame) if isinstance(event, UtteranceAudio)]
    assert passed
    assert {id(sound) for sound in passed} <= {id(frame.pcm) for frame in frames}


def test_sound_that_is_what_speech_is_becomes_frames_without_a_copy():
    speech, framer = ToSpeech(16_000, 1, SampleType.INT16), Framer()
    sound = pcm(noise(0.02, -30))
    assert [frame is sound for frame in framer.push(speech.convert(sound))] == [True]


@pytest.mark.parametrize("buffer", [FRAME_BYTES, 2 * FRAME_BYTES, 500])
def test_frames_are_cut_from_buffers_of_any_size_without_anything_left_behind(buffer):
    framer, sound = Framer(), pcm(noise(0.1, -30))[:buffer]

    def cut() -> None:
        for _ in range(FRAMES):
            for _frame in framer.push(sound):
                pass

    assert left(cut) < MOST_LEFT
    assert peak(cut) < MOST_HELD


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (48_000, 2), (44_100, 1)])
def test_conversion_holds_no_more_the_longer_it_runs(rate_hz, channels):
    convert = conversion(rate_hz, channels, 6.0, None)
    buffer = noise(0.02, -30).astype("<f4").repeat(3 * channels)[: rate_hz // 50 * channels].tobytes()

    def work() -> None:
        for _ in range(FRAMES):
            convert(buffer)

    assert left(work) < MOST_LEFT


def test_capture_sends_a_frame_with_nothing_but_its_header_beside_it():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        os.set_blocking(ours.fileno(), False)
        frame = noise(0.02, -50)
        # The same one again and again: its mean would be an offset, which is taken off.
        capture, sound = Capture(ours.fileno(), 16_000, None), pcm(frame - np.mean(frame))
        message = bytearray(EVENT.size + FRAME_BYTES)

        def send() -> None:
            for _ in range(FRAMES):
                capture(sound, FRAME_BYTES // 2, TIMES, 0)
                assert theirs.recv_into(message) == len(message)

        assert left(send) < MOST_LEFT
        assert bytes(message[EVENT.size :]) == sound
