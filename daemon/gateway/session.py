"""One client's connection: what it says is understood, or ends it with the protocol's code; others never notice."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from daemon.gateway.house import House
from daemon.gateway.outgoing import Outgoing
from daemon.wire.errors import WireError
from daemon.wire.from_client import ClientMessage, parse_client

_LOG = logging.getLogger(__name__)

#: RFC 6455, 7.4.1. The service's own clients try again after any other code.
_NORMAL, _PROTOCOL_ERROR, _UNSUPPORTED, _INVALID = 1000, 1002, 1003, 1007
#: Of what cannot be understood; everything else that is wrong is in what was said.
_CODES = {
    "no_path": _PROTOCOL_ERROR,
    "bad_header": _PROTOCOL_ERROR,
    "too_short": _PROTOCOL_ERROR,
    "not_text": _UNSUPPORTED,
    "not_binary": _UNSUPPORTED,
}
#: Longest reason of a close, bytes (RFC 6455: 125 with the code).
_REASON_BYTES = 120


class Conversation(Protocol):
    """What a connection is about: recognition, or text to speech."""

    async def hear(self, message: ClientMessage) -> None:
        """Take a message. Raises `WireError`."""

    def drain(self) -> None:
        """Finish what is open and end then."""

    async def stop(self) -> None:
        """Give up what is open: the client is gone."""


async def converse(connection: ServerConnection, house: House, outgoing: Outgoing, conversation: Conversation) -> None:
    """Serve a connection to its end."""
    sender = asyncio.ensure_future(outgoing.run())
    try:
        await _listen(connection, house, conversation)
    except WireError as error:
        code = _CODES.get(error.code, _INVALID)
        _LOG.warning("a client was cut off with %d: %s", code, error, extra={"CODE": error.code})
        house.metrics.closed.labels(str(code)).inc()
        await connection.close(code, _reason(str(error)))
    except TimeoutError:
        await connection.close(_NORMAL, f"nothing was said for {house.settings.idle_s:g} s")
    except ConnectionClosed:
        pass
    finally:
        await conversation.stop()
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender


async def _listen(connection: ServerConnection, house: House, conversation: Conversation) -> None:
    while True:
        async with asyncio.timeout(house.settings.idle_s):
            message = await connection.recv()
        await conversation.hear(parse_client(message))


def _reason(text: str) -> str:
    return text.encode()[:_REASON_BYTES].decode(errors="ignore")
