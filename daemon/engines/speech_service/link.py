"""One connection to the service: the only importer of websockets here. Everything that fails is a `ServiceFault`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxyStatus, InvalidStatus, InvalidURI

from daemon.engines.base import Cure
from daemon.engines.speech_service.access import Access
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault, closed, refused, unreachable, wait_of
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.request import USER_AGENT
from daemon.engines.speech_service.tasks import end
from daemon.wire.errors import WireError
from daemon.wire.from_client import ClientMessage, encode_client
from daemon.wire.from_server import parse_server
from daemon.wire.messages import ServerMessage
from daemon.wire.upgrade import Upgrade

#: Longest message that is taken, bytes: two minutes of speech at 24 kHz would fit.
_MAX_MESSAGE = 1 << 22
_WS_PORT, _WSS_PORT = 80, 443


class Loop(asyncio.SelectorEventLoop):
    """An event loop that can be left while a name is being resolved: the resolver's thread is a daemon's."""

    async def getaddrinfo(self, *arguments: Any, **named: Any) -> Any:
        """See `asyncio`: the same in a thread that nobody waits for at the end."""
        answer: asyncio.Future[Any] = self.create_future()

        def resolve() -> None:
            try:
                outcome: Any = socket.getaddrinfo(*arguments, **named)
            except OSError as error:
                outcome = error
            if not self.is_closed():
                self.call_soon_threadsafe(settle, outcome)

        def settle(outcome: Any) -> None:
            if answer.done():
                return
            if isinstance(outcome, OSError):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        threading.Thread(target=resolve, name="resolver", daemon=True).start()
        return await answer


class Link:
    """See the module. `where` is how the service is called in messages for people."""

    def __init__(self, where: str, connection: ClientConnection, oddities: Oddities) -> None:
        self._where = where
        self._connection = connection
        self._oddities = oddities

    async def send(self, message: ClientMessage) -> None:
        """Send a message; waits while the server does not take what was sent before."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            await self._connection.send(encode_client(message, stamp))
        except ConnectionClosed as error:
            raise self._closed(error) from error

    async def receive(self) -> ServerMessage:
        """Return the next message that is one."""
        while True:
            try:
                return parse_server(await self._connection.recv())
            except WireError as error:
                self._oddities.note(error.code, f"{self._where} sent {error}")
            except ConnectionClosed as error:
                raise self._closed(error) from error

    async def close(self) -> None:
        """End the connection, politely for a moment."""
        await self._connection.close()

    def _closed(self, error: ConnectionClosed) -> ServiceFault:
        said = error.rcvd
        if said is None and error.sent is not None and not error.rcvd_then_sent and error.sent.reason:
            return ServiceFault("connection_lost", f"{self._where}: {error.sent.reason}")
        return closed(self._where, said.code if said else None, said.reason if said else "")


async def open_link(
    where: str, url: str, connection_id: str, access: Access, proxy: str, deadlines: Deadlines, oddities: Oddities
) -> Link:
    """Connect, each step within its deadline. Raises `ServiceFault`."""
    connected = asyncio.Event()

    class Connection(ClientConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            connected.set()

    def opening(sock: socket.socket | None) -> connect:
        options: dict[str, Any] = {} if access.tls is None else {"ssl": access.tls}
        if sock is not None:
            options |= {"sock": sock}
        return connect(
            url,
            compression=None,  # speech does not get shorter, and the service does not offer it
            additional_headers=Upgrade("", (), connection_id, access.key, access.token).headers(),
            user_agent_header=USER_AGENT,
            proxy=proxy or None,
            open_timeout=None,
            ping_interval=deadlines.ping_s,
            ping_timeout=deadlines.pong_s,
            close_timeout=deadlines.close_s,
            max_size=_MAX_MESSAGE,
            create_connection=Connection,
            **options,
        )

    async def work() -> ClientConnection:
        return await opening(None if proxy else await _tcp(url, deadlines.connect_s))

    task = asyncio.ensure_future(work())
    try:
        await _within(deadlines.connect_s, task, connected, where, "connect_timeout", "cannot be reached")
        await _within(deadlines.upgrade_s, task, None, where, "upgrade_timeout", "did not answer the request")
        return Link(where, task.result(), oddities)
    except BaseException as error:
        await end(task)
        if not task.cancelled() and task.exception() is None:
            task.result().transport.abort()  # it was there, but nobody waits for it any more
        if isinstance(error, OSError | InvalidHandshake | InvalidURI | ConnectionClosed):
            raise _fault(where, error) from error
        raise


async def _tcp(url: str, within_s: float) -> socket.socket:
    """Connect to the first of a host's addresses that answers; each but the last has a share of the time."""
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    port = parts.port or (_WSS_PORT if parts.scheme == "wss" else _WS_PORT)
    found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _name, address in found[:-1]:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(within_s / 2 / len(found)):
                return await _connected(socket.socket(family, kind, protocol), address)
    family, kind, protocol, _name, address = found[-1]
    return await _connected(socket.socket(family, kind, protocol), address)


async def _connected(sock: socket.socket, address: Any) -> socket.socket:
    sock.setblocking(False)  # noqa: FBT003 -- the socket's own method
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _within(
    limit_s: float, task: asyncio.Task[Any], event: asyncio.Event | None, where: str, code: str, what: str
) -> None:
    """Wait for a task, or for an event on its way; the task's exception is raised."""
    passed = [asyncio.ensure_future(event.wait())] if event is not None else []
    try:
        done, _ = await asyncio.wait({task, *passed}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(*passed)
    if not done:
        raise ServiceFault(code, f"{where} {what} within {limit_s:g} s")
    if task in done:
        task.result()


def _fault(where: str, error: Exception) -> ServiceFault:
    if isinstance(error, InvalidStatus | InvalidProxyStatus):
        response = error.response
        said = (response.body or b"").decode("utf-8", "replace") or response.reason_phrase
        return refused(where, response.status_code, said, wait_of(response.headers.get("Retry-After", "")))
    if isinstance(error, InvalidURI):
        return ServiceFault("bad_address", f"{where}: {error}", Cure.CONFIGURE)
    if isinstance(error, ssl.SSLError | OSError):
        return unreachable(where, error)
    return ServiceFault("unavailable", f"{where} does not speak WebSocket: {error}")
