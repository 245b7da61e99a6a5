"""The gate: frames in, utterances out. Joins the voice detector and the segmenter; one thread uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from daemon.events import EndReason, GateEvent
from daemon.gate.confirmers.base import Confirmer
from daemon.gate.onset import Limits
from daemon.gate.second_opinion import SecondOpinion
from daemon.gate.segmenter import Segmenter
from daemon.gate.vad import VoiceDetector
from daemon.settings import GateSection
from hw.api import AudioFrame


class Gate:
    """See the module. `confirmer` is asked for a second opinion; it stays its owner's."""

    def __init__(self, settings: GateSection, confirmer: Confirmer | None = None) -> None:
        self._detector = VoiceDetector(settings.sensitivity)
        self._segmenter = Segmenter(_limits(settings), SecondOpinion(confirmer) if confirmer else None)
        #: Level of the last frame, dBFS, for the meter.
        self.level_dbfs = 0.0

    @property
    def is_open(self) -> bool:
        """Whether somebody is speaking."""
        return self._segmenter.is_open

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is speaking, nor has begun to."""
        return self._segmenter.is_quiet

    def hear(self, frame: AudioFrame, *, device_speaks: bool = False) -> Iterable[GateEvent]:
        """Take the next frame; return what it brings about, for use before the next frame.

        While the device speaks, its own voice may be in it.
        """
        verdict = self._detector.hear(frame.pcm)
        self.level_dbfs = verdict.level_dbfs
        return self._segmenter.hear(frame, verdict, device_speaks=device_speaks)

    def overhear(self, frame: AudioFrame) -> None:
        """Take a frame that is none of anybody's business for nothing but how loud the room is."""
        self.level_dbfs = self._detector.hear(frame.pcm).level_dbfs

    def end(self, reason: EndReason) -> Iterator[GateEvent]:
        """Close the open utterance, if there is one; the next frame is another sound."""
        return self._segmenter.end(reason)

    def miss(self, samples: int) -> None:
        """Count samples that were not heard, for `gap_ms`."""
        self._segmenter.miss(samples)

    def adjust(self, settings: GateSection) -> None:
        """Apply new settings from the next frame on; an open utterance stays open."""
        self._detector.adjust(settings.sensitivity)
        self._segmenter.limits = _limits(settings)


def _limits(settings: GateSection) -> Limits:
    return Limits.of_seconds(
        pre_roll_s=settings.pre_roll_s,
        hangover_s=settings.hangover_s,
        minimum_s=settings.minimum_s,
        maximum_s=settings.maximum_s,
    )
