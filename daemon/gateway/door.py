"""The door: one port for WebSocket and plain HTTP.

`websockets` refuses a request that has a body or is no GET, and health checks, metrics and the service's REST calls are
such requests. So each connection's first bytes are looked at, and it goes on as what it is: a WebSocket of that
library, or requests for `daemon.gateway.http`. One listener means one certificate, one token, one line in a load
balancer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.server import ServerProtocol

from daemon.gateway.http import HEAD_S, MOST_HEAD

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Inside:
    """Where connections go."""

    #: Gets the reader and the writer of one that is plain HTTP.
    serve_http: Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
    #: Gets each WebSocket that has ended, whatever became of it.
    closed: Callable[[ServerConnection], None]


class Door(ServerConnection):
    """One connection, before and after it is known what it is."""

    def __init__(self, protocol: ServerProtocol, server: Server, *, inside: Inside, **options: Any) -> None:
        super().__init__(protocol, server, **options)
        self._inside = inside
        self._first = b""
        self._is_known = False
        self._undecided: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`: wait for the first bytes, within bounds."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a connection over {type(transport).__name__}")
        self._undecided = transport
        self._limit = self.loop.call_later(HEAD_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._is_known:
            super().data_received(data)
            return
        self._first += data
        if _END in self._first or len(self._first) > MOST_HEAD or not _may_be_get(self._first):
            self._decide()

    def eof_received(self) -> None:
        """See `asyncio.Protocol`."""
        if self._is_known:
            super().eof_received()
        elif self._undecided is not None:
            self._undecided.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._limit is not None:
            self._limit.cancel()
        if self._is_known:
            super().connection_lost(exc)
            self._inside.closed(self)

    def _decide(self) -> None:
        transport, self._undecided = self._undecided, None
        if self._limit is not None:
            self._limit.cancel()
        if transport is None:
            return
        if _is_websocket(self._first):
            self._is_known = True
            super().connection_made(transport)
            super().data_received(self._first)
        else:
            _hand_over(transport, self._first, self._inside)


def _hand_over(transport: asyncio.Transport, first: bytes, inside: Inside) -> None:
    reader = asyncio.StreamReader(limit=MOST_HEAD)
    protocol = asyncio.StreamReaderProtocol(reader, inside.serve_http)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    protocol.data_received(first)


def _may_be_get(first: bytes) -> bool:
    """Tell whether it may become a request for a WebSocket."""
    return first[:4] == b"GET "[: len(first)]


def _is_websocket(first: bytes) -> bool:
    head = first.partition(_END)[0].lower()
    return head.startswith(b"get ") and any(
        name.strip() == b"upgrade" and b"websocket" in value
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
    )
