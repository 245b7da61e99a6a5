"""Finds where an utterance begins: keeps the sound of the last second, and lets the voiced frames in it vote.

With a second opinion the vote only makes a candidate. Its sound is held until it is confirmed, then it opens as if it
had done so at once; one that is not confirmed before silence ends it was never there. Pure, as the segmenter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from daemon.gate.second_opinion import SecondOpinion
from daemon.gate.vad import Verdict
from hw.api import FRAME_MS, AudioFrame

#: The vote: the weights of the voiced among the last so many frames come to so much.
_WEIGHT = 6.0
WINDOW = 25
#: A candidate's sound is held so long; after that, or what the limits leave room for, the oldest goes.
_HOLD_FRAMES = 2000 // FRAME_MS
#: Between the longest candidate and the maximum length, so that a cut has its place.
_ROOM_FRAMES = 1000 // FRAME_MS
#: A second opinion hears so much before the onset, too: it judges by the contrast.
_BEFORE_ONSET = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in frames of `FRAME_MS`."""

    pre_roll: int
    hangover: int
    minimum_voiced: int
    maximum: int

    @classmethod
    def of_seconds(cls, *, pre_roll_s: float, hangover_s: float, minimum_s: float, maximum_s: float) -> Limits:
        """Return the limits for lengths in seconds."""
        lengths = (pre_roll_s, hangover_s, minimum_s, maximum_s)
        return cls(*(round(length * 1000 / FRAME_MS) for length in lengths))


class Heard(NamedTuple):
    """A frame, and what is known of it."""

    frame: AudioFrame
    verdict: Verdict
    #: Samples captured up to the end of this frame since capture began; lost ones count.
    position: int


@dataclass(frozen=True, slots=True)
class Opening:
    """An utterance that begins."""

    sound: list[Heard]
    first_voiced: Heard
    #: Silence at the end of that sound, where its confirmation came late.
    silent_frames: int = 0


@dataclass(slots=True)
class _Candidate:
    """What may be an utterance."""

    #: Frames since its first voiced one, with it.
    frames: int
    silent_frames: int = 0


class Onset:
    """See the module. `lose` is told of the samples lost before frames that go into no utterance."""

    def __init__(self, limits: Limits, second: SecondOpinion | None, lose: Callable[[int], None]) -> None:
        self.limits = limits
        self._second = second
        self._lose = lose
        self._ring: deque[Heard] = deque()
        self._weights: deque[float] = deque(maxlen=WINDOW)
        self._candidate: _Candidate | None = None

    @property
    def is_near(self) -> bool:
        """Whether an utterance may have begun."""
        return self._candidate is not None

    def hear(self, heard: Heard) -> Opening | None:
        """Take the next frame; return the utterance that it opens."""
        self._ring.append(heard)
        if self._candidate and self._second:
            return self._hear_candidate(self._candidate, self._second, heard)
        self._weights.append(heard.verdict.weight if heard.verdict.voiced else 0.0)
        if not heard.verdict.voiced or sum(self._weights) < _WEIGHT:
            self._shorten(self.limits.pre_roll + WINDOW)
            return None
        onset = self._first_voiced(len(self._ring) - len(self._weights))
        if not self._second:
            return self._open(onset)
        self._candidate = _Candidate(len(self._ring) - onset)
        sound = islice(self._ring, max(0, onset - _BEFORE_ONSET), None)
        self._second.ask((one.frame.pcm, one.verdict.level_dbfs) for one in sound)
        return None

    def end(self) -> Opening | None:
        """Return the candidate if it is one that is confirmed, and forget all sound: what comes next is another."""
        opening = None
        if self._candidate and self._second and self._second.finish():
            opening = self._open_candidate(self._candidate)
        self._candidate = None
        self._shorten(0)
        self._weights.clear()
        return opening

    def _hear_candidate(self, candidate: _Candidate, second: SecondOpinion, heard: Heard) -> Opening | None:
        candidate.frames += 1
        candidate.silent_frames = 0 if heard.verdict.voiced else candidate.silent_frames + 1
        if second.hear(heard.frame.pcm, heard.verdict.level_dbfs):
            return self._open_candidate(candidate)
        if candidate.silent_frames >= self.limits.hangover:
            self._candidate = None
            self._weights.clear()
        self._shorten(self._longest)
        return None

    def _open_candidate(self, candidate: _Candidate) -> Opening:
        # Where its beginning is gone, the next voiced frame that still has its pre-roll is the first.
        gone = candidate.frames > self._longest - self.limits.pre_roll
        begin = self.limits.pre_roll if gone else len(self._ring) - candidate.frames
        return self._open(self._first_voiced(begin), candidate.silent_frames)

    def _open(self, onset: int, silent_frames: int = 0) -> Opening:
        first_voiced = self._ring[onset]
        self._shorten(len(self._ring) - max(0, onset - self.limits.pre_roll))
        opening = Opening(list(self._ring), first_voiced, silent_frames)
        self._candidate = None
        self._ring.clear()
        self._weights.clear()
        return opening

    @property
    def _longest(self) -> int:
        shortest = self.limits.pre_roll + WINDOW
        return shortest + max(0, min(_HOLD_FRAMES, self.limits.maximum - shortest - _ROOM_FRAMES))

    def _first_voiced(self, begin: int) -> int:
        begin = min(max(0, begin), len(self._ring) - 1)
        return next((i for i in range(begin, len(self._ring)) if self._ring[i].verdict.voiced), begin)

    def _shorten(self, longest: int) -> None:
        while len(self._ring) > longest:
            self._lose(self._ring.popleft().frame.lost_before)
