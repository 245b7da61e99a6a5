"""Finds where an utterance begins: keeps the sound of the last seconds, and lets the voiced frames in it vote.

The vote makes a candidate, which opens once the detector thinks it likely speech, and once a second opinion, where
there is one, has confirmed that. Its sound is held so long, then it opens as if it had done so at once; one that is not
confirmed before silence ends it was never there. Pure, as the segmenter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from daemon.gate.loudness import HALF_SECOND, SILENCE_DBFS, loudness
from daemon.gate.second_opinion import SecondOpinion
from daemon.gate.vad import Verdict
from hw.api import FRAME_MS, AudioFrame

#: The vote: the weights of the voiced among the last so many frames come to so much.
_WEIGHT = 4.0
WINDOW = 25
#: A candidate's sound is held so long; after that, or what the limits leave room for, the oldest goes.
_HOLD_FRAMES = 2000 // FRAME_MS
#: Sound before the pre-roll, no earlier than this, that stands out so many dB begins the utterance: a word may begin
#: with a long hiss, or with a voice too rough to repeat. So much before it is passed on, too.
_REACH_FRAMES = 600 // FRAME_MS
_STANDS_OUT_DB, _BEFORE_IT = 10.0, 100 // FRAME_MS
#: A frame that stands out and counts so much may be all that a noise leaves of a short word (*no*): by itself it opens
#: nothing, but what follows it within so long begins with it.
_WORD_WEIGHT, _APART_FRAMES, _BEFORE_WORD = 0.6, 2500 // FRAME_MS, 200 // FRAME_MS
#: What is kept beside the pre-roll, at least.
_BEHIND = _REACH_FRAMES + WINDOW
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
    #: Whether the device's own voice may be in it.
    device_speaks: bool


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
    #: Whether the detector thought it likely, and the second opinion is asked since.
    asked: bool = False


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
    def limits(self) -> Limits:
        """The lengths; others are used from the next frame on."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = limits
        shortest = limits.pre_roll + _BEHIND
        beyond = max(_HOLD_FRAMES, _APART_FRAMES)
        self._longest = shortest + max(0, min(beyond, limits.maximum - shortest - _ROOM_FRAMES))

    @property
    def is_near(self) -> bool:
        """Whether an utterance may have begun."""
        return self._candidate is not None

    def hear(self, heard: Heard, least_dbfs: float = SILENCE_DBFS) -> Opening | None:
        """Take the next frame; return the utterance that it opens, if that is as loud as `least_dbfs` just now."""
        self._ring.append(heard)
        if self._candidate is None:
            voiced = heard.verdict.voiced
            self._weights.append(heard.verdict.weight if voiced else 0.0)
            if not voiced or sum(self._weights) < _WEIGHT:
                self._shorten(self._longest)
                return None
            onset = self._first_voiced(len(self._ring) - len(self._weights))
            self._candidate = _Candidate(len(self._ring) - onset - 1)
        return self._hear_candidate(self._candidate, heard, least_dbfs)

    def _hear_candidate(self, candidate: _Candidate, heard: Heard, least_dbfs: float) -> Opening | None:
        if self._second is None:
            confirmed = heard.verdict.likely
        elif candidate.asked:
            confirmed = self._second.hear(heard.frame.pcm, heard.verdict.level_dbfs)
        else:
            confirmed = False
            if heard.verdict.likely:
                self._ask(candidate, self._second)
        if confirmed and self._loudness() >= least_dbfs:
            return self._open_candidate(candidate)
        self._wait(candidate, heard)
        return None

    def _ask(self, candidate: _Candidate, second: SecondOpinion) -> None:
        candidate.asked = True
        onset = max(0, len(self._ring) - candidate.frames - 1)
        sound = islice(self._ring, max(0, onset - _BEFORE_ONSET), None)
        second.ask((one.frame.pcm, one.verdict.level_dbfs) for one in sound)

    def _wait(self, candidate: _Candidate, heard: Heard) -> None:
        candidate.frames += 1
        candidate.silent_frames = 0 if heard.verdict.voiced else candidate.silent_frames + 1
        if candidate.silent_frames >= self.limits.hangover:
            self._candidate = None
            self._weights.clear()
        self._shorten(self._longest)

    def end(self) -> Opening | None:
        """Return the candidate if it is one that is confirmed, and forget all sound: what comes next is another."""
        opening = None
        if self._candidate and self._candidate.asked and self._second and self._second.finish():
            opening = self._open_candidate(self._candidate)
        self._candidate = None
        self._shorten(0)
        self._weights.clear()
        return opening

    def take_back(self, sound: Iterable[Heard]) -> int:
        """Hear sound again that was in an utterance that is none; return how many samples its frames lack."""
        self._ring.extend(sound)
        return sum(heard.frame.lost_before for heard in self._ring)

    def _open_candidate(self, candidate: _Candidate) -> Opening:
        # Where its beginning is gone, the next voiced frame that still has its pre-roll is the first.
        gone = candidate.frames > self._longest - self.limits.pre_roll
        onset = self._first_voiced(self.limits.pre_roll if gone else len(self._ring) - candidate.frames - 1)
        begin = self._begin(onset)
        word = None if gone else self._word_before(onset, begin)
        if word is not None:
            onset, begin = word, max(0, word - _BEFORE_WORD)
        return self._open(onset, begin, candidate.silent_frames)

    def _open(self, onset: int, begin: int, silent_frames: int) -> Opening:
        first_voiced = self._ring[onset]
        self._shorten(len(self._ring) - begin)
        opening = Opening(list(self._ring), first_voiced, silent_frames)
        self._candidate = None
        self._ring.clear()
        self._weights.clear()
        return opening

    def _begin(self, onset: int) -> int:
        """Return where the sound of an utterance begins whose first voiced frame is that of the ring."""
        begin = max(0, onset - self.limits.pre_roll)
        earliest = max(0, begin - _REACH_FRAMES)
        reach = islice(self._ring, earliest, onset)
        first = next((at for at, one in enumerate(reach) if one.verdict.above_floor_db >= _STANDS_OUT_DB), None)
        return begin if first is None else max(0, min(begin, earliest + first - _BEFORE_IT))

    def _word_before(self, onset: int, begin: int) -> int | None:
        """Return the first frame of a word that was too short to open what begins now, and is not in its sound yet."""
        earliest = max(0, onset - _APART_FRAMES)
        word = None
        for at, heard in enumerate(islice(self._ring, earliest, onset), earliest):
            if heard.device_speaks:
                word = None
            elif word is None and at < begin and _may_be_word(heard.verdict):
                word = at
        return word

    def _first_voiced(self, begin: int) -> int:
        begin = min(max(0, begin), len(self._ring) - 1)
        return next((i for i in range(begin, len(self._ring)) if self._ring[i].verdict.voiced), begin)

    def _loudness(self) -> float:
        return loudness(one.verdict.level_dbfs for one in islice(reversed(self._ring), HALF_SECOND))

    def _shorten(self, longest: int) -> None:
        while len(self._ring) > longest:
            self._lose(self._ring.popleft().frame.lost_before)


def _may_be_word(verdict: Verdict) -> bool:
    return verdict.above_floor_db >= _STANDS_OUT_DB and verdict.weight >= _WORD_WEIGHT
