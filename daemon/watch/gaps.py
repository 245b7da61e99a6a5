"""Closes a device's gaps: what to ask for, when to ask again, when to give up. Pure; time comes in as an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.watch.heard import Answered, Said
from daemon.watch.sequence import Missing, Sequence

#: What is on its way anyhow closes most gaps: ask only after this long, seconds.
_PATIENCE_S = 0.5
#: Without an answer, or without what it promised, ask again after this long, and so often.
_RETRY_S, _TRIES = 5.0, 3
#: Somebody else's replay is under way, which may well be what we want; it ends, or its device is not worth asking.
_BUSY_S, _BUSY_TRIES = 1.0, 30
#: Most finals in one answer (docs/mqtt.md).
_LIMIT = 200
#: Finals that wait behind a gap; with more, the gap is passed over.
_MOST_WAITING = 500

_WHY = {
    "not_permitted": "the device keeps them to itself (privacy.remote_replay = false)",
    "busy": "the device answers others all the time",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for finals of an epoch."""

    device: str
    transaction: str
    epoch: str
    from_seq: int
    limit: int


class Closer:
    """Looks after one sequence at a time; `name` makes its transactions unlike those of others."""

    def __init__(self, device: str, name: Callable[[], str]) -> None:
        self._device = device
        self._name = name
        self._sequence: Sequence | None = None
        #: First `seq` of the gap that is being closed, and the request that is to close it.
        self._first = 0
        self._ask: Ask | None = None
        #: The last `seq` of the answer to it.
        self._until = 0
        self._tries = self._busy = 0
        self._due = 0.0

    def advance(
        self, sequence: Sequence, now: float, *, waiting: int, reachable: bool
    ) -> tuple[Ask | None, Missing | None]:
        """Return what to ask for now, or what to give up.

        `sequence` has a gap, and `waiting` finals wait for its end; `now`: CLOCK_MONOTONIC, seconds. A device that is
        not there is waited for, but not for ever by those.
        """
        first, last = sequence.gap or (0, 0)
        if sequence is not self._sequence or first != self._first:
            self._progress(sequence, first, now)
        if (lost := sequence.lost()) is not None:
            return None, sequence.pass_over(lost, "the device has them no longer")
        if waiting > _MOST_WAITING:
            return None, sequence.pass_over(last, "too many came meanwhile")
        if now < self._due or not (reachable or waiting):
            return None, None
        if self._tries >= _TRIES:
            return None, sequence.pass_over(last, "the device does not answer")
        self._tries += 1
        self._due = now + _RETRY_S
        if not reachable:
            return None, None
        self._ask = Ask(self._device, self._name(), sequence.epoch, first, min(_LIMIT, last - first + 1))
        return self._ask, None

    def _progress(self, sequence: Sequence, first: int, now: float) -> None:
        """Begin with a gap, or go on with what is left of it."""
        same = sequence is self._sequence and self._ask is not None
        if same and first <= self._until:
            self._due = now + _RETRY_S  # the answer is still coming in
        elif same and self._until and first == self._until + 1:
            self._due, self._until = now, 0  # all of it is here; the next part
        else:
            self._due, self._until, self._ask = now + _PATIENCE_S, 0, None
        self._sequence, self._first = sequence, first
        self._tries = self._busy = 0

    def answered(self, answer: Answered, now: float) -> Missing | None:
        """Take note of an answer; return what is not to be had."""
        ask, sequence = self._ask, self._sequence
        if ask is None or sequence is None or answer.transaction != ask.transaction:
            return None
        if answer.error == "busy" and self._busy < _BUSY_TRIES:
            self._busy, self._tries, self._due = self._busy + 1, 0, now + _BUSY_S
            return None
        last = ask.from_seq + ask.limit - 1
        if answer.error:
            self._ask = None
            return sequence.pass_over(last, _WHY.get(answer.error, f"the device refuses: {answer.error}"))
        self._until, self._due = answer.to_seq, now + _RETRY_S
        return None if answer.count else sequence.pass_over(last, "the device has them no longer")

    def refused(self, ask: Ask, why: str) -> Missing | None:
        """Take note that the broker does not pass a request on."""
        if ask is not self._ask or self._sequence is None:
            return None
        self._ask = None
        return self._sequence.pass_over(ask.from_seq + ask.limit - 1, f"the broker does not let us ask: {why}")

    def came(self, said: Said) -> Missing | None:
        """Take note of a final sent again: they come in order, so what is missing before the last one stays missing."""
        sequence = self._sequence
        ours = sequence is not None and self._ask is not None and said.epoch == sequence.epoch
        if not ours or sequence is None or said.seq != self._until:
            return None
        return sequence.pass_over(said.seq - 1, "the device has them no longer")

    def rest(self) -> None:
        """Forget what was asked: there is no gap (any more), or no connection to hear the answer on."""
        self._sequence, self._ask, self._until = None, None, 0
