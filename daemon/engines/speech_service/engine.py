"""An engine elsewhere: the Speech service's protocol behind `Engine`, in an event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from daemon import __version__
from daemon.engines.base import (
    Cure,
    EngineEvent,
    EngineFailure,
    EngineReady,
    Sink,
    Task,
    TextTranslated,
)
from daemon.engines.speech_service.access import access
from daemon.engines.speech_service.allowance import Allowance, local_day
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.link import Link, Loop, open_link
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.request import Requests
from daemon.engines.speech_service.session import Session
from daemon.engines.speech_service.synthesis import Synthesis
from daemon.engines.speech_service.tasks import end
from daemon.engines.speech_service.turn import Around
from daemon.engines.speech_service.usage_file import UsageFile, read, usage_path
from daemon.engines.speech_service.utterance_speech import UtteranceSpeech
from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, TranslationError
from daemon.files import state_directory
from daemon.wire.from_client import SpeechConfig
from daemon.wire.units import new_id

_LOG = logging.getLogger(__name__)
#: `close` waits so long for the thread; it is left to the end of the process then.
_CLOSE_S = 1.8


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the service before it is asked."""

    #: Name of the driver, and how the service is called in messages for people.
    engine: str
    where: str
    #: What `EngineReady` says.
    ready: EngineReady
    #: What the connection is opened for.
    wanted: Task


class SpeechServiceEngine:
    """See the module. `requests` is a function because settings may be wrong: it raises `ServiceFault`."""

    def __init__(
        self,
        known: Known,
        requests: Callable[[], Requests],
        deadlines: Deadlines | None = None,
        minutes: float = 0.0,
    ) -> None:
        self.name = known.engine
        #: What the service said that it should not, by code.
        self.oddities = Oddities(known.engine)
        self._known = known
        self._make_requests = requests
        self._deadlines = deadlines or Deadlines()
        self._minutes = minutes
        self._saying = threading.Lock()
        self._sink: Sink | None = None
        self._loop = Loop()
        self._thread = threading.Thread(target=self._live, name=known.engine, daemon=True)
        self._main: asyncio.Task[None] | None = None
        self._session: Session | None = None
        self._synthesis: Synthesis | None = None
        self._speech: UtteranceSpeech | None = None

    # ------------------------------------------------------------ Engine

    def open(self, sink: Sink) -> None:
        """See `Engine`."""
        self._sink = sink
        self._thread.start()

    def begin(self, utterance: int, task: Task) -> None:
        """See `Engine`."""
        self._tell(lambda session: session.begin(utterance, task))

    def feed(self, utterance: int, pcm: bytes) -> None:
        """See `Engine`."""
        self._tell(lambda session: session.feed(utterance, pcm))

    def pause(self, utterance: int) -> None:
        """See `Engine`. The service goes by the sound alone."""

    def resume(self, utterance: int) -> None:
        """See `Engine`. The service goes by the sound alone."""

    def finish(self, utterance: int) -> None:
        """See `Engine`."""
        self._tell(lambda session: session.finish(utterance))

    def cancel(self, utterance: int) -> None:
        """See `Engine`."""
        self._tell(lambda session: session.cancel(utterance))

    def translate(self, request: str, text: str, task: Task) -> None:  # noqa: ARG002 -- the text is not sent anywhere
        """See `Engine`. The service translates what is spoken only: every target has the error ``speech_only``."""
        error = TranslationError("speech_only", f"{self._known.where} translates speech, not typed text")
        self._say(TextTranslated(request, dict.fromkeys(task.targets, Translation(error=error))))

    def speak(self, request: SpeechRequest) -> None:
        """See `Engine`. A translation whose speech came with its utterance is not synthesized again."""
        self._post(self._speak, request)

    def hush(self, request: str) -> None:
        """See `Engine`."""
        self._post(self._hush, request)

    def close(self) -> None:
        """See `Engine`."""
        with self._saying:
            self._sink = None
        if self._thread.is_alive():
            self._post(self._stop)
            self._thread.join(_CLOSE_S)
        elif not self._loop.is_closed():
            self._loop.close()

    # ------------------------------------------------------------ the thread

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._main = self._loop.create_task(self._run())
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._main)
            self._loop.run_until_complete(end(*asyncio.all_tasks(self._loop)))  # those of the library
            self._loop.run_until_complete(asyncio.sleep(0))  # sockets are closed in the next round
        finally:
            self._loop.close()

    async def _run(self) -> None:
        try:
            requests = self._make_requests()
        except ServiceFault as fault:
            self._say(EngineFailure(self.name, fault.code, fault.text, fault.cure))
            await asyncio.Event().wait()
            return
        await self._work(requests)

    async def _work(self, requests: Requests) -> None:
        kept = UsageFile(path := usage_path(self.name, state_directory()) if self._minutes else None)
        allowance = Allowance(self.name, self._minutes, read(path), keep=kept.keep, say=self._say, today=local_day)
        try:
            await self._work_within(requests, allowance)
        finally:
            allowance.close()
            kept.close()

    async def _work_within(self, requests: Requests, allowance: Allowance) -> None:
        connection_id = new_id()

        async def connect(url: str) -> Link:
            settings = requests.settings
            let_in = access(self.name, settings, url)
            link = await open_link(
                self._known.where, url, connection_id, let_in, settings.proxy, self._deadlines, self.oddities
            )
            try:
                await link.send(SpeechConfig("Dragoman", __version__, platform.system(), "Microphones"))
            except BaseException:
                await link.close()
                raise
            return link

        synthesis = Synthesis(
            self._known.where, requests, lambda: connect(requests.addresses.synthesis), self._say, self._deadlines
        )
        self._speech = UtteranceSpeech(self._say, synthesis.speak, self.oddities)
        around = Around(
            engine=self.name,
            where=self._known.where,
            deadlines=self._deadlines,
            speed=requests.settings.replay_speed,
            say=self._say,
            speech=self._speech,
            oddities=self.oddities,
            allowance=allowance,
        )
        self._session = Session(requests, self._known.wanted, connect, around, lambda: self._known.ready)
        self._synthesis = synthesis
        tasks = [asyncio.ensure_future(work) for work in (self._session.run(), synthesis.run())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        except Exception as error:  # noqa: BLE001 -- whatever it dies of is told, and the next engine is asked
            _LOG.exception("%s died", self.name)
            text = f"{self._known.where}: the client died of {type(error).__name__}: {error}"
            self._say(EngineFailure(self.name, "engine_died", text, Cure.NEXT))
        finally:
            await end(*tasks)

    def _stop(self) -> None:
        if self._main is not None:
            self._main.cancel()

    def _speak(self, request: SpeechRequest) -> None:
        if self._speech is None or self._synthesis is None:
            error = f"{self._known.where} has not been reached yet"
            self._say(SynthesizedSpeech(request.id, request.lang, b"", 16_000, last=True, error=error))
        elif not self._speech.speak(request):
            self._synthesis.speak(request)

    def _hush(self, request: str) -> None:
        if self._speech is not None and self._synthesis is not None and not self._speech.hush(request):
            self._synthesis.hush(request)

    def _tell(self, what: Callable[[Session], None]) -> None:
        def told() -> None:
            if self._session is not None:
                what(self._session)

        self._post(told)

    def _post(self, function: Callable[..., None], *arguments: Any) -> None:
        """Have something called in the loop; before it runs and after it has ended nothing is."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(function, *arguments)

    def _say(self, event: EngineEvent) -> None:
        with self._saying:
            if self._sink is not None:
                self._sink(event)
