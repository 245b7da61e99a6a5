"""What is counted: speech that was cut, noise that was let through, delays, splits, processor time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .gate_listeners import Heard, Hearing
from .gate_sound import Clip, Stretch, joined

#: Boundaries are no finer than a frame of the slowest listener.
_TOLERANCE_S = 0.03
#: Speech with a shorter pause in it is one utterance: the default hangover.
_UTTERANCE_PAUSE_S = 0.6
_HOUR_S = 3600.0


@dataclass(slots=True)
class Score:
    """What a listener did with some clips; seconds."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    onsets: int = 0
    #: What was cut of the beginnings and of the ends, for each that was; and which clips they are in.
    onset_cuts: list[float] = field(default_factory=list)
    end_cuts: list[float] = field(default_factory=list)
    cut_in: list[str] = field(default_factory=list)
    speech_s: float = 0.0
    lost_s: float = 0.0
    triggers: int = 0
    #: Sound that was passed on: all of it, and what of it was taken back.
    passed_s: float = 0.0
    withdrawn_s: float = 0.0
    onset_delays: list[float] = field(default_factory=list)
    end_delays: list[float] = field(default_factory=list)
    utterances: int = 0
    splits: int = 0

    @property
    def lost_percent(self) -> float:
        """Speech time that was not passed on."""
        return 100 * self.lost_s / self.speech_s if self.speech_s else 0.0

    def hourly(self, amount: float) -> float:
        """Return an amount as per hour of sound."""
        return amount * _HOUR_S / self.seconds


def score(pairs: Iterable[tuple[Clip, Hearing]]) -> Score:
    """Return the score of all clips together."""
    total = Score()
    for clip, hearing in pairs:
        total.seconds += clip.seconds
        total.cpu_s += hearing.cpu_s
        total.triggers += len(hearing.heard)
        total.passed_s += sum(heard.end_s - heard.start_s for heard in hearing.heard)
        total.withdrawn_s += sum(heard.end_s - heard.start_s for heard in hearing.heard if heard.withdrawn)
        _speech(total, clip, hearing.heard)
    return total


def _speech(total: Score, clip: Clip, heard: list[Heard]) -> None:
    passed = joined([(one.start_s, one.end_s) for one in heard if not one.withdrawn], 1e-6)
    for start, end in clip.speech:
        total.onsets += 1
        total.speech_s += end - start
        total.lost_s += end - start - sum(_overlap((start, end), one) for one in passed)
        inside = [one for one in passed if _overlap((start, end), one) > 0]
        _cut(total.onset_cuts, (inside[0][0] if inside else end) - start)
        _cut(total.end_cuts, end - (inside[-1][1] if inside else start))
        if not inside or inside[0][0] - start > _TOLERANCE_S:
            total.cut_in.append(f"{clip.name} {start:.2f}")
    for utterance in joined(list(clip.speech), _UTTERANCE_PAUSE_S):
        _utterance(total, utterance, passed, heard)


def _utterance(total: Score, utterance: Stretch, passed: list[Stretch], heard: list[Heard]) -> None:
    inside = [one for one in passed if _overlap(utterance, one) > 0]
    if not inside:
        return
    total.utterances += 1
    total.splits += len(inside) - 1
    opening = next((one for one in heard if one.start_s >= inside[0][0] - 1e-6), None)
    closing = next((one for one in reversed(heard) if one.end_s <= inside[-1][1] + 1e-6), None)
    # An utterance that was open already tells nothing of the delay.
    if opening and opening.opened_s >= utterance[0]:
        total.onset_delays.append(opening.opened_s - utterance[0])
    if closing and closing.closed_s >= utterance[1]:
        total.end_delays.append(closing.closed_s - utterance[1])


def _overlap(one: Stretch, other: Stretch) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _cut(cuts: list[float], seconds: float) -> None:
    if seconds > _TOLERANCE_S:
        cuts.append(seconds)
