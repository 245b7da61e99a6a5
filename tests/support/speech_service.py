"""Opens the engines of the Speech service's protocol on a test server, and has them say utterances."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from daemon.engines import azure
from daemon.engines.base import Engine, EngineFailure, EngineFinal, Task
from daemon.engines.speech_service.deadlines import Deadlines
from hw.api import FRAME_BYTES
from tests.support.engines import Listener
from tests.support.speech_server import SpeechServer

TASK = Task("en-US", ("es",))
TWO = Task("en-US", ("es", "de"))
#: Short waits between attempts, so that tests are; everything else as it ships.
QUICK = replace(Deadlines(), back_off_s=(0.0, 0.01, 0.02))


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
