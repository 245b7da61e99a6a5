"""What is asked without a WebSocket: short sound to text, text to speech, which voices, how the gateway is.

Spelt as the Speech service does: ``POST …/speech/recognition/…/cognitiveservices/v1``, ``POST …/cognitiveservices/v1``,
``GET …/cognitiveservices/voices/list``.
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
from daemon.gateway.conversion import HeardSound, parse_format
from daemon.gateway.house import House
from daemon.gateway.http import Answer, HttpError, Request, as_json, text
from daemon.gateway.job import BUSY, JobFailed
from daemon.gateway.job import Answer as JobAnswer
from daemon.gateway.order import check_language, passed_over
from daemon.gateway.profanity import clean
from daemon.gateway.reading_aloud import ReadingAloud
from daemon.gateway.synthesis import spoken_passages
from daemon.gateway.voices import voices
from daemon.wire.context import SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import RecognitionStatus
from daemon.wire.sound import SoundShape, parse_riff_header
from daemon.wire.units import ticks
from daemon.wire.upgrade import OUTPUT_FORMAT, SPEECH_PATH, VOICES_PATH, Service, Upgrade, parse_upgrade
from hw.api import SPEECH_FORMAT

#: Longest sound of one request, seconds, as with the service.
LONGEST_S = 60.0
_HEALTH, _METRICS = "/health", "/metrics"
_DEFAULT_FORMAT = "riff-16khz-16bit-mono-pcm"
_RETRY = ("Retry-After", "1")
#: What a lexical form is without.
_STOPS = ".,!?"


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
        if _route(request, upgrade) is None:
            raise HttpError(HTTPStatus.NOT_FOUND, f"there is no {request.method} {upgrade.path[:80]}")
        if not self._access.admits(upgrade):
            raise HttpError(HTTPStatus.UNAUTHORIZED, "the key or token is not one of this gateway's")
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
        if self._house.pool.served is None:  # they failed while the body came: no language is known now
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "no engine is ready", _RETRY)
        try:
            route = _route(request, upgrade)
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
        language = upgrade.parameter("language")
        asked = SpeechContext(language, profanity=upgrade.parameter("profanity").casefold())
        self._house.remark(*passed_over(asked, upgrade))
        check_language(language, self._house.served)
        pcm = await asyncio.to_thread(_heard, request)
        answer = await self._recognized(language, pcm)
        if isinstance(answer, JobFailed):
            status = HTTPStatus.TOO_MANY_REQUESTS if answer.code == BUSY else HTTPStatus.SERVICE_UNAVAILABLE
            return text(status, answer.text, _RETRY)
        detailed = upgrade.parameter("format").casefold() == "detailed"
        sound_s = len(pcm) / SPEECH_FORMAT.bytes_per_second
        return as_json(_result(answer, sound_s, detailed=detailed, profanity=asked.profanity))

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
    if upgrade.service is Service.RECOGNITION:
        return Service.RECOGNITION.value
    return SPEECH_PATH if path.endswith(SPEECH_PATH) and upgrade.service is None else None


def _heard(request: Request) -> bytes:
    """Return the sound of a request as `SPEECH_FORMAT`. Raises `WireError`."""
    found = parse_riff_header(request.body) if request.body[:4] == b"RIFF" else None
    if found is None:
        kind = request.headers.get("content-type", "")
        raise WireError("bad_audio_header", f"sound must be a WAV file of PCM, not {kind[:60]!a}")
    shape, begin = found
    _check_length(shape, len(request.body) - begin)
    sound = HeardSound(shape)
    return sound.convert(request.body[begin:]) + sound.flush()


def _check_length(shape: SoundShape, length: int) -> None:
    if length > LONGEST_S * shape.bytes_per_second:
        raise WireError("too_long", f"more than {LONGEST_S:g} s of sound")


def _result(answer: EngineFinal, sound_s: float, *, detailed: bool, profanity: str = "") -> dict[str, Any]:
    words = clean(answer.source, answer.source_lang, profanity)
    status = RecognitionStatus.SUCCESS if answer.source else RecognitionStatus.NO_MATCH
    span = {"RecognitionStatus": status.value, "Offset": 0, "Duration": ticks(sound_s)}
    if not answer.source:
        return span
    if not detailed:
        return {**span, "DisplayText": words}
    lexical = " ".join(word.heard or word.text.strip(_STOPS) for word in answer.words) or words.strip(_STOPS)
    best = {"Confidence": 1.0, "Lexical": lexical.lower(), "ITN": answer.source, "MaskedITN": words, "Display": words}
    return {**span, "DisplayText": words, "NBest": [best]}
