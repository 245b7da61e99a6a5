"""Listens, lets in and serves: WebSocket sessions and plain HTTP on one port."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from daemon.gateway.access import Access
from daemon.gateway.door import Door, Inside
from daemon.gateway.house import House
from daemon.gateway.http import serve as serve_http
from daemon.gateway.outgoing import Outgoing
from daemon.gateway.recognition import Recognition
from daemon.gateway.rest import Rest
from daemon.gateway.session import Conversation, converse
from daemon.gateway.synthesis import Synthesis
from daemon.wire.errors import WireError
from daemon.wire.upgrade import Service, Upgrade, parse_upgrade

_LOG = logging.getLogger(__name__)

#: Longest message, bytes: half a minute of sound at 16 kHz. A longer one ends its connection with 1009.
_MOST_MESSAGE = 1 << 20
#: Messages of one client that wait to be understood; then its connection fills up.
_MOST_QUEUED = 16
#: A client is asked so often whether it is alive, and must answer within so long, seconds.
_PING_S, _PONG_S = 20.0, 20.0
_CLOSE_S = 2.0
_OPEN_S = 10.0
#: Connections beside the sessions: text to speech, health checks, those that are being refused.
SPARE = 64
_RETRY_AFTER = "Retry-After", "1"
#: Said to plain HTTP above as many connections.
_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class GatewayServer:
    """See the module. `most`: sessions side by side."""

    def __init__(self, house: House, access: Access, most: int) -> None:
        self._house = house
        self._access = access
        self._most = most
        self._rest = Rest(house, access, self._is_full)
        self._upgrades: dict[ServerConnection, Upgrade] = {}
        self._sessions: set[ServerConnection] = set()
        self._conversations: dict[ServerConnection, Conversation] = {}
        self._requests: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        metrics = house.metrics
        metrics.gauge("sessions", "Sessions that are open.", lambda: len(self._sessions))
        metrics.gauge("sessions_most", "Sessions that may be open.", lambda: most)

    async def open(self) -> None:
        """Listen. Raises OSError."""
        access = self._access
        self._server = await serve(
            self._serve,
            access.host,
            access.port,
            ssl=access.tls,
            process_request=self._admit,
            create_connection=cast("type[ServerConnection]", self._door),  # a factory will do
            compression=None,  # sound does not get shorter by it, and the service does not offer it
            max_size=_MOST_MESSAGE,
            max_queue=_MOST_QUEUED,
            ping_interval=_PING_S,
            ping_timeout=_PONG_S,
            open_timeout=_OPEN_S,
            close_timeout=_CLOSE_S,
            server_header=None,
        )

    @property
    def port(self) -> int:
        """The port, also where the settings leave it to the system (0)."""
        if self._server is None:
            raise RuntimeError("the server is not open")
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, within_s: float) -> int:
        """Let nobody in any more, finish what is open, close; return how many sessions were cut off."""
        self._house.draining = True
        if self._server is None:
            return 0
        self._server.close(close_connections=False)
        for conversation in list(self._conversations.values()):
            conversation.drain()
        waited = {*self._server.handler_tasks, *self._requests}
        if waited:
            await asyncio.wait(waited, timeout=within_s)
        left = list(self._conversations)
        for connection in left:
            connection.transport.abort()
        for task in self._requests:
            task.cancel()
        return len(left)

    def _door(self, protocol: ServerProtocol, server: Server, **options: Any) -> ServerConnection:
        return Door(protocol, server, inside=Inside(self._serve_http, self._closed), **options)

    # ------------------------------------------------------------ WebSocket

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a connection, or let it in."""
        try:
            upgrade = parse_upgrade(request.path, request.headers.raw_items())
        except WireError as error:
            return self._refuse(connection, HTTPStatus.BAD_REQUEST, str(error))
        if upgrade.service is None:
            return self._refuse(connection, HTTPStatus.NOT_FOUND, f"there is no service at {upgrade.path[:80]}")
        if not self._access.admits(upgrade):
            text = "the key or token is not one of this gateway's"
            return self._refuse(connection, HTTPStatus.UNAUTHORIZED, text)
        if self._house.draining or not self._house.pool.is_ready.is_set():
            return self._refuse(connection, HTTPStatus.SERVICE_UNAVAILABLE, "no engine is ready")
        is_session = upgrade.service is not Service.SYNTHESIS
        if is_session and upgrade.connection_id:
            self._supersede(upgrade.connection_id)
        if len(self._upgrades) >= self._most + SPARE or (is_session and self._is_full()):
            text = f"{self._most} sessions are open, as many as may be"
            return self._refuse(connection, HTTPStatus.TOO_MANY_REQUESTS, text)
        self._upgrades[connection] = upgrade
        if is_session:
            self._sessions.add(connection)
        return None

    def _supersede(self, connection_id: str) -> None:
        """End the session that a client had before it lost its connection: from here that may look alive for long."""
        for connection in [each for each in self._sessions if self._upgrades[each].connection_id == connection_id]:
            connection.transport.abort()
            self._closed(connection)

    def _is_full(self) -> bool:
        return len(self._sessions) + self._rest.working >= self._most

    def _refuse(self, connection: ServerConnection, status: HTTPStatus, text: str) -> Response:
        self._house.metrics.refused.labels(str(status.value)).inc()
        response = connection.respond(status, f"{text}\n")
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            response.headers[_RETRY_AFTER[0]] = _RETRY_AFTER[1]
        return response

    async def _serve(self, connection: ServerConnection) -> None:
        upgrade = self._upgrades.get(connection)
        if upgrade is None:  # its client has come back already
            return
        service = upgrade.service or Service.UNIVERSAL
        self._house.metrics.connections.labels(service.value).inc()
        outgoing = Outgoing(connection)
        conversation: Conversation = (
            Synthesis(self._house, outgoing)
            if service is Service.SYNTHESIS
            else Recognition(upgrade, self._house, outgoing)
        )
        self._conversations[connection] = conversation
        if self._house.draining:
            conversation.drain()
        try:
            await converse(connection, self._house, outgoing, conversation)
        finally:
            self._conversations.pop(connection, None)

    def _closed(self, connection: ServerConnection) -> None:
        self._upgrades.pop(connection, None)
        self._sessions.discard(connection)

    # ------------------------------------------------------------ HTTP

    def _serve_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._requests) >= self._most + SPARE:
            # Nothing of it is read: what is read has to be kept.
            writer.write(_TOO_MANY)
            writer.close()
            self._answered(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        task = asyncio.ensure_future(self._answer(reader, writer))
        self._requests.add(task)
        task.add_done_callback(self._requests.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve_http(reader, writer, self._rest.admit, self._rest.respond, self._answered)

    def _answered(self, status: HTTPStatus) -> None:
        if status >= HTTPStatus.BAD_REQUEST:
            self._house.metrics.refused.labels(str(status.value)).inc()
