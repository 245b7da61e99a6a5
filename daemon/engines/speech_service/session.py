"""Recognition over one connection at a time: opened ahead of speech, kept warm, opened again when it is lost.

One utterance is one turn of the protocol, one after the other: what is spoken meanwhile waits here and follows faster
than it was spoken. A connection that is lost in mid-turn is told as a failure, and `EngineReady` again when there is a
new one; one that is lost between turns is opened again without a word. All of it runs in one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable

from daemon.engines.base import Cure, EngineFailure, EngineFinal, EngineReady, Task
from daemon.engines.speech_service.allowance import USED_UP
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.link import Link
from daemon.engines.speech_service.request import Requests
from daemon.engines.speech_service.tasks import end
from daemon.engines.speech_service.turn import Around, Turn
from daemon.engines.speech_service.utterances import Utterance, Utterances
from daemon.wire.messages import ServerMessage

_LOG = logging.getLogger(__name__)
#: Connections that may be lost so soon in a row, between turns, before it is a failure.
_MOST_BRIEF = 3

Connect = Callable[[str], Awaitable[Link]]


class Session:
    """See the module. `connect` opens a connection to an address; `wanted` is what it is opened for at first."""

    def __init__(
        self, requests: Requests, wanted: Task, connect: Connect, around: Around, ready: Callable[[], EngineReady]
    ) -> None:
        self._requests = requests
        self._connect = connect
        self._around = around
        self._ready = ready
        self._utterances = Utterances()
        #: The address of the connection, and the one that the next utterance needs.
        self._url = requests.url(wanted)
        self._turn: Turn | None = None
        #: What that turn is about; kept until the loss of its connection has been told.
        self._at_hand: Utterance | None = None
        self._closing: set[asyncio.Future[None]] = set()
        #: What was said to be wrong since there was last a connection.
        self._told: tuple[str, Cure] | None = None
        self._is_up = False
        self._attempt = 0
        self._wanted = asyncio.Event()

    # ------------------------------------------------------------ from the daemon, in the loop's thread

    def begin(self, number: int, task: Task) -> None:
        """Start an utterance; one that is known begins anew."""
        if not self._is_up:
            return
        self._utterances.remove(number)
        self._utterances.add(Utterance(number, task))
        self._wanted.set()

    def feed(self, number: int, pcm: bytes) -> None:
        """Take more of its sound."""
        known = self._utterances.get(number)
        if known is None or known.complete_ns is not None:
            return
        known.add(pcm)
        if self._utterances.too_many:
            text = f"more sound waits for {self._around.where} than is reasonable"
            self._fail_one(known, ServiceFault("backlog", text, Cure.NEXT))

    def finish(self, number: int) -> None:
        """Take note that its sound is complete."""
        known = self._utterances.get(number)
        if known is not None:
            known.finish()

    def cancel(self, number: int) -> None:
        """Forget it; a turn that has begun is brought to its end without a word."""
        self._utterances.remove(number)

    # ------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Connect, do turns, connect again, for ever."""
        try:
            while True:
                fault = await self._one_connection()
                if fault is not None:
                    self._lost(fault)
                    await self._pause(fault)
        finally:
            await asyncio.gather(*self._closing, return_exceptions=True)

    async def _one_connection(self) -> ServiceFault | None:
        """Live through one connection; return what ended it, None for the wish for another address."""
        began = time.monotonic()
        try:
            self._around.allowance.check()
            link = await self._connect(self._url)
        except ServiceFault as fault:
            self._is_up = False
            return fault
        self._connected()
        try:
            return await self._serve(link)
        finally:
            if time.monotonic() - began > self._around.deadlines.good_s:
                self._attempt = 0
            self._close(link)

    def _connected(self) -> None:
        self._told = None
        if not self._is_up:
            self._is_up = True
            self._around.say(self._ready())

    def _close(self, link: Link) -> None:
        """Close a connection while the next one is opened: a server that hangs takes its time."""
        closing = asyncio.ensure_future(link.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def _serve(self, link: Link) -> ServiceFault | None:
        """Do turns until the connection is lost."""
        reader = asyncio.ensure_future(self._read(link))
        turns = asyncio.ensure_future(self._turns(link))
        try:
            await asyncio.wait({reader, turns}, return_when=asyncio.FIRST_COMPLETED)
            for task in (turns, reader):
                if task.done():
                    task.result()
        except ServiceFault as fault:
            return fault
        else:
            return None
        finally:
            await end(reader, turns)

    async def _read(self, link: Link) -> None:
        while True:
            self._hear(await link.receive())

    def _hear(self, message: ServerMessage) -> None:
        turn = self._turn
        if turn is None or message.request_id.casefold() != turn.request_id:
            text = f"{self._around.where} said {type(message).__name__} of a turn that is not the one at hand"
            self._around.oddities.note("wrong_request_id", text)
            return
        turn.hear(message)

    async def _turns(self, link: Link) -> None:
        while True:
            self._around.allowance.check()
            utterance = await self._utterances.oldest()
            if utterance.over:
                continue
            url = self._requests.url(utterance.task)
            if url != self._url:
                self._url = url
                return
            await self._one_turn(utterance, link)

    async def _one_turn(self, utterance: Utterance, link: Link) -> None:
        if not utterance.sound:
            self._around.say(EngineFinal(utterance.number, utterance.task.source, "", {}, 0))
            self._utterances.forget(utterance)
            return
        lang = self._requests.spoken(utterance.task)
        if lang:
            self._around.speech.expect(utterance.number, lang)
        self._at_hand = utterance
        self._turn = Turn(utterance, self._requests.context(utterance.task), link, self._around)
        try:
            await self._turn.run()
        finally:
            self._turn = None
        self._attempt, self._at_hand = 0, None
        self._utterances.forget(utterance)

    # ------------------------------------------------------------ failures

    def _fail_one(self, utterance: Utterance, fault: ServiceFault) -> None:
        if not utterance.over:
            self._utterances.forget(utterance)
            event = EngineFailure(self._around.engine, fault.code, fault.text, fault.cure, utterance.number)
            self._around.say(event)

    def _lost(self, fault: ServiceFault) -> None:
        """Say what was lost, if anything was: an utterance in the middle of its turn, or the way to a connection."""
        interrupted, self._at_hand = self._at_hand, None
        if interrupted is not None and fault.blames_turn:
            self._fail_one(interrupted, fault)
        if interrupted is not None and interrupted.over:
            self._utterances.forget(interrupted)
            interrupted = None
        is_brief = fault.code != USED_UP and self._attempt < _MOST_BRIEF
        if self._is_up and interrupted is None and is_brief:
            _LOG.info("%s: connecting again", fault.text, extra={"ENGINE": self._around.engine})
            return
        self._is_up = False
        self._utterances.clear()
        if (fault.code, fault.cure) != self._told:
            self._told = fault.code, fault.cure
            self._around.say(EngineFailure(self._around.engine, fault.code, fault.text, fault.cure))

    async def _pause(self, fault: ServiceFault) -> None:
        """Wait before the next attempt; while all seems well, an utterance ends the wait."""
        deadlines = self._around.deadlines
        wait_s = deadlines.back_off(self._attempt) * random.uniform(0.5, 1.0)  # noqa: S311 -- no secret
        self._attempt += 1
        if fault.cure is Cure.CONFIGURE and not fault.blames_turn:
            wait_s = deadlines.day_s if fault.code == USED_UP else deadlines.configure_s
        self._wanted.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(wait_s, fault.wait_s)):
                await self._wanted.wait()
