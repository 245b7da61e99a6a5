"""What waits to be sent over one connection, in order."""

from __future__ import annotations

import asyncio
from collections import deque

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

#: A client that lets so much pile up does not read, bytes.
_MOST_BYTES = 8 << 20
#: Close codes (RFC 6455, 7.4.1, and IANA's registry): after either a client connects again.
_GOING_AWAY, TRY_AGAIN_LATER = 1001, 1013


class Outgoing:
    """See the module. `put` never waits; `run` sends until the connection ends or is to be closed."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._waiting: deque[str | bytes] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        #: Code and reason of the close that follows the last message.
        self._end: tuple[int, str] | None = None

    def put(self, message: str | bytes) -> None:
        """Have a message sent. Whoever does not read is cut off."""
        if self._end is not None:
            return
        self._waiting.append(message)
        self._bytes += len(message)
        if self._bytes > _MOST_BYTES:
            self._connection.transport.abort()
        self._changed.set()

    def end(self, code: int = _GOING_AWAY, reason: str = "") -> None:
        """Close the connection when everything has been sent; nothing more is taken."""
        if self._end is None:
            self._end = code, reason
        self._changed.set()

    async def run(self) -> None:
        """Send."""
        try:
            while True:
                while self._waiting:
                    message = self._waiting.popleft()
                    self._bytes -= len(message)
                    await self._connection.send(message)
                if self._end is not None:
                    await self._connection.close(*self._end)
                    return
                self._changed.clear()
                await self._changed.wait()
        except ConnectionClosed:
            pass  # whoever receives sees it too
