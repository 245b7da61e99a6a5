"""Calls that come while one is under way are done in one go, and only those fail that do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.translators._together import Together


class Doubling:
    """Doubles numbers; the first call waits until so many others wait for it."""

    def __init__(self, others: int) -> None:
        self.together = Together(self.work)
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self._others = others

    def work(self, numbers: list[int]) -> list[int]:
        self.batches.append(numbers)
        if not self.begun.is_set():
            self.begun.set()
            while self.together.waiting < self._others:
                threading.Event().wait(0.001)
        if any(number < 0 for number in numbers):
            raise ValueError(f"{min(numbers)} is less than nothing")
        return [2 * number for number in numbers]


def asked(doubling: Doubling, *calls: list[int]):
    """Make the first call, and the others while it is under way."""
    with ThreadPoolExecutor(len(calls)) as threads:
        first = threads.submit(doubling.together, calls[0])
        assert doubling.begun.wait(10)
        return [first, *(threads.submit(doubling.together, call) for call in calls[1:])]


def test_each_call_gets_its_own_results():
    doubling = Doubling(0)
    assert doubling.together([1, 2]) == [2, 4]
    assert doubling.together([]) == []
    assert doubling.together([3]) == [6]


def test_what_waits_for_a_call_is_done_in_one_batch():
    doubling = Doubling(3)
    answers = asked(doubling, [1], [2, 3], [4], [5, 6])
    assert [answer.result() for answer in answers] == [[2], [4, 6], [8], [10, 12]]
    assert [sorted(batch) for batch in doubling.batches] == [[1], [2, 3, 4, 5, 6]]


def test_a_call_that_fails_does_not_take_the_others_of_its_batch_along():
    doubling = Doubling(2)
    fine, faulty, other = asked(doubling, [1], [-2], [3])
    with pytest.raises(ValueError, match="-2 is less than nothing"):
        faulty.result()
    assert (fine.result(), other.result()) == ([2], [6])


def test_after_a_failure_the_next_call_is_done():
    doubling = Doubling(0)
    with pytest.raises(ValueError, match="less than nothing"):
        doubling.together([-1])
    assert doubling.together([1]) == [2]
