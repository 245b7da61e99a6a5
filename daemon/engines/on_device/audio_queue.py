"""The sound of the open utterances on its way to the recognizer, oldest utterance first."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from daemon.engines.base import Task
from hw.api import SPEECH_FORMAT

#: One step of decoding: 100 ms. Short, so that a cancel is heard soon.
BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Two minutes. The streaming client keeps less; whoever sends more is not it.
_CAPACITY_BYTES = 120 * SPEECH_FORMAT.bytes_per_second


class QueueFull(Exception):
    """More sound waits than anybody should send."""


@dataclass(slots=True, eq=False)
class Utterance:
    """One utterance in the engine. `over` once its last word is said or it is cancelled: nothing more is said of it."""

    number: int
    task: Task
    over: bool = False
    #: The recognizer has had its last word; hypotheses are stale.
    recognized: bool = False
    #: The gate's hint: the speaker fell silent.
    paused: bool = False
    #: What of it the recognizer was told.
    told_paused: bool = False
    #: When the engine had all of its sound, CLOCK_MONOTONIC, nanoseconds.
    complete_ns: int | None = None
    #: Which side of the conversation speaks, as far as that is known.
    language: str = ""
    #: Whether that may not change any more while it is open.
    sure_of_language: bool = True
    #: Bytes that the recognizer has had.
    decoded_bytes: int = 0
    waiting: bytearray = field(default_factory=bytearray)

    @property
    def doing(self) -> Task:
        """What is to be done with it, as far as it is known who speaks."""
        return self.task.heard(self.language)

    @property
    def decoded_s(self) -> float:
        """Seconds that the recognizer has had."""
        return self.decoded_bytes / SPEECH_FORMAT.bytes_per_second


class Step(NamedTuple):
    """What to decode next, and whether the utterance is complete with it, or may be: the speaker is silent."""

    utterance: Utterance
    pcm: bytes
    complete: bool
    paused: bool


class AudioQueue:
    """The streaming client's thread puts, the recognition worker takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._utterances: list[Utterance] = []
        self._closed = False

    def begin(self, utterance: Utterance) -> None:
        """Add an utterance behind those that are there."""
        with self._changed:
            self._utterances.append(utterance)

    def feed(self, utterance: Utterance, pcm: bytes) -> None:
        """Add sound to it; ignored if it is not there any more. Raises `QueueFull`."""
        with self._changed:
            if utterance not in self._utterances:
                return
            if sum(len(each.waiting) for each in self._utterances) + len(pcm) > _CAPACITY_BYTES:
                raise QueueFull
            utterance.waiting += pcm
            self._changed.notify()

    def finish(self, utterance: Utterance, now_ns: int) -> None:
        """Mark it complete."""
        with self._changed:
            utterance.complete_ns = now_ns
            self._changed.notify()

    def pause(self, utterance: Utterance, *, paused: bool) -> None:
        """Take note that the speaker fell silent, or goes on."""
        with self._changed:
            utterance.paused = paused
            self._changed.notify()

    def remove(self, utterance: Utterance) -> None:
        """Forget it and its sound."""
        with self._changed:
            if utterance in self._utterances:
                self._utterances.remove(utterance)
            self._changed.notify()

    def take(self, *, wait: bool = True) -> Step | None:
        """Return the next step, waiting for it if asked to; None once closed, or if there is none now.

        A complete utterance is out of the queue with its last step. Whole blocks only, but for the last, and the last
        before a pause.
        """
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: self._closed or self._has_step())
            if self._closed or not self._has_step():
                return None
            utterance = self._utterances[0]
            pcm = bytes(utterance.waiting[:BLOCK_BYTES])
            del utterance.waiting[:BLOCK_BYTES]
            complete = utterance.complete_ns is not None and not utterance.waiting
            if complete:
                self._utterances.pop(0)
            utterance.decoded_bytes += len(pcm)
            # A pause begins once all the sound before it is decoded.
            utterance.told_paused = utterance.paused and (utterance.told_paused or not utterance.waiting)
            return Step(utterance, pcm, complete, utterance.told_paused)

    @property
    def closed(self) -> bool:
        """Whether there is nothing more."""
        with self._changed:
            return self._closed

    def close(self) -> None:
        """Wake whoever takes; there is nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def behind_s(self) -> float:
        """Seconds of sound that wait."""
        with self._changed:
            return sum(len(each.waiting) for each in self._utterances) / SPEECH_FORMAT.bytes_per_second

    def _has_step(self) -> bool:
        if not self._utterances:
            return False
        first = self._utterances[0]
        return (
            first.complete_ns is not None or len(first.waiting) >= BLOCK_BYTES or first.paused is not first.told_paused
        )
