"""Listens to an engine and waits for what it says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from daemon.engines.base import EngineEvent, EngineFailure, EngineFinal, EngineHypothesis, EngineReady
from daemon.events import SynthesizedSpeech

Event = TypeVar("Event")


class Listener:
    """A sink that keeps every event. `nudge` is called while waiting: what a scripted engine holds back comes out."""

    def __init__(self, nudge: Callable[[], object] = lambda: None) -> None:
        self._nudge = nudge
        self._changed = threading.Condition()
        self._events: list[EngineEvent] = []

    def __call__(self, event: EngineEvent) -> None:
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    @property
    def events(self) -> list[EngineEvent]:
        """Everything said so far."""
        with self._changed:
            return list(self._events)

    def all(self, kind: type[Event]) -> list[Event]:
        """Everything of one type said so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def wait_for(
        self,
        kind: type[Event],
        fits: Callable[[Event], bool] = lambda _event: True,
        *,
        count: int = 1,
        deadline_s: float = 30.0,
    ) -> Event:
        """Wait until `count` events of a type fit; return the last of these."""

        def found() -> list[Event]:
            return [event for event in self._events if isinstance(event, kind) and fits(event)]

        self._nudge()
        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, deadline_s):
                raise TimeoutError(f"no {kind.__name__} (x{count}) within {deadline_s:g} s; said: {self._events[-20:]}")
            return found()[count - 1]

    def ready(self, count: int = 1) -> EngineReady:
        """Wait for the engine, or for the n-th time that it came back."""
        return self.wait_for(EngineReady, count=count)

    def final(self, utterance: int) -> EngineFinal:
        """Wait for an utterance's final."""
        return self.wait_for(EngineFinal, lambda event: event.utterance == utterance)

    def failure(self, count: int = 1) -> EngineFailure:
        """Wait for a failure of the engine as a whole."""
        return self.wait_for(EngineFailure, lambda event: event.utterance is None, count=count)

    def last_block(self, request: str) -> SynthesizedSpeech:
        """Wait for the end of a request's speech."""
        return self.wait_for(SynthesizedSpeech, lambda event: event.id == request and event.last)

    def of_utterance(self, utterance: int) -> list[EngineEvent]:
        """Everything said of one utterance."""
        kinds = (EngineHypothesis, EngineFinal, EngineFailure)
        return [event for event in self.events if isinstance(event, kinds) and event.utterance == utterance]


def skip_unless_installed(offered: EngineReady, *, speech: bool = True) -> None:
    """Skip the test where an engine has not all that English to Spanish needs."""
    if offered.missing or not offered.recognizes or (speech and not offered.speaks):
        pytest.skip(f"engine {offered.engine}: {offered.missing or 'it recognizes or speaks nothing here'}")
    if ("en", "es") not in [(pair.source, pair.target) for pair in offered.pairs]:
        pytest.skip(f"engine {offered.engine}: no translator from English to Spanish is installed")
