"""Somebody with a device: streaming client and ladder as the daemon has them, home before device, fed as by the gate.

Time runs `speed` times as fast: sound, deadlines and budgets alike, so that they mean the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from daemon.board import Board
from daemon.engines import device, home
from daemon.engines.base import Engine
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.events import (
    EndReason,
    Final,
    Notice,
    OutputEvent,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceDropped,
    UtteranceEnded,
)
from daemon.ladder import Ladder
from daemon.rungs import Budgets
from daemon.settings import EngineSection, LanguagesSection
from daemon.streaming import StreamingClient
from daemon.supervisor import Supervisor
from hw.api import SPEECH_FORMAT

#: Sound comes from the gate in pieces of so much, seconds.
_PIECE_S = 0.1
#: Between two utterances; one in three does not wait for the final of the one before.
_PAUSE_S = (0.6, 3.0)
_IMPATIENT = 1 / 3
#: What has nothing to show after so long never will, seconds.
_HOPELESS_S = 150.0
_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """What somebody says: its sound, and what it is in words."""

    name: str
    pcm: bytes
    transcript: str


@dataclass(slots=True)
class Outcome:
    """What became of one sentence."""

    sentence: Sentence
    finals: list[Final] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.finals[0].source if self.finals else ""


class Talker:
    """See the module. `strike` is called in the middle of each utterance that `struck` names, until it says True."""

    def __init__(
        self,
        name: str,
        sections: Mapping[str, Mapping[str, Any]],
        languages: LanguagesSection,
        *,
        source: random.Random,
        speed: float,
        patience: float,
        strike: Callable[[str, Talker], bool],
    ) -> None:
        self.outcomes: dict[int, Outcome] = {}
        #: Utterance → what happens in its middle.
        self.struck: dict[int, list[str]] = {}
        self._source = source
        self._speed = speed
        self._strike = strike
        self._blows: list[str] = []
        self._changed = threading.Condition()
        #: Why the engine was changed, how often.
        self.changes: Counter[str] = Counter()
        board = Board()
        self.own_engine = device.open(sections)
        self.ladder = _ladder(sections, self.own_engine, board, self._publish, speed, patience)
        self._client = StreamingClient(self.ladder, languages, board, publish=self._publish)
        self._workers = Supervisor()
        self.thread = threading.Thread(target=self._talk, name=name)

    def start(self) -> None:
        """Start the device and wait until both of its engines are ready."""
        self._workers.start("ladder", self.ladder.run)
        self._workers.start("streaming", self._client.run, wake=self._client.wake)
        self._wait_for(lambda: self.own_engine.pid is not None and self._client.ready is not None)

    def stop(self) -> None:
        """Stop the device."""
        self._workers.stop(_STOP_S)

    # ------------------------------------------------------------ the thread

    def _talk(self) -> None:
        for number, outcome in self.outcomes.items():
            self._say(number, outcome.sentence.pcm)
            self._pause(self._source.uniform(*_PAUSE_S))
            if self._source.random() > _IMPATIENT:
                self._wait_for(lambda: not self._client.outstanding)
        self._wait_for(lambda: not self._client.outstanding)

    def _say(self, number: int, pcm: bytes) -> None:
        struck_at = self._source.uniform(0.1, 1.0) * len(pcm)
        self._blows += self.struck.get(number, [])
        self._client.hear(UtteranceBegan(number, time.monotonic_ns(), 0.0))
        step = round(_PIECE_S * SPEECH_FORMAT.bytes_per_second)
        for at in range(0, len(pcm), step):
            self._client.hear(UtteranceAudio(number, pcm[at : at + step]))
            if self._blows and at + step >= struck_at and self._strike(self._blows[-1], self):
                self._blows.pop()
            self._pause(_PIECE_S)
        seconds = len(pcm) / SPEECH_FORMAT.bytes_per_second
        self._client.hear(UtteranceEnded(number, time.monotonic_ns(), seconds, EndReason.HANGOVER))

    def _pause(self, seconds: float) -> None:
        threading.Event().wait(seconds / self._speed)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so; what hangs for ever is not waited for, and is missing in the outcome."""
        ends = time.monotonic() + _HOPELESS_S
        with self._changed:
            while not condition() and time.monotonic() < ends:
                self._changed.wait(0.1)

    def _publish(self, event: OutputEvent) -> None:
        with self._changed:
            if isinstance(event, Final):
                self.outcomes[event.utterance].finals.append(event)
            elif isinstance(event, UtteranceDropped):
                self.outcomes[event.utterance].dropped.append(event.reason)
            elif isinstance(event, Notice) and event.event_type == "engine_changed":
                self.changes[f"{event.fields['engine']}: {event.fields['reason']}"] += 1
            self._changed.notify_all()


def _ladder(
    sections: Mapping[str, Mapping[str, Any]],
    own: Engine,
    board: Board,
    announce: Callable[[OutputEvent], None],
    speed: float,
    patience: float,
) -> Ladder:
    """Return what `daemon.build.ladder` makes, with its clock and all deadlines so many times as fast.

    Its budgets are `patience` times those of the settings.
    """
    section = EngineSection()
    budgets = Budgets(patience * section.first_result_ms / 1000, patience * section.final_ms / 1000)
    return Ladder(
        [home.open(sections, _faster(Deadlines(), speed)), own],
        board,
        announce=announce,
        budgets=budgets,
        clock=lambda: time.monotonic() * speed,
    )


def _faster(deadlines: Deadlines, speed: float) -> Deadlines:
    shorter: dict[str, Any] = {}
    for each in fields(deadlines):
        value = getattr(deadlines, each.name)
        shorter[each.name] = tuple(wait / speed for wait in value) if isinstance(value, tuple) else value / speed
    return replace(deadlines, **shorter)
