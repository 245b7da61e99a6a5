"""Cuts a stream of judged frames into utterances. Pure: no clock, no I/O; what goes in comes out once, in order.

Enough voiced frames open an utterance, whose sound begins with the pre-roll before the first of them (see `onset`);
silence for the hangover closes it. One that grows too long is cut at its least voiced frame: the last seconds before
the maximum are held back so that the cut can lie there, and the next utterance starts with what comes after it, so
nothing is lost or heard twice.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice, takewhile

from daemon.events import (
    EndReason,
    GateEvent,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceEnded,
    UtterancePaused,
    UtteranceResumed,
    UtteranceWithdrawn,
)
from daemon.gate.loudness import SILENCE_DBFS, Loudest
from daemon.gate.onset import WINDOW, Heard, Limits, Onset, Opening
from daemon.gate.second_opinion import SecondOpinion
from daemon.gate.vad import Verdict
from hw.api import FRAME_MS, SPEECH_FORMAT, AudioFrame

#: The vote that keeps one open: a frame counts as speech while so many of the last so many are voiced, so that a
#: click in the pause does not start the hangover anew.
_HOLD_VOICED = 2
_HOLD_WINDOW = 5
#: One that the detector does not think possible for so long is closed, though it goes on: noise behind what was said.
_DOUBTED_FRAMES = 1000 // FRAME_MS
#: While the device speaks, only a voice no more than so many dB below that of the last utterance opens one: what an
#: echo canceller leaves of the device's own voice is speech in all but its loudness.
_QUIETER_DB = 7.0
#: Silence after which a pause is told, 180 ms: longer than the stop before a consonant.
PAUSE_FRAMES = 9
#: How long before the maximum length the search for the least voiced frame begins, and how many frames around each
#: are weighed with it (a pause is longer than one frame).
_CUT_SEARCH_S = 2.0
_CUT_SMOOTH = 5


@dataclass(slots=True)
class _Open:
    """The utterance that is open."""

    number: int
    last_voiced: Heard
    #: Whether it is what came after a cut: known to be speech, however short.
    continued: bool
    #: Samples lost before it, and in it.
    lost_before: int
    lost_samples: int = 0
    frames: int = 0
    voiced: int = 0
    silent_frames: int = 0
    #: Its sound, while it may yet be withdrawn.
    sound: list[Heard] = field(default_factory=list)
    #: Frames since it was last thought speech at all.
    doubted_frames: int = 0
    #: Whether a pause was told last.
    paused: bool = False
    loudest: Loudest = field(default_factory=Loudest)
    #: Whether it is a person's for sure: the device was silent as it began.
    in_quiet: bool = True


class Segmenter:
    """See the module. `hear` and `end` give events; utterances are numbered from 1."""

    def __init__(self, limits: Limits, second: SecondOpinion | None = None) -> None:
        self._limits = limits
        self._number = 0
        self._position = 0
        self._gap_samples = 0
        self._open: _Open | None = None
        self._onset = Onset(limits, second, self._lose)
        #: Whether each of the last frames was voiced.
        self._votes: deque[bool] = deque(maxlen=WINDOW)
        self._held: list[Heard] = []
        #: How loud the last utterance was that began while the device was silent.
        self._voice_dbfs = SILENCE_DBFS
        self._device_speaks = False

    @property
    def limits(self) -> Limits:
        """The lengths; others are used from the next frame on."""
        return self._limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._limits = self._onset.limits = limits

    @property
    def is_open(self) -> bool:
        """Whether somebody is speaking."""
        return self._open is not None

    @property
    def is_quiet(self) -> bool:
        """Whether no utterance is open and none of the last frames was voiced."""
        return self._open is None and not self._onset.is_near and not any(self._votes)

    def hear(self, frame: AudioFrame, verdict: Verdict, *, device_speaks: bool = False) -> Iterable[GateEvent]:
        """Take the next frame; return what it brings about, for use before the next frame.

        While the device speaks, its own voice may be in it. No generator: of silence there is too much for one a frame.
        """
        self._position += frame.lost_before + len(frame.pcm) // SPEECH_FORMAT.sample_bytes
        heard = Heard(frame, verdict, self._position, device_speaks)
        self._votes.append(verdict.voiced)
        self._device_speaks = device_speaks
        if self._open is not None:
            return self._hear_open(self._open, heard)
        least_dbfs = self._voice_dbfs - _QUIETER_DB if device_speaks else SILENCE_DBFS
        opening = self._onset.hear(heard, least_dbfs)
        return self._begin(opening) if opening else ()

    def end(self, reason: EndReason) -> Iterator[GateEvent]:
        """Close the open utterance, if there is one, and forget the pre-roll: what comes next is another sound."""
        if opening := self._onset.end():
            yield from self._begin(opening)
        if self._open is not None:
            yield from self._release_held()
            yield from self._close(self._open, reason)
        self._votes.clear()

    def miss(self, samples: int) -> None:
        """Count sound that never reached the segmenter (microphone away, device deaf)."""
        self._gap_samples += samples
        self._position += samples

    def _lose(self, samples: int) -> None:
        self._gap_samples += samples

    def _begin(self, opening: Opening) -> Iterator[GateEvent]:
        yield self._start(opening.first_voiced, opening.sound[0], continued=False)
        for heard in opening.sound:
            yield from self._pass_on(self._current, heard)
        self._current.silent_frames = opening.silent_frames

    def _start(self, first_voiced: Heard, first: Heard, *, continued: bool) -> UtteranceBegan:
        self._number += 1
        self._open = _Open(self._number, first_voiced, continued, self._gap_samples, in_quiet=not self._device_speaks)
        start_s = _seconds(first_voiced.position) - FRAME_MS / 1000
        gap_ms, self._gap_samples = _milliseconds(self._gap_samples), 0
        pre_roll_s = _seconds(first_voiced.position - first.position)
        return UtteranceBegan(self._number, first_voiced.frame.captured_ns, start_s, gap_ms, pre_roll_s)

    def _hear_open(self, utterance: _Open, heard: Heard) -> Iterator[GateEvent]:
        search_from = self.limits.maximum - round(_CUT_SEARCH_S * 1000 / FRAME_MS)
        if utterance.frames + len(self._held) < search_from:
            yield from self._pass_on(utterance, heard)
        else:
            self._held.append(heard)
        # A pause is no reason for doubt: the hangover may be longer.
        utterance.doubted_frames = 0 if heard.verdict.possible else utterance.doubted_frames + self._is_speech()
        doubted = utterance.doubted_frames >= _DOUBTED_FRAMES
        if doubted:
            utterance.silent_frames = max(utterance.silent_frames + 1, utterance.doubted_frames)
        elif self._is_speech():
            utterance.silent_frames = 0
        else:
            # The vote is some frames late, which were silent already: the hangover runs from the last voiced one.
            utterance.silent_frames = max(utterance.silent_frames + 1, self._trailing_silence())
        yield from self._tell_pause(utterance)
        # A voiced frame may be the first of more, which the vote does not know yet.
        if utterance.silent_frames >= self.limits.hangover and (doubted or not heard.verdict.voiced):
            yield from self._release_held()
            yield from self._close(utterance, EndReason.HANGOVER)
        elif utterance.frames + len(self._held) >= self.limits.maximum:
            yield from self._cut(utterance)

    def _tell_pause(self, utterance: _Open) -> Iterator[GateEvent]:
        if utterance.paused and not utterance.silent_frames:
            utterance.paused = False
            yield UtteranceResumed(utterance.number)
        elif not utterance.paused and utterance.silent_frames >= PAUSE_FRAMES and not self._held:
            utterance.paused = True
            yield UtterancePaused(utterance.number)

    def _is_speech(self) -> bool:
        recent = islice(reversed(self._votes), _HOLD_WINDOW)
        return sum(recent) >= _HOLD_VOICED

    def _trailing_silence(self) -> int:
        return sum(1 for _ in takewhile(operator.not_, reversed(self._votes)))

    def _pass_on(self, utterance: _Open, heard: Heard) -> Iterator[GateEvent]:
        utterance.frames += 1
        utterance.lost_samples += heard.frame.lost_before
        utterance.loudest.hear(heard.verdict.level_dbfs)
        if utterance.voiced < self.limits.minimum_voiced:
            utterance.sound.append(heard)
        if heard.verdict.voiced:
            utterance.voiced += 1
            utterance.last_voiced = heard
        yield UtteranceAudio(utterance.number, heard.frame.pcm)

    def _release_held(self) -> Iterator[GateEvent]:
        held, self._held = self._held, []
        for heard in held:
            yield from self._pass_on(self._current, heard)

    def _close(self, utterance: _Open, reason: EndReason) -> Iterator[GateEvent]:
        self._open = None
        self._votes.clear()
        if utterance.voiced < (1 if utterance.continued else self.limits.minimum_voiced):
            self._gap_samples += utterance.lost_before + utterance.lost_samples
            if reason is EndReason.HANGOVER and len(utterance.sound) == utterance.frames:
                # What comes next may have begun in it. (Under another minimum it has not been kept whole.)
                self._gap_samples -= self._onset.take_back(utterance.sound)
            yield UtteranceWithdrawn(utterance.number)
            return
        yield self._ended(utterance, reason)

    def _cut(self, utterance: _Open) -> Iterator[GateEvent]:
        held, self._held = self._held, []
        cut = _least_voiced(held)
        silent = utterance.silent_frames
        for heard in held[:cut]:
            yield from self._pass_on(utterance, heard)
        yield self._ended(utterance, EndReason.MAX_LENGTH)
        rest = held[cut:]
        yield self._start(next((heard for heard in rest if heard.verdict.voiced), rest[0]), rest[0], continued=True)
        self._current.silent_frames = silent
        for heard in rest:
            yield from self._pass_on(self._current, heard)

    def _ended(self, utterance: _Open, reason: EndReason) -> UtteranceEnded:
        if utterance.in_quiet:
            self._voice_dbfs = utterance.loudest.dbfs
        last = utterance.last_voiced
        gap_ms = _milliseconds(utterance.lost_samples)
        return UtteranceEnded(utterance.number, last.frame.captured_ns, _seconds(last.position), reason, gap_ms)

    @property
    def _current(self) -> _Open:
        if self._open is None:
            raise RuntimeError("no utterance is open")
        return self._open


def _least_voiced(held: list[Heard]) -> int:
    """Return the index of the frame whose surroundings stand least above the noise; never the first: both get some."""
    strengths = [heard.verdict.above_floor_db for heard in held]

    def around(index: int) -> float:
        window = strengths[max(0, index - _CUT_SMOOTH // 2) : index + _CUT_SMOOTH // 2 + 1]
        return sum(window) / len(window)

    return min(range(1, len(held)), key=around)


def _milliseconds(samples: int) -> int:
    return round(samples * 1000 / SPEECH_FORMAT.rate_hz)


def _seconds(samples: int) -> float:
    return samples / SPEECH_FORMAT.rate_hz
