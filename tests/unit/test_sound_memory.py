"""What a buffer of sound takes on its way through capture: what is handed on, and no arrays in between."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from daemon.level_meter import LevelMeter
from hw import audio_wire as wire
from hw.api import FRAME_BYTES
from hw.capture_child import Capture, Convert, conversion

BUFFER_MS = 40
#: Frames of one buffer, once in one piece and once cut.
FRAMES = 2 * (BUFFER_MS // 20) * FRAME_BYTES
#: The resampler gives nothing for one buffer and twice as much for the next, in 32-bit floats.
RESAMPLED = 2 * (FRAMES + FRAMES)
#: Views of arrays, tuples, numbers.
OBJECTS = 1_600
NO_TIMES = {"input_buffer_adc_time": 0.0, "current_time": 0.0}
WARM = 40


def most_taken(work: Callable[[], None]) -> int:
    """Return how many bytes one call takes at most, of those it gives back, too; the first calls are not counted."""
    for _ in range(WARM):
        work()
    tracemalloc.start()
    try:
        work()
        taken = []
        for _ in range(10):
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            work()
            taken.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return max(taken)


def capturing(pair: tuple[socket.socket, socket.socket], rate_hz: int, sound: np.ndarray, convert: Convert | None):
    ours, theirs = pair
    capture, data, taken = Capture(theirs.fileno(), rate_hz, convert), sound.tobytes(), bytearray(wire.MESSAGE_BYTES)
    count = rate_hz * BUFFER_MS // 1_000

    def work() -> None:
        capture(data, count, NO_TIMES, 0)
        try:
            while ours.recv_into(taken, 0, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return

    return work


@pytest.mark.parametrize("gain_db", [0.0, 20.0])
@pytest.mark.parametrize(
    ("rate_hz", "channels", "wanted"),
    [(16_000, 1, None), (16_000, 2, None), (44_100, 2, 0), (48_000, 2, None), (48_000, 8, None), (96_000, 8, 3)],
)
def test_a_buffer_of_any_card_takes_its_frames_and_what_the_resampler_returns(pair, rate_hz, channels, wanted, gain_db):
    sound = np.random.default_rng(1).normal(0, 0.1, (rate_hz * BUFFER_MS // 1_000, channels)).astype("<f4")
    work = capturing(pair, rate_hz, sound, conversion(rate_hz, channels, gain_db, wanted))

    assert most_taken(work) <= (FRAMES if rate_hz == 16_000 else RESAMPLED) + OBJECTS


@pytest.mark.parametrize("offset", [0, 2_000])
def test_a_buffer_that_is_speech_already_takes_its_frames(pair, offset):
    sound = np.random.default_rng(1).integers(-900, 900, 640).astype("<i2") + np.int16(offset)

    assert most_taken(capturing(pair, 16_000, sound, None)) <= FRAMES + OBJECTS


def test_to_look_how_loud_a_frame_is_takes_no_copy_of_it():
    meter, frame = LevelMeter(), np.random.default_rng(1).integers(-900, 900, 320).astype("<i2").tobytes()

    assert most_taken(lambda: meter.hear(frame)) < 2 * FRAME_BYTES  # the copy would be of 32-bit floats
