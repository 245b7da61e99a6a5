"""The callback of the process that captures, fed as PortAudio would: conversion, clipping, offsets, loss."""

from __future__ import annotations

import os
import time
from itertools import pairwise

import numpy as np
import pytest

from daemon.events import UtteranceBegan
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from hw import audio_wire as wire
from hw import portaudio
from hw.api import FRAME_BYTES, AudioFrame
from hw.capture_child import Capture, Offset, conversion
from tests.support.recordings import recording
from tests.support.sound import FRAME_NS, FRAME_SAMPLES, RATE_HZ
from tests.support.sound_children import NO_TIMES, received, tone


def test_what_capture_gets_in_the_speech_format_goes_out_as_it_is(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    pcm = os.urandom(FRAME_BYTES)
    before_ns = time.monotonic_ns()

    assert capture(pcm, FRAME_SAMPLES, NO_TIMES, 0) == (None, portaudio.CONTINUE)

    ((kind, lost, captured_ns, heard),) = received(ours)
    assert (kind, lost, heard) == (wire.FRAME, 0, pcm)
    assert before_ns <= captured_ns <= time.monotonic_ns()


def test_a_buffer_of_several_frames_goes_out_frame_by_frame_each_with_its_own_time(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    pcm = os.urandom(3 * FRAME_BYTES)

    capture(pcm, 3 * FRAME_SAMPLES, NO_TIMES, 0)

    messages = received(ours)
    assert b"".join(heard for *_, heard in messages) == pcm
    times = [captured_ns for _, _, captured_ns, _ in messages]
    assert [after - before for before, after in pairwise(times)] == [20_000_000] * 2


def test_capture_believes_the_device_how_long_ago_its_last_sample_was_heard(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    times = {**NO_TIMES, "input_buffer_adc_time": 100.0, "current_time": 100.05}

    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, times, 0)
    after_ns = time.monotonic_ns()

    captured_ns = received(ours)[0][2]
    assert captured_ns <= after_ns - 30_000_000
    assert captured_ns > after_ns - 10_000_000_000


def test_capture_converts_what_another_device_gives(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 48_000, conversion(48_000, 2, 0.0, None))
    stereo = np.repeat(tone(48_000, 960 * 50), 2).astype("<f4").tobytes()
    step = 960 * 2 * 4

    for at in range(0, len(stereo), step):
        capture(stereo[at : at + step], 960, NO_TIMES, 0)

    messages = received(ours)
    assert {len(pcm) for *_, pcm in messages} == {FRAME_BYTES}
    assert len(messages) >= 47
    times = [captured_ns for _, _, captured_ns, _ in messages]
    assert times == sorted(times)
    assert times[-1] < time.monotonic_ns()
    heard = np.frombuffer(b"".join(pcm for *_, pcm in messages), "<i2") / 32_768
    assert np.abs(heard - tone(16_000, len(heard)))[1_000:].max() < 0.02  # the filter against offsets shifts it


def test_of_two_channels_the_wanted_one_is_heard_and_its_offset_is_gone(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 2, 20.0, 1))
    quiet = 0.04 * tone(16_000, 320 * 50)
    stereo = np.stack((np.full_like(quiet, 0.7), quiet - 0.05), axis=1).astype("<f4").reshape(50, -1)

    for block in stereo:
        capture(block.tobytes(), 320, NO_TIMES, 0)

    heard = np.frombuffer(b"".join(pcm for *_, pcm in received(ours)), "<i2") / 32_768
    assert abs(heard[4_000:].mean()) < 0.001
    assert np.abs(heard - 10 * quiet).max() < 0.02


@pytest.mark.parametrize(
    ("peaks", "wanted", "gain_db", "told"),
    [
        ((1.0, 0.0), None, 0.0, True),
        ((0.99, 0.99), None, 0.0, False),
        ((-1.0, 0.0), 0, -20.0, True),
        ((1.0, 0.3), 1, 0.0, False),
        ((0.3, 0.3), None, 40.0, False),
    ],
)
def test_a_converter_that_clips_is_told_by_what_it_gave_before_mixing_and_gain(pair, peaks, wanted, gain_db, told):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 2, gain_db, wanted))
    loud = np.zeros((FRAME_SAMPLES, 2), "<f4")
    loud[7] = peaks

    capture(loud.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(8 * FRAME_SAMPLES), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED if told else wire.FRAME, wire.FRAME]


