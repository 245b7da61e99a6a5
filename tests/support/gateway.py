"""The gateway for tests: the whole of it in a process of its own, or around engines that the test plays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from daemon.engines.base import Engine
from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.gateway.access import Access
from daemon.gateway.house import House
from daemon.gateway.metrics import Metrics
from daemon.gateway.pool import Pool
from daemon.gateway.server import GatewayServer
from daemon.settings import GateSection, GatewaySection
from daemon.wire.context import SpeechContext
from daemon.wire.from_client import Audio, AudioStart, ClientMessage, SpeechConfig, TurnContext, encode_client
from daemon.wire.from_server import parse_server
from daemon.wire.messages import Phrase, ServerMessage, TurnEnd
from daemon.wire.sound import SoundShape
from daemon.wire.units import new_id
from daemon.wire.upgrade import CONNECTION_ID, KEY, UNIVERSAL_PATH
from tests.support.daemon import DaemonProcess
from tests.support.recordings import shipped

SPANISH = SpeechContext("en-US", ("es",))
#: A second of silence.
SECOND = bytes(32_000)
#: Paths of older addresses: translation, and recognition of short sound.
V1 = "/speech/translation/cognitiveservices/v1"
RECOGNITION = "/speech/recognition/conversation/cognitiveservices/v1"

_END_S = 20.0
_PIECE_BYTES = 3_200


class GatewayProcess(DaemonProcess):
    """``dragoman serve``. With port 0 in the settings it takes a free one."""

    command = "serve"

    @property
    def port(self) -> int:
        self.wait_until_said("READY=1")
        found = re.findall(r"serving on wss?://\S+:(\d+) ", self.log_text)
        return int(found[-1])

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"


class PlayedGateway:
    """A context: server and pool in a thread of their own, around these engines."""

    def __init__(
        self, engines: Iterable[Engine], *, sessions: int = 8, tokens: tuple[str, ...] = (), **settings: Any
    ) -> None:
        self.engines = list(engines)
        self.metrics = Metrics()
        self._settings = replace(GatewaySection(), **settings)
        self._sessions = sessions
        self._access = Access("127.0.0.1", 0, tokens=tokens)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gateway")
        self.port = 0
        self.cut_off: int | None = None

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(_END_S) or self._error is not None:
            raise RuntimeError(f"the gateway did not start: {self._error}")
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.stop()
        self._thread.join(_END_S)
        assert not self._thread.is_alive(), "the gateway does not end"

    def stop(self) -> None:
        """Have it stop as on a signal; does not wait."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join(_END_S)
        assert not self._thread.is_alive(), "the gateway does not end"

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
            raise
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        pool = Pool(self.engines, self.metrics, self._settings.wait_s)
        house = House(pool, self.metrics, self._settings, GateSection())
        server = GatewayServer(house, self._access, self._sessions)
        pool.open()
        await server.open()
        self.port = server.port
        await pool.is_ready.wait()
        self._started.set()
        await self._stop.wait()
        self.cut_off = await server.close(self._settings.drain_s)
        await pool.close()


class Client:
    """A context: one connection that speaks the protocol by hand, and may do so badly."""

    def __init__(
        self, address: str, path: str = UNIVERSAL_PATH, key: str = "", connection_id: str = "", **options: Any
    ) -> None:
        headers = {name: value for name, value in ((KEY, key), (CONNECTION_ID, connection_id)) if value}
        self._open = contextlib.ExitStack()
        opening = connect(address + path, additional_headers=headers, compression=None, max_size=None, **options)
        self.connection: ClientConnection = self._open.enter_context(opening)
        self.turn = ""
        self.heard: list[ServerMessage] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    def say(self, message: ClientMessage) -> None:
        self.connection.send(encode_client(message))

    def begin(self, context: SpeechContext, name: str = "SpeechSDK") -> str:
        """Begin a turn; return its id."""
        self.turn = new_id()
        self.say(SpeechConfig(name, "1"))
        self.say(TurnContext(self.turn, context))
        self.say(AudioStart(self.turn, SoundShape()))
        return self.turn

    def sound(self, pcm: bytes) -> None:
        for at in range(0, len(pcm), _PIECE_BYTES):
            self.say(Audio(self.turn, pcm[at : at + _PIECE_BYTES]))

    def finish(self) -> None:
        self.say(Audio(self.turn, b""))

    def until(self, wanted: Callable[[ServerMessage], bool]) -> ServerMessage:
        """Hear until something fits; it is the last of `heard`."""
        while True:
            message = parse_server(self.connection.recv(_END_S))
            self.heard.append(message)
            if wanted(message):
                return message

    def until_end(self) -> list[ServerMessage]:
        """Hear to the end of the turn; return all that was said of it."""
        self.until(lambda message: isinstance(message, TurnEnd) and message.request_id == self.turn)
        return [message for message in self.heard if message.request_id == self.turn]

    def of(self, kind: type) -> list[Any]:
        return [message for message in self.heard if isinstance(message, kind)]

    @property
    def phrases(self) -> list[Phrase]:
        """Those with words."""
        return [phrase for phrase in self.of(Phrase) if phrase.text]


def scripted(*lines: Line, **options: Any) -> ScriptedEngine:
    """An engine that says these lines by itself."""
    return ScriptedEngine(lines, stepwise=False, **options)


def spoken(name: str = "goforward") -> bytes:
    """A recording with a second of silence around it."""
    return SECOND + shipped(name) + SECOND


def talk(client: Client, pcm: bytes, context: SpeechContext = SPANISH, **named: str) -> list[ServerMessage]:
    """Say a whole turn; return all that was said of it."""
    client.begin(context, **named)
    client.sound(pcm)
    client.finish()
    return client.until_end()


def ssml(text: str, lang: str = "es") -> str:
    return f'<speak version="1.0" xml:lang="{lang}"><voice name="{lang}-X">{text}</voice></speak>'


def get(port: int, path: str) -> tuple[int, bytes]:
    """Return status and body of a GET."""
    return ask(urllib.request.Request(f"http://127.0.0.1:{port}{path}"))


def post(port: int, path: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Return status and body of a POST; underscores in the headers' names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, named))


def ask(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=_END_S) as answer:  # noqa: S310 -- loopback
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def health(port: int) -> dict[str, Any]:
    return json.loads(get(port, "/health")[1])


def figure(port: int, name: str) -> float:
    """Return one of the metrics; all labels together."""
    lines = get(port, "/metrics")[1].decode().splitlines()
    found = [line.rpartition(" ")[2] for line in lines if re.match(rf"dragoman_gateway_{name}[ {{]", line)]
    return sum(map(float, found))


def eventually(condition: Callable[[], object], deadline_s: float = _END_S) -> None:
    """Ask until it is so. For what a gateway tells only when it is asked."""
    ends = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {deadline_s:g} s")
