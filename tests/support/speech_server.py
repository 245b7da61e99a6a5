"""A server of the Speech service's protocol for tests: real sockets, a recognizer of `spoken_code`, any trouble.

It translates a word into ``<language>:<word>``, and its speech says nothing but comes in the right form.
"""

from __future__ import annotations

import contextlib
import http
import ssl
import threading
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from daemon.wire.from_client import ClientMessage
from daemon.wire.upgrade import Upgrade, parse_upgrade
from tests.support.speech_conversation import Conversation, Turn, abort
from tests.support.speech_scenario import Scenario


class SpeechServer:
    """A context: serves on a loopback port inside."""

    def __init__(self, scenario: Scenario | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.scenario = scenario or Scenario()
        self.upgrades: list[Upgrade] = []
        self.turns: list[Turn] = []
        self.messages: list[ClientMessage] = []
        self.raw: list[str | bytes] = []
        self.synthesized: list[str] = []
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self._tls = tls
        self._open: set[ServerConnection] = set()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._server = serve(
            self._serve,
            "127.0.0.1",
            self.port,
            ssl=self._tls,
            process_request=self._admit,
            compression=None,
            close_timeout=0.2,
        )
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="speech server")
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.stopping.set()
        for connection in list(self._open):
            abort(connection)
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join(5)

    def wait_for(self, condition, deadline_s: float = 10.0) -> None:
        """Wait until something that the server saw makes a condition true."""
        with self.changed:
            if not self.changed.wait_for(condition, deadline_s):
                raise TimeoutError(f"not within {deadline_s:g} s; turns: {self.turns}; upgrades: {self.upgrades}")

    def cut_all(self) -> None:
        """Abort every connection."""
        for connection in list(self._open):
            abort(connection)

    # ------------------------------------------------------------ inside

    def note(self, change) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    def _admit(self, connection, request):
        upgrade = parse_upgrade(request.path, request.headers.raw_items())
        self.note(lambda: self.upgrades.append(upgrade))
        if self.scenario.unanswered:
            self.scenario.unanswered -= 1
            self._open.add(connection)
            self.stopping.wait()
            return None
        if self.scenario.statuses:
            status = self.scenario.statuses.popleft()
            if status != http.HTTPStatus.SWITCHING_PROTOCOLS:
                response = connection.respond(status, self.scenario.body)
                response.headers.update(self.scenario.headers)
                return response
        return None

    def _serve(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        upgrade = parse_upgrade(connection.request.path, connection.request.headers.raw_items())
        with contextlib.suppress(ConnectionClosed, OSError):
            Conversation(self, connection, upgrade).run()
        self._open.discard(connection)
