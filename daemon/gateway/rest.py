"""What is asked without a WebSocket: short sound to text, text to speech, which voices, a token, how the gateway is.

Spelt as the Speech service does: ``POST …/speech/recognition/…/cognitiveservices/v1``, ``POST …/cognitiveservices/v1``,
``GET …/cognitiveservices/voices/list``, ``POST …/sts/v1.0/issueToken``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from http import HTTPMethod, HTTPStatus
from typing import Any

from daemon.engines.base import EngineFinal, EngineHypothesis, EngineReady, Task
from daemon.gateway import metrics
from daemon.gateway.access import Access
from daemon.gateway.conversion import parse_format
from daemon.gateway.house import House
from daemon.gateway.http import Answer, HttpError, Request, as_json, text
from daemon.gateway.job import BUSY, JobFailed
from daemon.gateway.job import Answer as JobAnswer
from daemon.gateway.order import order, passed_over
from daemon.gateway.reading_aloud import ReadingAloud
from daemon.gateway.recordings import heard_recording
from daemon.gateway.results import phrase_of_all
from daemon.gateway.synthesis import spoken_passages
from daemon.gateway.voices import voices
from daemon.wire.context import SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.from_server import phrase_body
from daemon.wire.upgrade import OUTPUT_FORMAT, SPEECH_PATH, VOICES_PATH, Service, Upgrade, parse_upgrade
from hw.api import SPEECH_FORMAT

_HEALTH, _METRICS = "/health", "/metrics"
_TOKEN_PATH = "/sts/v1.0/issuetoken"  # noqa: S105 -- a path
_DEFAULT_FORMAT = "riff-16khz-16bit-mono-pcm"
_RETRY = ("Retry-After", "1")


class Rest:
    """See the module. `is_full` tells whether there are as many sessions as there may be."""

    def __init__(self, house: House, access: Access, is_full: Callable[[], bool]) -> None:
        self._house = house
        self._access = access
        self._is_full = is_full
        #: Requests that an engine works on, or is to.
        self.working = 0

    def admit(self, request: Request) -> AbstractContextManager[None]:
        """Refuse by a request's head what is not to be answered. Raises `HttpError`.

        What an engine is to work on has a place from here on, so that no more are let in while bodies are on their way.
        """
        upgrade = _upgrade(request)
        if request.method == HTTPMethod.GET and upgrade.path in (_HEALTH, _METRICS):
            return nullcontext()
        route = _route(request, upgrade)
        if route is None:
            raise HttpError(HTTPStatus.NOT_FOUND, f"there is no {request.method} {upgrade.path[:80]}")
        if not (self._access.has_key(upgrade) if route == _TOKEN_PATH else self._access.admits(upgrade)):
            raise HttpError(HTTPStatus.UNAUTHORIZED, "the key or token is not one of this gateway's")
        if route == _TOKEN_PATH:
            return nullcontext()
        if self._house.draining or self._house.pool.served is None:
            raise HttpError(HTTPStatus.SERVICE_UNAVAILABLE, "no engine is ready")
        if request.method == HTTPMethod.POST and self._is_full():
            raise HttpError(HTTPStatus.TOO_MANY_REQUESTS, "as many sessions are open as may be")
        return self._place() if request.method == HTTPMethod.POST else nullcontext()

    async def respond(self, request: Request) -> Answer:
        """Answer a request that was admitted."""
        upgrade = _upgrade(request)
        if upgrade.path == _HEALTH:
            return self._health()
        if upgrade.path == _METRICS:
            return Answer(HTTPStatus.OK, self._house.metrics.text(), metrics.CONTENT_TYPE)
        route = _route(request, upgrade)
        if route == _TOKEN_PATH:
            return Answer(HTTPStatus.OK, self._access.issued().encode(), "application/jwt; charset=us-ascii")
        return await self._worked_on(request, upgrade, route)

    async def _worked_on(self, request: Request, upgrade: Upgrade, route: str | None) -> Answer:
        if self._house.pool.served is None:  # they failed while the body came: no language is known now
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "no engine is ready", _RETRY)
        try:
            if route == VOICES_PATH:
                return as_json(voices(self._house.served))
            return await (self._speak(request) if route == SPEECH_PATH else self._recognize(request, upgrade))
        except WireError as error:
            return text(HTTPStatus.BAD_REQUEST, str(error))

    @contextmanager
    def _place(self) -> Iterator[None]:
        self.working += 1
        try:
            yield
        finally:
            self.working -= 1

    def _health(self) -> Answer:
        """Say whether a load balancer is to send clients here."""
        pool = self._house.pool
        state = "draining" if self._house.draining else "ok" if pool.is_ready.is_set() else "loading"
        if pool.is_dead.is_set():
            state = "dead"
        status = HTTPStatus.OK if state == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
        said = {"status": state, "busy": pool.busy, "waiting": pool.waiting, "serves": _serves(self._house.served)}
        return as_json(said, status)

    # ------------------------------------------------------------ recognition

    async def _recognize(self, request: Request, upgrade: Upgrade) -> Answer:
        wanted = order(SpeechContext(), upgrade, self._house.served, whole=True)
        self._house.remark(*passed_over(wanted, upgrade))
        pcm = await asyncio.to_thread(heard_recording, request.body, request.headers.get("content-type", ""))
        answer = await self._recognized(wanted.task.source, pcm)
        if isinstance(answer, JobFailed):
            status = HTTPStatus.TOO_MANY_REQUESTS if answer.code == BUSY else HTTPStatus.SERVICE_UNAVAILABLE
            return text(status, answer.text, _RETRY)
        sound_s = len(pcm) / SPEECH_FORMAT.bytes_per_second
        return as_json(phrase_body(phrase_of_all(answer, sound_s, wanted.manner)))

    async def _recognized(self, language: str, pcm: bytes) -> EngineFinal | JobFailed:
        pool = self._house.pool
        result: asyncio.Future[EngineFinal | JobFailed] = asyncio.get_running_loop().create_future()

        def hear(answer: JobAnswer) -> None:
            if not isinstance(answer, EngineHypothesis) and not result.done():
                result.set_result(answer)

        job = pool.begin(self, Task(language, (), interims=False, hurry=False), hear)
        try:
            pool.feed(job, pcm)
            pool.finish(job)
            return await result
        finally:
            pool.cancel(job)

    # ------------------------------------------------------------ text to speech

    async def _speak(self, request: Request) -> Answer:
        wanted = parse_format(request.headers.get(OUTPUT_FORMAT.lower(), "") or _DEFAULT_FORMAT)
        try:
            ssml = request.body.decode()
        except UnicodeDecodeError as error:
            raise WireError("not_text", f"the SSML is not UTF-8: {error.reason}") from error
        passages = spoken_passages(ssml, self._house.served)
        sound = bytearray()
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        plain = replace(wanted, riff=False)
        reading = ReadingAloud(self._house.pool, passages, plain, sound.extend, ended.set_result)
        try:
            reading.start()
            said = await ended
        finally:
            reading.stop()
        if said:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, said, _RETRY)
        kind = "audio/x-wav" if wanted.riff else "audio/basic"
        return Answer(HTTPStatus.OK, wanted.whole(bytes(sound)), kind)


def _serves(ready: EngineReady) -> dict[str, Any]:
    """Return which languages are served, for a device that asks before it relies on them."""
    pairs = [{"from": pair.source, "to": pair.target} for pair in ready.pairs]
    return {"recognizes": ready.recognizes, "pairs": pairs, "speaks": ready.speaks}


def _upgrade(request: Request) -> Upgrade:
    try:
        return parse_upgrade(request.target, request.headers.items())
    except WireError as error:
        raise HttpError(HTTPStatus.BAD_REQUEST, str(error)) from error


def _route(request: Request, upgrade: Upgrade) -> str | None:
    path = upgrade.path.rstrip("/").lower()
    if request.method == HTTPMethod.GET:
        return VOICES_PATH if path.endswith(VOICES_PATH) else None
    if request.method != HTTPMethod.POST:
        return None
    if path.endswith(_TOKEN_PATH):
        return _TOKEN_PATH
    if upgrade.service is Service.RECOGNITION:
        return Service.RECOGNITION.value
    return SPEECH_PATH if path.endswith(SPEECH_PATH) and upgrade.service is None else None