def test_clipping_in_a_buffer_that_fills_no_frame_is_told_with_the_next(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 1, 6.0, None))

    capture(np.ones(FRAME_SAMPLES // 2, "<f4").tobytes(), FRAME_SAMPLES // 2, NO_TIMES, 0)
    capture(np.zeros(FRAME_SAMPLES, "<f4").tobytes(), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED]


def test_what_clips_far_off_zero_is_told_though_its_offset_is_taken_away(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    off = np.full(FRAME_SAMPLES, 2_000, "<i2")
    loud = off.copy()
    loud[5] = 32_767
    for _ in range(50):
        capture(off.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    received(ours)

    capture(loud.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    capture(off.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED, wire.FRAME]


def test_the_offset_of_a_converter_goes_and_sound_without_one_stays_as_it_is():
    noise = np.random.default_rng(5).integers(-9_000, 9_000, (500, FRAME_SAMPLES)).astype("<i2")
    offset = Offset()
    assert all(offset.removed(frame.tobytes()) == frame.tobytes() for frame in noise)

    shifted = [np.frombuffer(offset.removed((frame + np.int16(1_500)).tobytes()), "<i2") for frame in noise]

    assert abs(np.mean(shifted[-200:])) < 100
    assert np.corrcoef(np.ravel(shifted[-200:]), noise[-200:].ravel())[0, 1] > 0.999


@pytest.mark.parametrize("level", [1_000, -3_000, 30])
def test_an_offset_is_gone_after_a_fifth_of_a_second(level):
    offset = Offset()
    noise = np.random.default_rng(5).integers(-3, 4, (30, FRAME_SAMPLES)).astype("<i2")
    shifted = [np.frombuffer(offset.removed((frame + np.int16(level)).tobytes()), "<i2") for frame in noise]
    assert max(abs(np.mean(frame)) for frame in shifted[10:]) < 2


@pytest.mark.parametrize("level", [30, -1_000, 3_000])
def test_the_gate_opens_as_soon_whatever_the_offset(level):
    speech = np.frombuffer(recording("azure-whatstheweatherlike"), "<i2").astype(int) // 30
    room = np.random.default_rng(5).integers(-3, 4, RATE_HZ)
    sound = np.concatenate((room, speech))
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    began = []
    for shift in (0, level):
        gate, offset = Gate(GateSection()), Offset()
        heard = [offset.removed((frame + shift).astype("<i2").tobytes()) for frame in frames]
        events = [event for at, pcm in enumerate(heard) for event in gate.hear(AudioFrame(pcm, (at + 1) * FRAME_NS))]
        began.append([event.start_s for event in events if isinstance(event, UtteranceBegan)])
    assert began[0]
    assert began[1] == pytest.approx(began[0], abs=0.1)


@pytest.mark.parametrize("level", [50, 300, -100])
def test_a_small_offset_goes_too(level):
    offset = Offset()
    noise = np.random.default_rng(5).integers(-20, 20, (600, FRAME_SAMPLES)).astype("<i2")
    shifted = [np.frombuffer(offset.removed((frame + np.int16(level)).tobytes()), "<i2") for frame in noise]
    assert max(abs(np.mean(frame)) for frame in shifted[-50:]) < 4


def heard_after(offset: Offset, levels: np.ndarray) -> np.ndarray:
    """Return the mean of each buffer that comes out, of silence that is so far off zero."""
    noise = np.random.default_rng(5).integers(-3, 4, (len(levels), FRAME_SAMPLES))
    sound = (noise + np.rint(levels)[:, None]).astype("<i2")
    return np.array([np.mean(np.frombuffer(offset.removed(buffer.tobytes()), "<i2")) for buffer in sound])


@pytest.mark.parametrize(("before", "after"), [(5_000, 0), (300, 0), (0, 300), (3_000, 2_000), (2_000, -2_000)])
@pytest.mark.parametrize("buffers", [25, 200])
def test_another_offset_than_before_is_gone_after_a_third_of_a_second(before, after, buffers):
    heard = heard_after(Offset(), np.repeat([before, after], [buffers, 60]))
    assert np.abs(heard[-60 + 17 :]).max() < 4


@pytest.mark.parametrize(("level", "fade_s", "left"), [(3_000, 0.3, 25), (10_000, 0.5, 250), (-3_000, 2, 300)])
def test_what_settles_as_a_microphone_is_plugged_in_is_not_taken_away_any_longer(level, fade_s, left):
    times_s = np.arange(0, 12, 0.04)
    heard = heard_after(Offset(), level * np.exp(-times_s / fade_s))
    assert np.abs(heard[times_s > 2]).max() < left
    assert np.abs(heard[times_s > 9]).max() < 20


@pytest.mark.parametrize("level", [8, 300, -3_000])
@pytest.mark.parametrize("name", ["goforward", "rhasspy-turn-on-the-living-room-lamp"])
def test_speech_around_an_offset_comes_out_as_it_was(level, name):
    speech = np.tile(np.frombuffer(recording(name), "<i2").astype(int), 3)
    sound = np.concatenate((np.random.default_rng(5).integers(-3, 4, RATE_HZ), speech))
    buffers = sound[: len(sound) // 640 * 640].reshape(-1, 640)
    offset = Offset()
    heard = [np.frombuffer(offset.removed((buffer + level).astype("<i2").tobytes()), "<i2") for buffer in buffers]
    assert np.abs(np.array(heard) - buffers)[RATE_HZ // 640 :].max() < 10


@pytest.mark.parametrize("level", [20, 3_000])
def test_exact_zeros_stay_zeros_whatever_the_offset_was_before(level):
    offset, zeros = Offset(), bytes(FRAME_BYTES)
    heard_after(offset, np.full(200, level))
    assert {offset.removed(zeros) for _ in range(50)} == {zeros}
    assert abs(heard_after(offset, np.array([level]))[0]) < 2


def test_an_offset_that_has_gone_is_no_longer_taken_away():
    offset = Offset()
    silence, off = np.zeros(FRAME_SAMPLES, "<i2").tobytes(), np.full(FRAME_SAMPLES, 200, "<i2").tobytes()
    for _ in range(100):
        before = offset.removed(off)
    assert before != off
    for _ in range(600):
        last = offset.removed(silence)
    assert last == silence


def test_taking_an_offset_away_does_not_turn_the_loudest_sample_round():
    offset = Offset()
    for _ in range(200):
        offset.removed(np.full(FRAME_SAMPLES, -5_000, "<i2").tobytes())

    loudest = np.frombuffer(offset.removed(np.full(FRAME_SAMPLES, 32_767, "<i2").tobytes()), "<i2")

    assert set(loudest) == {32_767}


def test_capture_counts_what_the_parent_does_not_take_and_never_waits(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)

    given = 2_000
    for _ in range(given):
        capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    kept = received(ours)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)

    assert 0 < len(kept) < given
    assert [lost for _, lost, _, _ in received(ours)] == [(given - len(kept)) * FRAME_SAMPLES, 0]


def test_an_overflow_inside_the_device_counts_as_loss(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)

    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, portaudio.INPUT_OVERFLOWED)

    first, second = (lost for _, lost, _, _ in received(ours))
    assert first == 0
    assert second >= 1


def test_capture_ends_when_the_parent_is_gone(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    ours.close()

    assert capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0) == (None, portaudio.COMPLETE)
