"""Opens the engines of the Speech service's protocol on a test server, and has them say utterances."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from daemon.board import Board
from daemon.engines import azure
from daemon.engines.base import Engine, EngineFailure, EngineFinal, Task
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.events import EndReason, Final, UtteranceAudio, UtteranceBegan, UtteranceDropped, UtteranceEnded
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient
from daemon.supervisor import Supervisor
from hw.api import FRAME_BYTES
from tests.support.engines import Listener
from tests.support.speech_scenario import Scenario
from tests.support.speech_server import SpeechServer
from tests.support.spoken_code import sound_of

TASK = Task("en-US", ("es",))
TWO = Task("en-US", ("es", "de"))
#: Short waits between attempts, so that tests are; everything else as it ships.
QUICK = replace(Deadlines(), back_off_s=(0.0, 0.01, 0.02))
#: Two phrases, and what becomes of them.
MORNING = sound_of("good morning . how are you")
MORNING_TEXTS = {"": "good morning how are you", "es": "es:good es:morning es:how es:are es:you"}


def settings(address: str, **own: Any) -> dict[str, dict[str, Any]]:
    """Plain settings of the azure engine for a server."""
    languages = {"source": "en-US", "targets": ("es",), "speak": own.pop("speak", "")}
    return {"languages": languages, "engine.azure": {"endpoint": address, **own}}


@contextlib.contextmanager
def engine(server: SpeechServer | str, deadlines: Deadlines = QUICK, **own: Any) -> Iterator[tuple[Engine, Listener]]:
    """An open engine and what listens to it."""
    address = server if isinstance(server, str) else server.address
    opened, listener = azure.open(settings(address, **own), deadlines), Listener()
    opened.open(listener)
    try:
        yield opened, listener
    finally:
        opened.close()


@contextlib.contextmanager
def served(
    scenario: Scenario | None = None, deadlines: Deadlines = QUICK, **own: Any
) -> Iterator[tuple[SpeechServer, Engine, Listener]]:
    """A server in some trouble, and a ready engine on it."""
    with SpeechServer(scenario) as server, engine(server, deadlines, **own) as (opened, listener):
        listener.ready()
        yield server, opened, listener


def say(opened: Engine, number: int, sound: bytes, task: Task = TASK) -> None:
    """A whole utterance, as fast as it goes."""
    begin(opened, number, sound, task)
    opened.finish(number)


def begin(opened: Engine, number: int, sound: bytes, task: Task = TASK) -> None:
    """An utterance that is not complete."""
    opened.begin(number, task)
    for at in range(0, len(sound), FRAME_BYTES):
        opened.feed(number, sound[at : at + FRAME_BYTES])


def ends(listener: Listener, number: int) -> list[Any]:
    """Finals and failures of an utterance."""
    return [event for event in listener.of_utterance(number) if isinstance(event, EngineFinal | EngineFailure)]


def texts(final: EngineFinal) -> dict[str, str]:
    """What was recognized and translated."""
    return {"": final.source, **{lang: each.text for lang, each in final.translations.items()}}


class Streamed:
    """The streaming client on an engine, and what it publishes."""

    def __init__(self, server: SpeechServer, **own: Any) -> None:
        opened = azure.open(settings(server.address, **own), QUICK)
        self.results: list[object] = []
        self._changed = threading.Condition()
        self.board = Board()
        self.client = StreamingClient(opened, LanguagesSection("en-US", ("es",), ""), self.board, publish=self._publish)
        self._supervisor = Supervisor()

    def __enter__(self):
        self._supervisor.start("streaming", self.client.run, essential=True, wake=self.client.wake)
        return self

    def __exit__(self, *_error):
        self._supervisor.stop(4)

    def _publish(self, event):
        with self._changed:
            self.results.append(event)
            self._changed.notify_all()

    def hear(self, number, sound, *, ended=True):
        self.client.hear(UtteranceBegan(number, time.monotonic_ns(), 0.0))
        for at in range(0, len(sound), FRAME_BYTES):
            self.client.hear(UtteranceAudio(number, sound[at : at + FRAME_BYTES]))
        if ended:
            self.client.hear(UtteranceEnded(number, time.monotonic_ns(), 1.0, EndReason.HANGOVER))

    def finals(self, count, deadline_s=20.0):
        def found():
            return [event for event in self.results if isinstance(event, Final | UtteranceDropped)]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, deadline_s), self.results
            return found()
