"""Text to speech on request, over a connection of its own: one text after the other, the sound passed on as it comes.

Protocol: ``speech.config`` once; then for each text ``synthesis.context`` and ``ssml``; the server answers
``turn.start``, ``response``, ``audio`` …, ``turn.end``. Source: the open JavaScript client's
``SynthesisAdapterBase.ts``.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.link import Link
from daemon.engines.speech_service.request import SPEECH_FORMAT_NAME, Requests
from daemon.engines.speech_service.speech_blocks import SpeechBlocks
from daemon.engines.speech_service.tasks import end
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.wire.errors import WireError
from daemon.wire.from_client import Ssml, SynthesisContext
from daemon.wire.messages import SynthesisAudio, SynthesisEnd, TurnEnd
from daemon.wire.units import new_id

_LOG = logging.getLogger(__name__)
#: Texts that wait; the next one ends at once, without sound.
_WAITING = 16


class Synthesis:
    """See the module. `say` gets the blocks, in the loop's thread."""

    def __init__(
        self,
        where: str,
        requests: Requests,
        connect: Callable[[], Awaitable[Link]],
        say: Callable[[SynthesizedSpeech], None],
        deadlines: Deadlines,
    ) -> None:
        self._where = where
        self._requests = requests
        self._connect = connect
        self._say = say
        self._deadlines = deadlines
        self._waiting: deque[SpeechRequest] = deque()
        self._asked = asyncio.Event()
        self._spoken: SpeechRequest | None = None
        self._speaking: asyncio.Future[Any] | None = None
        self._link: Link | None = None

    def speak(self, request: SpeechRequest) -> None:
        """Have a text spoken after those that wait."""
        if len(self._waiting) >= _WAITING:
            self._last(request, SpeechBlocks(), "too many texts wait to be spoken")
            return
        self._waiting.append(request)
        self._asked.set()

    def hush(self, request_id: str) -> None:
        """End a request, wherever it is. Unknown: ignored."""
        if self._spoken is not None and self._spoken.id == request_id and self._speaking is not None:
            self._speaking.cancel()
        for request in [request for request in self._waiting if request.id == request_id]:
            self._waiting.remove(request)
            self._last(request, SpeechBlocks(), "")

    async def run(self) -> None:
        """Speak what is asked for, for ever."""
        try:
            while True:
                while not self._waiting:
                    self._asked.clear()
                    await self._asked.wait()
                await self._one(self._waiting.popleft())
        finally:
            await self._drop()

    async def _one(self, request: SpeechRequest) -> None:
        blocks, error = SpeechBlocks(), ""
        self._spoken, self._speaking = request, asyncio.ensure_future(self._speak(request, blocks))
        try:
            await asyncio.wait({self._speaking})
            if self._speaking.cancelled():
                await self._drop()  # hushed: what the server still sends is not wanted
            else:
                self._speaking.result()
        except (ServiceFault, WireError) as fault:
            error = str(fault)
            _LOG.warning("speech: %s", error)
            await self._drop()
        finally:
            await end(self._speaking)
            self._spoken = None
        self._last(request, blocks, error)

    async def _speak(self, request: SpeechRequest, blocks: SpeechBlocks) -> None:
        """Ask over the connection that is there; if it has gone meanwhile, over a new one."""
        if self._link is not None:
            try:
                await self._ask(self._link, request, blocks)
            except ServiceFault as fault:
                if fault.code != "connection_lost" or blocks.began:
                    raise
                await self._drop()
            else:
                return
        self._link = await self._connect()
        await self._ask(self._link, request, blocks)

    async def _ask(self, link: Link, request: SpeechRequest, blocks: SpeechBlocks) -> None:
        turn = new_id()
        await link.send(SynthesisContext(turn, SPEECH_FORMAT_NAME))
        await link.send(Ssml(turn, self._requests.ssml(request.lang, request.text)))
        while True:
            message = await self._answer(link)
            if message.request_id.casefold() != turn:
                continue
            match message:
                case SynthesisAudio():
                    pcm = blocks.feed(message.data)
                    if pcm:
                        self._say(SynthesizedSpeech(request.id, request.lang, pcm, blocks.rate_hz))
                case SynthesisEnd() if message.error:
                    raise ServiceFault("synthesis_failed", f"{self._where} could not speak: {message.error}")
                case TurnEnd():
                    return

    async def _answer(self, link: Link) -> Any:
        within_s = self._deadlines.turn_end_s
        try:
            async with asyncio.timeout(within_s):
                return await link.receive()
        except TimeoutError:
            text = f"{self._where} sent no speech within {within_s:g} s"
            raise ServiceFault("synthesis_timeout", text) from None

    def _last(self, request: SpeechRequest, blocks: SpeechBlocks, error: str) -> None:
        self._say(SynthesizedSpeech(request.id, request.lang, b"", blocks.rate_hz, last=True, error=error))

    async def _drop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()
