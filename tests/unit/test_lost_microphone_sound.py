"""What was wrong with a microphone's sound goes with it: it is lost then, and neither silent nor too loud."""

from __future__ import annotations

import numpy as np
import pytest

from hw.api import FRAME_BYTES
from tests.support.listening import LOST, QUIET, benches

TEN_SECONDS = 500
ZEROS = [bytes(FRAME_BYTES)] * TEN_SECONDS
LOUD = [np.full(FRAME_BYTES // 2, 32_767, "<i2").tobytes()] * 50


@pytest.fixture
def make(monkeypatch):
    return benches(monkeypatch)


def codes(snapshot):
    return {problem.code for problem in snapshot.problems}


@pytest.mark.parametrize(("sound", "code"), [(ZEROS, "microphone_silent"), (LOUD, "microphone_clips")])
def test_a_microphone_that_is_lost_is_nothing_else(make, sound, code):
    bench = make()
    told = []
    bench.run(sound, lambda: told.append(codes(bench.board.snapshot())), LOST, QUIET[:5])
    assert told == [{code}]
    at_the_loss = [snapshot for snapshot in bench.changes if "microphone_lost" in codes(snapshot)]
    assert [codes(snapshot) for snapshot in at_the_loss] == [{"microphone_lost"}] * len(at_the_loss)
    assert at_the_loss
    assert bench.board.snapshot().problems == ()


def test_zeros_before_a_loss_and_after_it_are_not_added_up(make):
    bench = make().run(ZEROS[:400], LOST, ZEROS[:400])
    assert not any("microphone_silent" in codes(snapshot) for snapshot in bench.changes)
