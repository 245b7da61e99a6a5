"""Engines side by side, each in a process of its own, and the utterances of all sessions that want one.

An engine hears one utterance at a time. Who has waited longest since it was last served comes first, so that a session
with much to say does not hold up the others; within a session the order is that of speaking. An engine that fails gives
its utterance back, and the next free one hears it from its first sample. All of it runs in the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count

from daemon.engines.base import (
    Cure,
    Engine,
    EngineEvent,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineReady,
    Task,
)
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.gateway.job import BUSY, Answer, Job, JobFailed
from daemon.gateway.metrics import Metrics
from daemon.gateway.worker import Worker, WorkerState

_LOG = logging.getLogger(__name__)
#: Engines that may fail on one utterance before it is the utterance's fault, beside all that there are: they may have
#: died together, and it was given from one to the next before that was known.
_MOST_FAILURES = 2
#: An utterance that lost its engine waits longer: the engine may be the only one, and must load.
_REPLAY_S = 60.0
_ANY_RATE_HZ = 16_000


class Pool:
    """See the module. `wait_s`: an utterance that waits so long for those of others is refused, seconds."""

    def __init__(self, engines: Iterable[Engine], metrics: Metrics, wait_s: float) -> None:
        self._metrics = metrics
        self._wait_s = wait_s
        self._workers = [Worker(engine, self._heard) for engine in engines]
        self._waiting: list[Job] = []
        self._numbers = count(1)
        #: Owner → when it was last served, counted.
        self._served: dict[object, int] = {}
        self._turns = count(1)
        #: Set once an engine is ready, and cleared while none is.
        self.is_ready = asyncio.Event()
        #: Set once no engine can get ready any more.
        self.is_dead = asyncio.Event()
        metrics.gauge("engines_busy", "Engines that hear an utterance.", lambda: self.busy)
        metrics.gauge("waiting", "Utterances that wait for an engine.", lambda: self.waiting)
        for state in WorkerState:
            metrics.gauge(f"engines_{state}", f"Engines that are {state}.", partial(self.count, state))

    # ------------------------------------------------------------ life

    def open(self) -> None:
        """Have the engines get ready."""
        for worker in self._workers:
            worker.open(asyncio.get_running_loop())

    async def close(self) -> None:
        """End the engines, all at once."""
        for job in [*self._waiting, *filter(None, (worker.drop() for worker in self._workers))]:
            job.over = True
        self._waiting.clear()
        await asyncio.gather(*(asyncio.to_thread(worker.engine.close) for worker in self._workers))

    @property
    def served(self) -> EngineReady | None:
        """What the engines recognize, translate and speak; None while none is ready."""
        return next((worker.ready for worker in self._workers if worker.state is WorkerState.READY), None)

    @property
    def causes(self) -> tuple[str, ...]:
        """Why engines are dead."""
        return tuple(dict.fromkeys(worker.cause for worker in self._workers if worker.cause))

    def count(self, state: WorkerState) -> int:
        """Return how many engines are so."""
        return sum(worker.state is state for worker in self._workers)

    @property
    def busy(self) -> int:
        """Engines that hear an utterance."""
        return sum(worker.job is not None for worker in self._workers)

    @property
    def waiting(self) -> int:
        """Utterances that wait for an engine."""
        return len(self._waiting)

    # ------------------------------------------------------------ utterances

    def begin(
        self, owner: object, task: Task, answer: Callable[[Answer], None], *, behind_its_own: bool = False
    ) -> Job:
        """Start an utterance. One behind its owner's own may wait as long as those take, until `comes_next`."""
        job = Job(next(self._numbers), owner, task, answer)
        self._waiting.append(job)
        if not behind_its_own:
            self.comes_next(job)
        self._assign()
        return job

    def comes_next(self, job: Job) -> None:
        """Take note that it waits for nothing of its owner's any more: from here on the wait has its limit.

        One that lost its engine has a limit already.
        """
        if job in self._waiting and not job.failures:
            self._limit_wait(job, self._wait_s)

    def feed(self, job: Job, pcm: bytes) -> None:
        """Take more of its sound."""
        if job.over:
            return
        job.sound += pcm
        worker = self._worker_of(job)
        if worker is not None:
            worker.engine.feed(job.number, pcm)

    def finish(self, job: Job) -> None:
        """Take note that its sound is complete."""
        job.complete_s = time.monotonic()
        self._metrics.speech_s.inc(job.sound_s)
        worker = self._worker_of(job)
        if worker is not None:
            worker.engine.finish(job.number)

    def cancel(self, job: Job) -> None:
        """Forget it: nothing more is said of it."""
        job.over = True
        if job in self._waiting:
            self._waiting.remove(job)
        worker = self._worker_of(job)
        if worker is not None:
            worker.engine.cancel(job.number)
            worker.drop()
            self._assign()

    def leave(self, owner: object) -> None:
        """Forget an owner, who has no utterance any more."""
        self._served.pop(owner, None)

    # ------------------------------------------------------------ speech

    def speak(self, lang: str, text: str, answer: Callable[[SynthesizedSpeech], None]) -> str:
        """Have a text spoken by the engine with the least to speak; return the request's id."""
        request = SpeechRequest(f"s{next(self._numbers)}", lang, text)
        ready = [worker for worker in self._workers if worker.state is WorkerState.READY]
        if not ready:
            error = "no engine is running now: try again"
            answer(SynthesizedSpeech(request.id, lang, b"", _ANY_RATE_HZ, last=True, error=error))
        else:
            self._metrics.spoken.inc()
            min(ready, key=lambda worker: len(worker.speech)).speak(request, answer)
        return request.id

    def hush(self, request: str) -> None:
        """Stop speaking it: nothing more of it is said."""
        for worker in self._workers:
            if worker.speech.pop(request, None) is not None:
                worker.engine.hush(request)

    # ------------------------------------------------------------ what engines say

    def _heard(self, worker: Worker, event: EngineEvent) -> None:
        match event:
            case EngineReady():
                worker.ready, worker.state = event, WorkerState.READY
                self.is_ready.set()
                self._assign()
            case EngineFailure(utterance=None):
                self._lost(worker, event)
            case EngineHypothesis() | EngineFinal() | EngineFailure():
                self._answered(worker, event)
            case SynthesizedSpeech():
                answer = worker.speech.get(event.id)
                if event.last:
                    worker.speech.pop(event.id, None)
                if answer is not None:
                    answer(event)
            case _:
                pass  # how far behind it is, and answers to what nobody here asks

    def _lost(self, worker: Worker, failure: EngineFailure) -> None:
        """Take note that an engine failed: it comes back by itself, or not at all."""
        _LOG.warning("%s", failure.text, extra={"CODE": failure.code})
        self._metrics.failures.labels(failure.code).inc()
        comes_back = failure.cure is Cure.RETRY
        worker.state = WorkerState.LOADING if comes_back else WorkerState.DEAD
        worker.cause = "" if comes_back else failure.text
        if not self.count(WorkerState.READY):
            self.is_ready.clear()
        job = worker.drop()
        if job is not None:
            self._again(job, failure)
        if self.count(WorkerState.DEAD) == len(self._workers):
            self._died(failure)

    def _died(self, failure: EngineFailure) -> None:
        """Take note that no engine will come back."""
        self.is_dead.set()
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            job.end(JobFailed(failure.code, failure.text))

    def _answered(self, worker: Worker, event: EngineHypothesis | EngineFinal | EngineFailure) -> None:
        job = worker.job
        if job is None or job.number != event.utterance:
            return  # of one that was cancelled
        if isinstance(event, EngineHypothesis):
            job.answer(event)
            return
        worker.drop()
        if isinstance(event, EngineFailure):
            self._metrics.failures.labels(event.code).inc()
            self._again(job, event)
        else:
            self._metrics.final_s.observe(time.monotonic() - (job.complete_s or job.begun_s))
            job.end(event)
        self._assign()

    def _again(self, job: Job, failure: EngineFailure) -> None:
        """Give an utterance to the next engine, before all that wait; or give it up."""
        job.failures += 1
        if failure.cure is not Cure.RETRY or job.failures > len(self._workers) + _MOST_FAILURES:
            job.end(JobFailed(failure.code, failure.text))
            return
        self._metrics.replayed.inc()
        job.begun_s = time.monotonic()
        self._served.pop(job.owner, None)
        self._waiting.insert(0, job)
        self._limit_wait(job, _REPLAY_S)
        self._assign()

    # ------------------------------------------------------------ who is next

    def _worker_of(self, job: Job) -> Worker | None:
        return next((worker for worker in self._workers if worker.job is job), None)

    def _assign(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.is_free:
                # The first of those whose owner was served longest ago: within an owner the order of speaking.
                job = min(self._waiting, key=lambda waiting: self._served.get(waiting.owner, 0))
                self._waiting.remove(job)
                self._served[job.owner] = next(self._turns)
                self._metrics.waited_s.observe(time.monotonic() - job.begun_s)
                worker.take(job)

    def _limit_wait(self, job: Job, wait_s: float) -> None:
        begun_s = job.begun_s

        def refuse_if_waiting() -> None:
            if job in self._waiting and job.begun_s == begun_s:
                self._waiting.remove(job)
                job.end(JobFailed(BUSY, f"no engine was free within {wait_s:g} s"))

        asyncio.get_running_loop().call_later(wait_s, refuse_if_waiting)
