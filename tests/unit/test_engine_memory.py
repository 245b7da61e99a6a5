"""When an engine's process has taken too much memory: decided by sizes and times alone."""

from __future__ import annotations

import os

import pytest

from daemon.engines.memory import LOOK_S, MemoryWatch, limit_mb
from tests.support.clock import HandClock


class Process:
    """Something that takes memory while time goes by."""

    def __init__(self, limit: float = 400.0, loaded: float = 100.0) -> None:
        self.size_mb = loaded
        self.looked = 0
        self._clock = HandClock()
        self.watch = MemoryWatch("device", limit, self._measure, self._clock)

    def look(self, size_mb: float, *, idle: bool = False, after_s: float = LOOK_S) -> str:
        self.size_mb = size_mb
        self._clock.now_s += after_s
        return self.watch.look(idle=idle)

    def _measure(self) -> float:
        self.looked += 1
        return self.size_mb


def test_within_its_limit_it_is_left_alone():
    assert Process().look(400, idle=True) == ""


def test_above_it_is_replaced_when_it_has_nothing_to_do():
    process = Process()
    assert process.look(401) == ""
    assert process.look(401, idle=True) == "it takes 401 MB, more than 400 MB: it is replaced"


def test_far_above_it_is_replaced_at_once():
    assert Process().look(601)


def test_above_for_long_it_is_replaced_whatever_it_does():
    process = Process()
    assert process.look(450) == ""
    assert process.look(450, after_s=29) == ""
    assert process.look(450, after_s=2)


def test_what_goes_below_again_has_its_time_anew():
    process = Process()
    process.look(450)
    process.look(350, after_s=20)
    assert process.look(450, after_s=20) == ""
    assert process.look(450, after_s=20) == ""


def test_it_is_not_looked_at_more_often_than_stated():
    process = Process()
    process.look(450, after_s=LOOK_S / 2)
    assert process.looked == 1  # when it was loaded


def test_a_limit_that_loading_alone_exceeds_is_said_and_does_not_end_it_again_and_again(caplog):
    process = Process(limit=50, loaded=100)
    assert "takes 100 MB as soon as it is loaded, its limit is 50 MB: it is held to 200 MB" in caplog.text
    assert process.look(199, idle=True) == ""
    assert process.look(201, idle=True)


@pytest.mark.parametrize("setting", [1, 300, 100_000])
def test_a_limit_that_is_set_holds(setting):
    assert limit_mb(setting) == setting


def test_without_one_half_of_the_machine_may_be_taken_but_two_gigabytes_at_most():
    machine_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 20)
    assert limit_mb(0) == min(machine_mb / 2, 2_048)
