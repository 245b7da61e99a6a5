"""Feeds a segmenter and writes down what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

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
from daemon.gate.segmenter import Limits, Segmenter
from daemon.gate.vad import Verdict
from hw.api import FRAME_MS, AudioFrame
from tests.support.sound import FRAME_NS, FRAME_SAMPLES, RATE_HZ

#: The shortest maximum that the settings allow, so that examples are short.
LIMITS = Limits.of_seconds(pre_roll_s=0.6, hangover_s=0.6, minimum_s=0.25, maximum_s=5.0)
SAMPLES_PER_MS = RATE_HZ // 1000
FRAME_S = FRAME_MS / 1000
SILENT_DBFS = -70.0


@dataclass
class Heard:
    """One utterance as the events told it."""

    began: UtteranceBegan
    frames: list[int] = field(default_factory=list)
    end: UtteranceEnded | UtteranceWithdrawn | None = None
    #: Where pauses began and ended, in turn: how many frames of the utterance there were by then.
    pauses: list[int] = field(default_factory=list)

    @property
    def paused(self) -> bool:
        return len(self.pauses) % 2 == 1

    @property
    def first_voiced(self) -> int:
        return self.began.first_voiced_ns // FRAME_NS - 1

    @property
    def cut(self) -> bool:
        return isinstance(self.end, UtteranceEnded) and self.end.reason is EndReason.MAX_LENGTH


class Listener:
    """Feeds a segmenter with numbered frames and writes down what comes of them."""

    def __init__(self) -> None:
        self.segmenter = Segmenter(LIMITS)
        self.voiced: list[bool] = []
        #: Number of the first frame after each `end`.
        self.borders = [0]
        self.lost_samples = 0
        #: Samples captured up to the end of each frame.
        self.positions: list[int] = []
        self.utterances: list[Heard] = []
        self._position = 0

    def frames(  # noqa: PLR0913 -- all that a frame may differ in
        self,
        pattern: list[bool],
        lost_before: int = 0,
        above_db: float = 9.0,
        *,
        quiet_db: float = 0.0,
        weight: float = 0.0,
        likely: bool = True,
        possible: bool = True,
        dbfs: float = -30.0,
        device_speaks: bool = False,
    ) -> Listener:
        for voiced in pattern:
            index = len(self.voiced)
            sound = index.to_bytes(4, "little") * (FRAME_SAMPLES // 2)
            frame = AudioFrame(sound, (index + 1) * FRAME_NS, lost_before)
            self.voiced.append(voiced)
            self._position += lost_before + FRAME_SAMPLES
            self.positions.append(self._position)
            self.lost_samples += lost_before
            lost_before = 0
            height_db = above_db if voiced else quiet_db
            level_dbfs = dbfs if voiced else SILENT_DBFS
            counts = 1.0 if voiced else weight
            verdict = Verdict(voiced, level_dbfs, height_db, counts, voiced and likely, voiced and possible)
            self._write_down(list(self.segmenter.hear(frame, verdict, device_speaks=device_speaks)))
        return self

    def voice(self, count: int, above_db: float = 9.0) -> Listener:
        return self.frames([True] * count, above_db=above_db)

    def doubted(self, count: int, *, possible: bool = False) -> Listener:
        """Hear voiced frames that the judge does not think likely, nor even possible."""
        return self.frames([True] * count, likely=False, possible=possible)

    def over_device(self, count: int, dbfs: float) -> Listener:
        """Hear a voice at that level while the device speaks."""
        return self.frames([True] * count, dbfs=dbfs, device_speaks=True)

    def silence(self, count: int) -> Listener:
        return self.frames([False] * count)

    def hiss(self, count: int) -> Listener:
        """Hear frames without a voice that stand out of the noise."""
        return self.frames([False] * count, quiet_db=12.0)

    def squeak(self, count: int = 3) -> Listener:
        """Hear what may be a word, in a voice too high for the detector to be sure."""
        return self.frames([False] * count, quiet_db=12.0, weight=0.7)

    def miss(self, samples: int) -> Listener:
        self.segmenter.miss(samples)
        self.lost_samples += samples
        self._position += samples
        return self

    def end(self, reason: EndReason = EndReason.STOPPED) -> Listener:
        self._write_down(list(self.segmenter.end(reason)))
        self.borders.append(len(self.voiced))
        assert not self.segmenter.is_open
        return self

    @property
    def ended(self) -> list[Heard]:
        return [heard for heard in self.utterances if isinstance(heard.end, UtteranceEnded)]

    def _write_down(self, events: list[GateEvent]) -> None:
        for event in events:
            if isinstance(event, UtteranceBegan):
                assert not self.utterances or self.utterances[-1].end, "began while another was open"
                assert event.utterance == len(self.utterances) + 1
                self.utterances.append(Heard(event))
                continue
            current = self.utterances[-1]
            assert event.utterance == current.began.utterance
            assert current.end is None, "something came after the end"
            if isinstance(event, UtteranceAudio):
                number = int.from_bytes(event.pcm[:4], "little")
                assert event.pcm == number.to_bytes(4, "little") * (FRAME_SAMPLES // 2)
                current.frames.append(number)
            elif isinstance(event, UtterancePaused | UtteranceResumed):
                assert isinstance(event, UtteranceResumed) == current.paused, "a pause was told twice"
                current.pauses.append(len(current.frames))
            else:
                current.end = event
        is_open = bool(self.utterances) and self.utterances[-1].end is None
        assert self.segmenter.is_open == is_open
