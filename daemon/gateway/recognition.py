"""A connection for recognition and translation: one turn after the other."""

from __future__ import annotations

import asyncio
import logging

from daemon.gateway.cutting import GateCutter, WholeCutter, gate_settings
from daemon.gateway.house import House
from daemon.gateway.order import Order, bounded, order, passed_over
from daemon.gateway.outgoing import TRY_AGAIN_LATER, Outgoing
from daemon.gateway.turn import Turn
from daemon.wire.errors import WireError
from daemon.wire.from_client import (
    Audio,
    AudioCommit,
    AudioStart,
    ClientMessage,
    SpeechConfig,
    TurnContext,
    UpdateLanguages,
)
from daemon.wire.from_server import encode_server
from daemon.wire.messages import ServerMessage
from daemon.wire.upgrade import Upgrade
from hw.api import SPEECH_FORMAT

_LOG = logging.getLogger(__name__)
#: Sound is heard in pieces of half a second at most; between two of them the other sessions have their turn.
_PIECE_BYTES = SPEECH_FORMAT.bytes_per_second // 2
#: No utterance is longer than this: a turn that has grown too long waits for a pause, but not more.
_LONGEST_UTTERANCE_S = 30.0
#: Clients that send one utterance a turn, by the name they give themselves.
_WITH_OWN_GATE = frozenset({"dragoman"})


class Recognition:
    """See the module; a `Conversation`."""

    def __init__(self, upgrade: Upgrade, house: House, outgoing: Outgoing) -> None:
        self._upgrade = upgrade
        self._house = house
        self._outgoing = outgoing
        self._has_gate = False
        self._turn: Turn | None = None
        self._draining = False

    async def hear(self, message: ClientMessage) -> None:
        """See `Conversation`."""
        match message:
            case SpeechConfig():
                self._has_gate = message.client.casefold() in _WITH_OWN_GATE
            case TurnContext():
                await self._begin(message)
            case AudioStart():
                await self._sound_begins(message)
            case Audio():
                await self._sound(message)
            case UpdateLanguages():
                if self._turn is not None:
                    self._turn.translate_into(bounded(message.targets))
            case AudioCommit():
                if self._turn is not None:
                    self._turn.commit()
            case _:
                pass  # telemetry, and what newer clients may say

    def drain(self) -> None:
        """See `Conversation`."""
        self._draining = True
        if self._turn is None or self._turn.over.is_set() or self._turn.is_resting:
            self._outgoing.end()

    async def stop(self) -> None:
        """See `Conversation`."""
        if self._turn is not None:
            self._turn.cancel()
        self._house.pool.leave(self)

    # ------------------------------------------------------------ turns

    async def _begin(self, message: TurnContext) -> None:
        await self._end_last()
        if not message.request_id:
            raise WireError("no_path", "speech.context without X-RequestId")
        try:
            async with asyncio.timeout(self._house.settings.wait_s):
                await self._house.pool.is_ready.wait()
        except TimeoutError:  # every engine failed at once; which languages they will serve nobody can say
            self._outgoing.end(TRY_AGAIN_LATER, "no engine is ready")
            return
        wanted = order(message.context, self._upgrade, self._house.served, whole=self._has_gate)
        self._house.remark(*passed_over(wanted, self._upgrade))
        self._turn = self._made(message.request_id, wanted)

    async def _end_last(self) -> None:
        """Let the turn before be answered, if its sound is complete; one that the client left is given up."""
        turn = self._turn
        if turn is None or turn.over.is_set():
            return
        if turn.is_complete:
            await turn.over.wait()
        else:
            turn.cancel()

    def _made(self, request_id: str, wanted: Order) -> Turn:
        house = self._house
        cutter = WholeCutter() if wanted.whole else GateCutter(gate_settings(house.gate, wanted.context))

        def say(message: ServerMessage) -> None:
            self._outgoing.put(encode_server(message, wanted.vocabulary))

        return Turn(request_id, self, wanted, cutter, house.pool, house.metrics, say, self._resting)

    def _resting(self) -> None:
        if self._draining:
            self._outgoing.end()

    # ------------------------------------------------------------ sound

    async def _sound_begins(self, message: AudioStart) -> None:
        if (turn := self._of(message.request_id)) is not None:
            turn.start_sound(message.shape)
            await self._hear(turn, message.pcm)

    async def _sound(self, message: Audio) -> None:
        if (turn := self._of(message.request_id)) is None:
            return
        if message.pcm:
            await self._hear(turn, message.pcm)
        else:
            turn.finish()

    def _of(self, request_id: str) -> Turn | None:
        """Return the turn at hand, if that is the one meant: what is left of an earlier one is not wanted."""
        turn = self._turn
        return turn if turn is not None and turn.request_id == request_id else None

    async def _hear(self, turn: Turn, pcm: bytes) -> None:
        for at in range(0, len(pcm), _PIECE_BYTES):
            await turn.room()
            turn.hear(pcm[at : at + _PIECE_BYTES])
            await asyncio.sleep(0)
        over_s = turn.heard_s - self._house.settings.turn_s
        if over_s >= _LONGEST_UTTERANCE_S or (over_s >= 0 and turn.is_in_a_pause):
            turn.finish(more_comes=True)  # the client begins another, with what has no phrase yet
