"""Cuts the sound of a turn into utterances. Pure: no clock, no I/O.

Most clients stream whatever their microphone hears; there our own gate says what is an utterance. One that has a gate
of its own sends one utterance a turn: judged again it could only lose words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from daemon.events import EndReason, GateEvent, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from daemon.wire.context import SpeechContext
from hw.api import SPEECH_FORMAT, AudioFrame
from hw.conversion import Framer

#: Longest utterance that is taken whole, seconds: what a device keeps (30) and some.
WHOLE_S = 60.0
_WHOLE_BYTES = int(WHOLE_S * SPEECH_FORMAT.bytes_per_second)
_MS_PER_S = 1_000
#: What a client may ask of the gate, seconds: as the settings allow.
_HANGOVER_S, _MAXIMUM_S = (0.2, 5.0), (5.0, 29.0)


class Cutter(Protocol):
    """See the module. Times are seconds of the turn's sound; utterances are numbered from 1."""

    def hear(self, pcm: bytes) -> Iterator[GateEvent]:
        """Take more sound, `SPEECH_FORMAT`, any length; yield what it brings about."""

    def cut(self) -> Iterator[GateEvent]:
        """End the open utterance here, if there is one."""

    @property
    def decided_s(self) -> float:
        """Up to here the sound belongs to an utterance that was said, or to none."""


class GateCutter:
    """For clients that send all they hear."""

    def __init__(self, settings: GateSection) -> None:
        self._gate = Gate(settings)
        self._framer = Framer()
        self._heard_s = 0.0
        #: An utterance that opens now begins so long ago: its onset and the pre-roll before it.
        self._look_back_s = settings.pre_roll_s + 0.5

    def hear(self, pcm: bytes) -> Iterator[GateEvent]:
        """See `Cutter`."""
        for frame in self._framer.push(pcm):
            self._heard_s += len(frame) / SPEECH_FORMAT.bytes_per_second
            yield from self._gate.hear(AudioFrame(frame, 0))

    def cut(self) -> Iterator[GateEvent]:
        """See `Cutter`."""
        for frame in self._framer.flush():
            yield from self._gate.hear(AudioFrame(frame, 0))
        yield from self._gate.end(EndReason.STOPPED)

    @property
    def decided_s(self) -> float:
        """See `Cutter`."""
        return max(0.0, self._heard_s - self._look_back_s)


class WholeCutter:
    """For clients that send one utterance a turn."""

    def __init__(self) -> None:
        self._number = 0
        self._bytes = self._begin = 0
        self._open = False

    def hear(self, pcm: bytes) -> Iterator[GateEvent]:
        """See `Cutter`."""
        while pcm:
            if not self._open:
                self._number, self._open, self._begin = self._number + 1, True, self._bytes
                yield UtteranceBegan(self._number, 0, _seconds(self._begin))
            piece, pcm = (part := pcm[: self._begin + _WHOLE_BYTES - self._bytes]), pcm[len(part) :]
            self._bytes += len(piece)
            yield UtteranceAudio(self._number, piece)
            if self._bytes - self._begin >= _WHOLE_BYTES:
                yield from self._end(EndReason.MAX_LENGTH)

    def cut(self) -> Iterator[GateEvent]:
        """See `Cutter`."""
        if self._open:
            yield from self._end(EndReason.STOPPED)

    @property
    def decided_s(self) -> float:
        """See `Cutter`."""
        return _seconds(self._begin if self._open else self._bytes)

    def _end(self, reason: EndReason) -> Iterator[GateEvent]:
        self._open = False
        yield UtteranceEnded(self._number, 0, _seconds(self._bytes), reason)


def gate_settings(own: GateSection, asked: SpeechContext) -> GateSection:
    """Return the gate's settings with what a client asks for, within what is allowed."""
    silence_ms = asked.segmentation_silence_ms or asked.trailing_silence_ms
    hangover_s, maximum_s = own.hangover_s, own.maximum_s
    if silence_ms:
        hangover_s = _within(silence_ms / _MS_PER_S, *_HANGOVER_S)
    if asked.segmentation_maximum_ms:
        maximum_s = _within(asked.segmentation_maximum_ms / _MS_PER_S, *_MAXIMUM_S)
    return replace(own, hangover_s=hangover_s, maximum_s=maximum_s)


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def _seconds(count: int) -> float:
    return count / SPEECH_FORMAT.bytes_per_second
