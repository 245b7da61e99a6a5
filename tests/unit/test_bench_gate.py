from __future__ import annotations

import numpy as np
import pytest

from scripts.lib.bench.gate_listeners import Heard, Hearing
from scripts.lib.bench.gate_scores import score
from scripts.lib.bench.gate_sound import Clip, by_level, joined
from tests.support.sound import noise, voice


def clip(*speech: tuple[float, float], seconds: float = 10.0) -> Clip:
    return Clip("clip", np.zeros(round(seconds * 16_000)), speech, tuned=True)


def heard(start_s: float, end_s: float, *, withdrawn: bool = False) -> Heard:
    return Heard(start_s, end_s, start_s + 0.8, end_s, withdrawn)


def scored(sound: Clip, *stretches: Heard):
    return score([(sound, Hearing(list(stretches), 1.0))])


def test_speech_with_its_pre_roll_and_hangover_loses_nothing():
    found = scored(clip((2, 4)), heard(1.4, 4.6))
    assert (found.onset_cuts, found.end_cuts, found.lost_percent) == ([], [], 0)
    assert found.onset_delays == [pytest.approx(0.2)]
    assert found.end_delays == [pytest.approx(0.6)]


def test_what_is_cut_at_either_end_is_counted_and_named():
    found = scored(clip((2, 4)), heard(2.5, 3.8))
    assert found.onset_cuts == [pytest.approx(0.5)]
    assert found.end_cuts == [pytest.approx(0.2)]
    assert found.lost_percent == pytest.approx(35)
    assert found.cut_in == ["clip 2.00"]


def test_speech_that_was_not_heard_is_lost_whole():
    found = scored(clip((2, 4), (6, 8)), heard(1.4, 4.6))
    assert found.lost_percent == pytest.approx(50)
    assert found.onset_cuts == [pytest.approx(2.0)]


def test_what_was_taken_back_was_not_heard_but_let_through():
    found = scored(clip((2, 4)), heard(1.4, 4.6, withdrawn=True))
    assert found.lost_percent == pytest.approx(100)
    assert found.passed_s == pytest.approx(3.2)


def test_two_utterances_without_a_gap_are_one_and_a_gap_splits():
    assert scored(clip((2, 4)), heard(1.4, 3.0), heard(3.0, 4.6)).splits == 0
    assert scored(clip((2, 4)), heard(1.4, 2.9), heard(3.0, 4.6)).splits == 1


def test_amounts_are_told_as_of_an_hour():
    assert scored(clip(seconds=36.0), heard(1, 2)).hourly(2.0) == pytest.approx(200)


def test_stretches_with_less_than_a_pause_between_them_are_one():
    assert joined([(1, 2), (2.1, 3), (3.5, 4)], 0.2) == [(1, 3), (3.5, 4)]


def test_the_boundaries_of_speech_are_found_by_its_level():
    sound = np.concatenate([noise(1.0, -60), voice(1.0, -20), noise(1.0, -60, seed=2)])
    found = by_level(sound)
    assert found[0][0] == pytest.approx(1.0, abs=0.1)
    assert found[-1][1] == pytest.approx(2.0, abs=0.1)
