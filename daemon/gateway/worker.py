"""One engine of the pool, as the event loop sees it: what it is doing, and that it calls back in its own threads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from enum import StrEnum

from daemon.engines.base import Engine, EngineEvent, EngineReady
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.gateway.job import Job


class WorkerState(StrEnum):
    """How an engine is."""

    LOADING = "loading"
    READY = "ready"
    DEAD = "dead"


class Worker:
    """See the module. `hear` gets the engine's events in the loop's thread."""

    def __init__(self, engine: Engine, hear: Callable[[Worker, EngineEvent], None]) -> None:
        self.engine = engine
        self.state = WorkerState.LOADING
        #: What it serves, once it is ready.
        self.ready: EngineReady | None = None
        #: Why it is dead.
        self.cause = ""
        self.job: Job | None = None
        #: Request → who gets its speech.
        self.speech: dict[str, Callable[[SynthesizedSpeech], None]] = {}
        self._hear = hear

    @property
    def is_free(self) -> bool:
        """Whether it could take an utterance."""
        return self.state is WorkerState.READY and self.job is None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have the engine get ready."""

        def sink(event: EngineEvent) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                loop.call_soon_threadsafe(self._hear, self, event)

        self.engine.open(sink)

    def take(self, job: Job) -> None:
        """Give it an utterance, with the sound that is there."""
        self.job = job
        self.engine.begin(job.number, job.task)
        if job.sound:
            self.engine.feed(job.number, bytes(job.sound))
        if job.complete_s is not None:
            self.engine.finish(job.number)

    def drop(self) -> Job | None:
        """Return the utterance that it had, and be free."""
        job, self.job = self.job, None
        return job

    def speak(self, request: SpeechRequest, answer: Callable[[SynthesizedSpeech], None]) -> None:
        """Have a text spoken."""
        self.speech[request.id] = answer
        self.engine.speak(request)
