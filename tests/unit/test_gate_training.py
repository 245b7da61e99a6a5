from __future__ import annotations

import numpy as np
import pytest

from daemon.gate.judge import INPUTS, NEURONS, NUMBERS, unpacked
from scripts.lib.gate_training.network import Lesson, train
from scripts.lib.gate_training.noises import RATE_HZ, noises


def lesson(count: int = 400) -> Lesson:
    """Return rows of which those are speech whose third column is above the first, whatever their scale."""
    random = np.random.default_rng(3)
    rows = random.standard_normal((count, INPUTS)) * 5 + 2
    return Lesson(rows, rows[:, 2] > rows[:, 0], np.ones(count))


def likelihoods(numbers: np.ndarray, rows: np.ndarray) -> np.ndarray:
    network = unpacked(numbers)
    return np.maximum(rows @ network.hidden + network.hidden_bias, 0) @ network.output + network.output_bias


def test_what_can_be_learnt_is_learnt():
    known = lesson()
    numbers = train(known, NEURONS, 4_000, 1)
    assert len(numbers) == NUMBERS
    assert np.mean((likelihoods(numbers, known.rows) > 0) == known.speech) > 0.95


def test_the_same_seed_makes_the_same_network():
    assert np.array_equal(train(lesson(), NEURONS, 500, 1), train(lesson(), NEURONS, 500, 1))


def test_every_family_of_noises_makes_some_and_always_the_same():
    first, again = list(noises(9, 5)), list(noises(9, 5))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    for sound in first:
        assert len(sound) == 5 * RATE_HZ
        assert np.max(np.abs(sound)) == pytest.approx(0.3)
