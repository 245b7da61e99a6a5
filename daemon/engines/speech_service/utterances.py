"""Utterances on their way to the service: their sound, in the order in which they began. One thread, the loop's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from daemon.engines.base import Task
from hw.api import SPEECH_FORMAT

#: More sound than this is not held, seconds.
MOST_S = 90.0


@dataclass(slots=True, eq=False)
class Utterance:
    """One of them."""

    number: int
    task: Task
    sound: bytearray = field(default_factory=bytearray)
    #: CLOCK_MONOTONIC of the moment its sound was complete, nanoseconds.
    complete_ns: int | None = None
    #: A final or a failure was said, or nobody wants one any more.
    over: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ticks(self) -> int:
        """Length of its sound."""
        return ticks_of(len(self.sound))

    def add(self, pcm: bytes) -> None:
        """Take more sound."""
        self.sound += pcm
        self._changed.set()

    def finish(self) -> None:
        """No more follows."""
        if self.complete_ns is None:
            self.complete_ns = time.monotonic_ns()
        self._changed.set()

    def end(self) -> None:
        """Nothing more is said of it."""
        self.over = True
        self._changed.set()

    def wake(self) -> None:
        """Have a wait for its sound look whether it is still wanted."""
        self._changed.set()

    async def available(self, begin: int, most: int, unwanted: asyncio.Event | None = None) -> bytes:
        """Return `most` bytes of its sound from there, what is left if it is complete, nothing at its end.

        Nothing either as soon as it is `unwanted`; whoever sets that calls `wake`.
        """
        while len(self.sound) - begin < most and self.complete_ns is None and not self.over:
            if unwanted is not None and unwanted.is_set():
                return b""
            self._changed.clear()
            await self._changed.wait()
        return b"" if self.over else bytes(self.sound[begin : begin + most])


class Utterances:
    """All that have no final yet."""

    def __init__(self) -> None:
        self._known: dict[int, Utterance] = {}
        self._begun = asyncio.Event()

    def __iter__(self) -> Iterator[Utterance]:
        return iter(list(self._known.values()))

    def __len__(self) -> int:
        return len(self._known)

    def get(self, number: int) -> Utterance | None:
        """Return one by its number."""
        return self._known.get(number)

    def add(self, utterance: Utterance) -> None:
        """Take a new one."""
        self._known[utterance.number] = utterance
        self._begun.set()

    def remove(self, number: int) -> None:
        """Let go of one, known or not."""
        known = self._known.pop(number, None)
        if known is not None:
            known.end()

    def forget(self, utterance: Utterance) -> None:
        """Let go of this one; not of one that has its number and began after it."""
        utterance.end()
        if self._known.get(utterance.number) is utterance:
            del self._known[utterance.number]

    def clear(self) -> None:
        """Let go of all."""
        for known in self:
            self.remove(known.number)

    @property
    def too_many(self) -> bool:
        """Whether they hold more sound than is reasonable."""
        return sum(len(known.sound) for known in self._known.values()) > MOST_S * SPEECH_FORMAT.bytes_per_second

    async def oldest(self) -> Utterance:
        """Return the one that was spoken first, as soon as it has sound or is complete; wait for it.

        It is the one with the lowest number: those that are replayed come after what was begun meanwhile.
        """
        while not self._known:
            self._begun.clear()
            await self._begun.wait()
        first = self._known[min(self._known)]
        await first.available(0, 1)
        return first


def ticks_of(pcm_bytes: int) -> int:
    """Return how long so much sound lasts, ticks."""
    return pcm_bytes * 10_000_000 // SPEECH_FORMAT.bytes_per_second


def bytes_of(ticks: int) -> int:
    """Return where in the sound a moment is: whole samples."""
    return ticks * SPEECH_FORMAT.bytes_per_second // 10_000_000 // 2 * 2
