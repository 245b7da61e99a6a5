from __future__ import annotations

import math

import pytest

from daemon.gate.loudness import HALF_SECOND, SILENCE_DBFS, Loudest, loudness


def test_a_steady_sound_is_as_loud_as_its_frames():
    assert loudness([-30.0] * HALF_SECOND) == pytest.approx(-30.0)


def test_nothing_is_silent():
    assert loudness([]) == SILENCE_DBFS == -math.inf


def test_a_burst_is_not_as_loud_as_a_word():
    assert loudness([-40.0] * 10 + [-20.0] * 9 + [-40.0] * 6) == -40.0
    assert loudness([-40.0] * 10 + [-20.0] * 10 + [-40.0] * 5) == -20.0


def test_less_than_a_fifth_of_a_second_is_not_loud_yet():
    assert loudness([-20.0] * 9) == SILENCE_DBFS


def test_the_loudest_half_second_is_kept():
    one = Loudest()
    for level in [-40.0] * 50 + [-20.0] * HALF_SECOND + [-35.0] * 100:
        one.hear(level)
    assert one.dbfs == pytest.approx(-20.0)


def test_before_anything_was_heard_the_loudest_is_silence():
    assert Loudest().dbfs == SILENCE_DBFS
