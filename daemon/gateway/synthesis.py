"""A connection for text to speech: one SSML after the other.

``synthesis.context`` and ``ssml`` in; ``turn.start``, ``response``, ``audio`` …, ``turn.end`` out.
"""

from __future__ import annotations

import asyncio

from daemon.engines.base import EngineReady
from daemon.gateway.conversion import OutputFormat, parse_format
from daemon.gateway.house import House
from daemon.gateway.outgoing import TRY_AGAIN_LATER, Outgoing
from daemon.gateway.reading_aloud import ReadingAloud
from daemon.gateway.ssml import Passage, parse_ssml
from daemon.language_tags import base
from daemon.wire.errors import WireError
from daemon.wire.from_client import ClientMessage, Ssml, SynthesisContext
from daemon.wire.from_server import encode_server
from daemon.wire.messages import ServerMessage, SynthesisAudio, SynthesisResponse, TurnEnd, TurnStart
from daemon.wire.units import new_id

_INTERNAL_ERROR = 1011
_DEFAULT_FORMAT = OutputFormat(16_000, riff=True)


class Synthesis:
    """See the module; a `Conversation`."""

    def __init__(self, house: House, outgoing: Outgoing) -> None:
        self._house = house
        self._outgoing = outgoing
        self._wanted = _DEFAULT_FORMAT
        self._reading: ReadingAloud | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._draining = False

    async def hear(self, message: ClientMessage) -> None:
        """See `Conversation`."""
        match message:
            case SynthesisContext():
                await self._idle.wait()
                self._wanted = parse_format(message.output_format) if message.output_format else _DEFAULT_FORMAT
            case Ssml():
                await self._idle.wait()
                self._read(message)
            case _:
                pass  # who it is, telemetry, and what newer clients may say

    def drain(self) -> None:
        """See `Conversation`."""
        self._draining = True
        if self._idle.is_set():
            self._outgoing.end()

    async def stop(self) -> None:
        """See `Conversation`."""
        if self._reading is not None:
            self._reading.stop()

    def _read(self, message: Ssml) -> None:
        if self._house.pool.served is None:  # every engine failed at once: they come back
            self._outgoing.end(TRY_AGAIN_LATER, "no engine is ready")
            return
        turn, stream = message.request_id, new_id()
        passages = spoken_passages(message.text, self._house.served)

        def send(data: bytes) -> None:
            self._say(SynthesisAudio(turn, data, stream))

        def end(error: str) -> None:
            self._idle.set()
            if error:
                self._outgoing.end(_INTERNAL_ERROR, error[:100])
            else:
                self._say(TurnEnd(turn))
                if self._draining:
                    self._outgoing.end()

        self._say(TurnStart(turn, new_id()))
        self._say(SynthesisResponse(turn, stream))
        self._idle.clear()
        self._reading = ReadingAloud(self._house.pool, passages, self._wanted, send, end)
        self._reading.start()

    def _say(self, message: ServerMessage) -> None:
        self._outgoing.put(encode_server(message))


def spoken_passages(ssml: str, served: EngineReady) -> tuple[Passage, ...]:
    """Return what an SSML says. Raises `WireError`, also for languages that are not spoken here."""
    passages = parse_ssml(ssml)
    known = {base(tag) for tag in served.speaks}
    for passage in passages:
        if passage.text and base(passage.lang) not in known:
            raise WireError("unknown_language", f"the language {passage.lang[:20]!a} is not spoken here")
    return passages
