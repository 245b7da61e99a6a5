"""The streaming client on a scripted engine, stepped by hand."""

from __future__ import annotations

from typing import Any

from daemon.board import Board
from daemon.echo_guard import EchoGuard
from daemon.engines.base import EngineHypothesis, TextTranslated
from daemon.engines.scripted import Line, ScriptedEngine
from daemon.events import (
    DropReason,
    EndReason,
    Final,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceDropped,
    UtteranceEnded,
    UtteranceWithdrawn,
)
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient
from hw.api import SPEECH_FORMAT

ENGLISH_TO_SPANISH = LanguagesSection(source="en", targets=("es",), speak="es")
SECOND_NS = 1_000_000_000


class Bench:
    """A streaming client whose worker is stepped by hand, with a clock that is set by hand."""

    def __init__(self, *script: Line, languages: LanguagesSection = ENGLISH_TO_SPANISH, ready: bool = True) -> None:
        self.published: list[Any] = []
        self.texts: list[TextTranslated] = []
        self.now_ns = 1_000 * SECOND_NS
        #: How far the clock moves on each time it is read.
        self.tick_ns = 0
        self.board = Board()
        self.engine = ScriptedEngine(script, ready=ready)
        self.echoes = EchoGuard(self._clock_ns)
        self.client = StreamingClient(
            self.engine,
            languages,
            self.board,
            publish=self.published.append,
            on_text=self.texts.append,
            echoes=self.echoes,
            clock_ns=self._clock_ns,
        )
        self.engine.open(self.client.hear_engine)
        self.settle()

    def _clock_ns(self) -> int:
        self.now_ns += self.tick_ns
        return self.now_ns

    def settle(self) -> Bench:
        while self.client.step(0):
            pass
        return self

    def wait(self, seconds: float) -> Bench:
        self.now_ns += round(seconds * SECOND_NS)
        return self.settle()

    def begin(self, utterance: int = 1, gap_ms: int = 0) -> Bench:
        self.client.hear(UtteranceBegan(utterance, self.now_ns, 10.0, gap_ms))
        return self.settle()

    def sound(self, seconds: float, utterance: int = 1) -> Bench:
        """Feed so much sound in blocks of 0.1 s, each different, as fast as can be."""
        for index in range(round(seconds * 10)):
            self.client.hear(UtteranceAudio(utterance, bytes([utterance, index % 256]) * (SPEECH_FORMAT.rate_hz // 10)))
            self.settle()
        return self

    def end(self, utterance: int = 1, gap_ms: int = 0) -> Bench:
        self.client.hear(UtteranceEnded(utterance, self.now_ns, 12.0, EndReason.HANGOVER, gap_ms))
        return self.settle()

    def withdraw(self, utterance: int = 1) -> Bench:
        self.client.hear(UtteranceWithdrawn(utterance))
        return self.settle()

    def utterance(self, utterance: int = 1, seconds: float = 1.0) -> Bench:
        return self.begin(utterance).sound(seconds, utterance).end(utterance)

    def hypothesis(self, text: str, utterance: int = 1) -> Bench:
        self.client.hear_engine(EngineHypothesis(utterance, "en", text, {"es": f"es: {text}"}, 1.0))
        return self.settle()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.published if isinstance(event, kind)]

    @property
    def ends(self) -> list[tuple[int, DropReason | None]]:
        """Return utterance and reason (None: final) of each end, in order."""
        ends = [event for event in self.published if isinstance(event, Final | UtteranceDropped)]
        return [(end.utterance, getattr(end, "reason", None)) for end in ends]
