"""Publisher, broker and subscriber are taken away again and again; after a replay nothing is missing."""

from __future__ import annotations

import random

import pytest

from tests.support.chaos import Calamities, Scene


@pytest.mark.parts
@pytest.mark.parametrize(
    ("total", "calamities"),
    [(300, Calamities(3, 2, 1)), pytest.param(1_500, Calamities(12, 6, 4), marks=pytest.mark.long)],
)
def test_nothing_is_missing_after_a_replay(tmp_path, total, calamities):
    scene = Scene(tmp_path, total)
    scene.play(calamities, random.Random(7))
    assert scene.faults() == []
    assert len(scene.got) == total
