"""Calls that come while one is under way are done together in the next: the targets of one sentence, as one batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Together(Generic[Item, Result]):
    """See the module. ``work`` is never called by two threads at once, and returns a result for each item."""

    def __init__(self, work: Callable[[list[Item]], Sequence[Result]]) -> None:
        self._work = work
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: list[tuple[list[Item], Future[list[Result]]]] = []

    @property
    def waiting(self) -> int:
        """Calls that wait for the one that is under way."""
        return len(self._waiting)

    def __call__(self, items: list[Item]) -> list[Result]:
        """Return the results of the items; raises what ``work`` raises for them."""
        answer: Future[list[Result]] = Future()
        with self._lock:
            self._waiting.append((items, answer))
        with self._turn:  # whoever has the turn does the work of all who wait, and they find it done
            if not answer.done():
                self._do_what_waits()
        return answer.result()

    def _do_what_waits(self) -> None:
        with self._lock:
            calls, self._waiting = self._waiting, []
        try:
            results = iter(self._work([item for items, _ in calls for item in items]))
        except Exception as error:  # noqa: BLE001 -- it goes to who asked
            self._do_singly(calls, error)
        else:
            for items, answer in calls:
                answer.set_result([next(results) for _ in items])

    def _do_singly(self, calls: list[tuple[list[Item], Future[list[Result]]]], error: Exception) -> None:
        """Have only those fail that do."""
        for items, answer in calls:
            if len(calls) == 1:
                answer.set_exception(error)
                continue
            try:
                answer.set_result(list(self._work(items)))
            except Exception as own:  # noqa: BLE001 -- likewise
                answer.set_exception(own)
