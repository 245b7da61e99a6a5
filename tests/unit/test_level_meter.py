from __future__ import annotations

import numpy as np
import pytest

from daemon.board import Board
from daemon.level_meter import LevelMeter, MicrophoneCheck

FRAME = 320
ZEROS = bytes(2 * FRAME)
QUIET = np.tile(np.array([3, -3], "<i2"), FRAME // 2).tobytes()
LOUD = np.full(FRAME, 32_767, "<i2").tobytes()
SECOND = 50


def tone(dbfs: float) -> bytes:
    peak = 32_768 * 10 ** (dbfs / 20)
    return np.round(peak * np.sin(2 * np.pi * np.arange(FRAME) / 32)).astype("<i2").tobytes()


def heard(*frames: bytes) -> LevelMeter:
    meter = LevelMeter()
    for frame in frames:
        meter.hear(frame)
    return meter


class Bench:
    def __init__(self) -> None:
        self.board = Board()
        self.check = MicrophoneCheck(self.board, "mic")

    def hear(self, frame: bytes, frames: int) -> list[str]:
        for _ in range(frames):
            self.check.hear(frame)
        return [problem.code for problem in self.board.snapshot().problems]


def test_the_meter_shows_level_and_peak_of_the_last_minute():
    meter = heard(*[tone(-20)] * SECOND, *[tone(-40)] * SECOND)
    assert meter.rms_dbfs == pytest.approx(-26, abs=0.2)
    assert meter.peak_dbfs == pytest.approx(-20, abs=0.2)
    for _ in range(60 * SECOND):
        meter.hear(tone(-60))
    assert meter.rms_dbfs == pytest.approx(-63, abs=0.5)
    assert meter.peak_dbfs == pytest.approx(-60, abs=0.5)


@pytest.mark.parametrize("frames", [(), (ZEROS,) * SECOND])
def test_nothing_and_zeros_are_silent(frames):
    meter = heard(*frames)
    assert (meter.rms_dbfs, meter.peak_dbfs, meter.clipped_frames) == (-96.0, -96.0, 0)


def test_the_loudest_negative_sample_is_as_loud_as_can_be():
    meter = heard(*[np.full(FRAME, -32_768, "<i2").tobytes()] * SECOND)
    assert (meter.rms_dbfs, meter.peak_dbfs, meter.clipped_frames) == (0.0, 0.0, SECOND)


def test_ten_seconds_of_zeros_are_a_silent_microphone_until_it_is_heard():
    bench = Bench()
    assert bench.hear(ZEROS, 10 * SECOND - 1) == []
    assert bench.hear(ZEROS, 1) == ["microphone_silent"]
    assert "'mic' gives nothing but zeros" in bench.board.snapshot().problems[0].detail
    assert bench.hear(QUIET, 1) == []


def test_the_quietest_room_is_no_silent_microphone():
    bench = Bench()
    assert bench.hear(QUIET, 60 * SECOND) == []


def test_a_microphone_that_clips_is_told_until_ten_seconds_without():
    bench = Bench()
    assert bench.hear(LOUD, 4) + bench.hear(QUIET, SECOND - 4) == []
    assert bench.hear(LOUD, 1) + bench.hear(QUIET, SECOND - 1) == ["microphone_clips"]
    assert "microphone.gain_db" in bench.board.snapshot().problems[0].detail
    assert bench.hear(QUIET, 9 * SECOND - 1) == ["microphone_clips"]
    assert bench.hear(QUIET, 2 * SECOND) == []


def test_frames_that_the_microphone_says_are_clipped_count_though_they_are_quiet():
    bench = Bench()
    for _ in range(5):
        bench.check.hear(QUIET, clipped=True)
    assert bench.hear(QUIET, SECOND - 5) == ["microphone_clips"]


def test_what_was_wrong_with_a_microphone_that_is_gone_is_wrong_no_more():
    bench = Bench()
    assert bench.hear(ZEROS, 10 * SECOND) == ["microphone_silent"]
    bench.check.begin()
    assert bench.hear(ZEROS, 10 * SECOND - 1) == []
    assert bench.hear(LOUD, 1 + SECOND) == ["microphone_clips"]
    bench.check.begin()
    assert bench.check.meter.clipped_frames == 0
    assert bench.hear(LOUD, 4) + bench.hear(QUIET, 2 * SECOND) == []


def test_the_level_of_the_last_minute_outlives_the_microphone():
    meter = heard(*[tone(-20)] * SECOND)
    meter.begin()
    assert (meter.rms_dbfs, meter.peak_dbfs) == (heard(*[tone(-20)] * SECOND).rms_dbfs, pytest.approx(-20, abs=0.2))


def test_of_a_second_that_two_microphones_share_only_the_last_ones_clipping_counts():
    meter = heard(*[LOUD] * 3)
    meter.begin()
    for frame in [LOUD] * 2 + [QUIET] * (SECOND - 5):
        meter.hear(frame)
    assert (meter.clipped_frames, meter.peak_dbfs) == (2, 0.0)


def test_the_meter_tells_when_a_second_is_over():
    meter = LevelMeter()
    assert [meter.hear(QUIET) for _ in range(2 * SECOND)] == ([False] * (SECOND - 1) + [True]) * 2


def test_one_knock_is_no_clipping_microphone():
    bench = Bench()
    for _ in range(5):
        assert bench.hear(LOUD, 1) + bench.hear(QUIET, 5 * SECOND) == []
