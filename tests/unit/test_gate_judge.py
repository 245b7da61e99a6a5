from __future__ import annotations

import tomllib

import numpy as np
import pytest

from daemon.gate import judge
from daemon.gate.harmonics import WINDOW_SAMPLES, Voicing, magnitudes
from daemon.gate.judge import INPUTS, NUMBERS, TRAITS, WINDOW, FrameFacts, Judge, bundled, unpacked
from tests.support.sound import noise, voice

SILENT = np.zeros(INPUTS)


def facts(sound: np.ndarray, *, strength: float = 0.3, period: float = 120.0, change: float = 0.7) -> FrameFacts:
    samples = (sound[:WINDOW_SAMPLES] * 32_768).astype(np.float32)
    return FrameFacts(15.0, Voicing(strength, period), change, trusted=True, spectrum=magnitudes(samples))


def heard(count: int, first: int = 1, **traits: float) -> Judge:
    one = Judge()
    for number in range(first, first + count):
        one.hear(number, facts(voice(0.04, -20), **traits))
    return one


def test_the_network_that_ships_is_whole():
    assert judge.FILE.stat().st_size == 4 * NUMBERS
    network = bundled()
    assert network.hidden.shape == (INPUTS, judge.NEURONS)
    assert all(np.isfinite(part).all() for part in network)


def test_a_file_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(ValueError, match=rf"12 numbers instead of {NUMBERS}"):
        unpacked(np.zeros(12))


def test_nothing_heard_is_nothing_known():
    assert np.array_equal(Judge().view(7), SILENT)


def test_it_knows_the_share_of_frames_that_are_not_silent_their_mean_and_how_they_differ():
    one = heard(10)
    view = one.view(10)
    assert view[0] == pytest.approx(10 / WINDOW)
    assert view[1] == pytest.approx(15 / 20), "the mean height above the floor, in units of 20 dB"
    assert view[1 + TRAITS] == pytest.approx(0, abs=1e-6), "all were equally high"
    one.hear(11, facts(voice(0.04, -20))._replace(above_floor_db=35.0))
    assert one.view(11)[1 + TRAITS] > 0.1


def test_what_is_half_a_second_ago_is_forgotten():
    one = heard(10)
    assert one.view(WINDOW + 5)[0] == pytest.approx(5 / WINDOW)
    assert np.array_equal(one.view(10 + WINDOW), SILENT)


def test_the_memory_does_not_grow_however_long_it_hears():
    assert heard(10 * WINDOW).view(10 * WINDOW)[0] == 1.0


def test_the_level_of_the_sound_does_not_matter():
    loud, quiet = Judge(), Judge()
    for number in range(1, 20):
        sound = voice(0.04 * 20, -20)[number * 600 :]
        loud.hear(number, facts(sound))
        quiet.hear(number, facts(sound / 100))
    assert quiet.view(19) == pytest.approx(loud.view(19), abs=0.02)


def test_a_leap_of_an_octave_is_none_and_one_of_a_fifth_is():
    octave, fifth = heard(1), heard(1)
    octave.hear(2, facts(voice(0.04, -20), period=240.0))
    fifth.hear(2, facts(voice(0.04, -20), period=180.0))
    leaps = 1 + 5
    assert octave.view(2)[leaps] == pytest.approx(0, abs=1e-6)
    assert fifth.view(2)[leaps] > 0.4, "the mean of a frame that leaps and of one that has none before it"


def test_a_pitch_after_a_frame_without_one_is_neither_steady_nor_a_glide():
    one = heard(1)
    one.hear(2, facts(noise(0.04, -20), strength=0.05))
    one.hear(3, facts(voice(0.04, -20)))
    glides = 1 + 6
    assert one.view(3)[glides] == 0.0


def test_likelihoods_are_between_0_and_1_and_the_same_each_time():
    likely = [heard(20).likelihood(20) for _ in range(2)]
    assert likely[0] == likely[1]
    assert 0.0 <= likely[0] <= 1.0


def test_a_network_that_knows_nothing_says_half():
    assert Judge(unpacked(np.zeros(NUMBERS))).likelihood(1) == 0.5


def test_the_package_takes_the_network_along():
    root = judge.FILE.parents[2]
    data = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    assert any(judge.FILE.match(pattern) for pattern in data["daemon.gate"])
