"""Finals of one epoch in the order of their `seq`, each once, whatever order they come in. Pure.

A final that follows a gap waits until the gap is closed, or passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.watch.heard import Said

#: Ranges that the device has no longer; more are found out by asking.
_MOST_GONE = 64


@dataclass(frozen=True, slots=True)
class Missing:
    """Finals that could not be had."""

    epoch: str
    from_seq: int
    to_seq: int
    why: str


class Sequence:
    """What is known of an epoch. `settled`: whether everything that is new counts, or only what comes from now on."""

    def __init__(self, epoch: str, *, settled: bool, earlier: int = 0) -> None:
        self.epoch = epoch
        #: Whether what the broker had stored is news: not what was said before we came.
        self.settled = settled
        #: Finals before our time that are wanted all the same.
        self._earlier = earlier
        #: Everything up to here was released or passed over, or is not wanted.
        self._floor = 0
        self._newest = 0
        self._begun = settled
        self._released = False
        self._waiting: dict[int, Said] = {}
        self._gone: list[tuple[int, int]] = []

    @property
    def waiting(self) -> list[Said]:
        """Finals that came and wait for earlier ones, in order."""
        return [self._waiting[seq] for seq in sorted(self._waiting)]

    @property
    def gap(self) -> tuple[int, int] | None:
        """First and last `seq` of the first gap. Only right after `release`."""
        first = self._floor + 1
        last = min(self._waiting) - 1 if self._waiting else self._newest
        return (first, last) if last >= first else None

    def tell(self, seq: int, *, stored: bool) -> None:
        """Take note that there is a final of that number. `stored`: the broker had it from before we came."""
        if not self._begun or (stored and not self.settled):
            self._begun = True
            self._floor = max(self._floor, seq - self._earlier)
        self._newest = max(self._newest, seq)

    def take(self, said: Said) -> None:
        """Take a final; one that is known already is dropped."""
        if not said.again and not self.settled:
            self._begin(said.seq)
        if said.seq > self._floor and (self._begun or not said.again):
            self._waiting[said.seq] = said
            self._newest = max(self._newest, said.seq)

    def _begin(self, seq: int) -> None:
        """Start with the first live final, also one that a device which was away sends only now."""
        if not self._begun:
            self._floor = max(0, seq - 1 - self._earlier)
        elif not self._released:
            self._floor = min(self._floor, seq - 1)
        self.settled = self._begun = True

    def release(self) -> list[Said]:
        """Return what has no gap before it any more."""
        found = []
        while (said := self._waiting.pop(self._floor + 1, None)) is not None:
            found.append(said)
            self._floor += 1
        self._released = self._released or bool(found)
        return found

    def lose(self, first: int, last: int) -> None:
        """Take note that the device has these no longer."""
        self._gone = [*self._gone, (first, last)][-_MOST_GONE:]

    def lost(self) -> int | None:
        """Return up to where the present gap is known to be lost; None: nothing of it, as far as we know."""
        first = self._floor + 1
        return max((last for start, last in self._gone if start <= first <= last), default=None)

    def pass_over(self, last: int, why: str) -> Missing | None:
        """Give up what is missing up to a `seq`, at most the first gap."""
        gap = self.gap
        if gap is None or last < gap[0]:
            return None
        missing = Missing(self.epoch, gap[0], min(last, gap[1]), why)
        self._floor = missing.to_seq
        return missing
