from __future__ import annotations

import pytest

from daemon.board import Board
from daemon.health import Meter
from daemon.outputs.captions import CaptionsOutput
from hw.displays import crystalfontz
from hw.fake.link import RecordingLink


@pytest.mark.parametrize("counter", ["replaced", "ignored"])
def test_what_the_panel_counts_is_in_the_metrics(counter):
    panel = crystalfontz.open(crystalfontz.SETTINGS())
    meter = Meter()
    meter.watch(CaptionsOutput(panel, RecordingLink(), Board(), 9_600, device="pocket").gauges)
    assert meter.figures()[f"captions_{counter}"] == 0
    setattr(panel, counter, 7)
    assert meter.figures()[f"captions_{counter}"] == 7
