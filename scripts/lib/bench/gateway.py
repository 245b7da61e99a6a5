"""What a session of `dragoman serve` costs, and the gateway's own share of it: clients that stream in real time."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Self

from websockets.sync.client import ClientConnection, connect

from daemon.wire.context import SpeechContext
from daemon.wire.from_client import Audio, AudioStart, ClientMessage, SpeechConfig, TurnContext, encode_client
from daemon.wire.from_server import parse_server
from daemon.wire.messages import Phrase, TurnEnd
from daemon.wire.sound import SoundShape
from daemon.wire.units import new_id, seconds
from daemon.wire.upgrade import UNIVERSAL_PATH

from .corpus import join, short
from .figures import Table, median_and_p95
from .processes import cpu_by_part
from .world import DRAGOMAN, BenchError

#: Real time: so many sessions a core, each so long, the sound in pieces as the service's own client sends it.
_SESSIONS_A_CORE = 2
_SOUND_S = 60.0
_PIECE_S = 0.1
_PIECE_BYTES = int(_PIECE_S * 32_000)
#: Between two utterances. People in a conversation are silent half of the time.
_PAUSE_S = 4.0
_START_S = 60.0
_BAR_SHARE = 0.10
_PERCENT = 100


def measure() -> Table:
    """Return the cost of a session: all of it, and what of it is the gateway's own."""
    cores = len(os.sched_getaffinity(0))
    sessions = _SESSIONS_A_CORE * cores
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        path = Path(folder) / "sound.wav"
        join(short(12), _PAUSE_S, _SOUND_S, path)
        sound = path.read_bytes()[44:][: int(_SOUND_S * 32_000)]
        settings = Path(folder) / "dragoman.toml"
        settings.write_text(
            f'[gateway]\nlisten = "127.0.0.1:{_free_port()}"\nsessions = {sessions}\n', encoding="utf-8"
        )
        with _Gateway(settings, Path(folder) / "log") as gateway:
            before = cpu_by_part(gateway.pid)
            clients = [_Client(gateway.port, sound, at * 1.3) for at in range(sessions)]
            for client in clients:
                client.thread.start()
            for client in clients:
                client.thread.join()
            spent = cpu_by_part(gateway.pid) - before
    return _table(cores, clients, spent)


def _table(cores: int, clients: list[_Client], spent: Counter[str]) -> Table:
    sound_s = sum(client.sent_s for client in clients)
    own, engines = spent["main"], spent.total() - spent["main"]
    delays = [delay for client in clients for delay in client.delays_s]
    table = Table(f"gateway: {len(clients)} sessions on {cores} cores, {sound_s:.0f} s of sound, pauses {_PAUSE_S:g} s")
    table.add("phrases", str(len(delays)))
    table.add("from the end of the voice to its phrase, median / p95, s", median_and_p95(delays, 1))
    table.add("engines and translators: processor s for a s of session", f"{engines / sound_s:.3f}")
    table.add("the gateway's own", f"{own / sound_s:.4f}")
    share = own / engines if engines else float("nan")
    table.add("its share of the engines'", f"{share * _PERCENT:.1f} %", f"<= {_BAR_SHARE:.0%}", share <= _BAR_SHARE)
    table.add("sessions a core, by what they cost", f"{sound_s / spent.total():.1f}")
    table.notes += [client.error for client in clients if client.error]
    return table


class _Gateway:
    """A context: ``dragoman serve``."""

    def __init__(self, settings: Path, log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            command = [str(DRAGOMAN), "serve", "--config", str(settings)]
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        self.pid = self._process.pid
        self.port = 0

    def __enter__(self) -> Self:
        ends = time.monotonic() + _START_S
        while not (found := re.search(r"serving on ws://\S+:(\d+)", self._log.read_text(encoding="utf-8"))):
            if self._process.poll() is not None or time.monotonic() > ends:
                raise BenchError(f"dragoman serve does not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        self.port = int(found[1])
        time.sleep(3.0)  # the other engines load
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()


class _Client:
    """One session in a thread of its own: all it hears, in real time, a while after the others."""

    def __init__(self, port: int, sound: bytes, later_s: float) -> None:
        self._url = f"ws://127.0.0.1:{port}{UNIVERSAL_PATH}"
        self._sound = sound
        self._later_s = later_s
        self._turn = new_id()
        self._began = 0.0
        self.sent_s = 0.0
        self.delays_s: list[float] = []
        self.error = ""
        self.thread = threading.Thread(target=self._run, name="client")

    def _run(self) -> None:
        time.sleep(self._later_s)
        try:
            with connect(self._url, compression=None) as connection:
                hearing = threading.Thread(target=self._hear, args=(connection,), name="hearing")
                self._begin(connection)
                hearing.start()
                self._send(connection)
                hearing.join()
        except OSError as error:
            self.error = str(error)

    def _begin(self, connection: ClientConnection) -> None:
        for message in (
            SpeechConfig("bench", "1"),
            TurnContext(self._turn, SpeechContext("en-US", ("es",))),
            AudioStart(self._turn, SoundShape()),
        ):
            self._say(connection, message)
        self._began = time.monotonic()

    def _send(self, connection: ClientConnection) -> None:
        for at in range(0, len(self._sound), _PIECE_BYTES):
            time.sleep(max(0.0, self._began + self.sent_s + _PIECE_S - time.monotonic()))
            self._say(connection, Audio(self._turn, self._sound[at : at + _PIECE_BYTES]))
            self.sent_s += _PIECE_S
        self._say(connection, Audio(self._turn, b""))

    def _say(self, connection: ClientConnection, message: ClientMessage) -> None:
        connection.send(encode_client(message))

    def _hear(self, connection: ClientConnection) -> None:
        for data in connection:
            message = parse_server(data)
            if isinstance(message, Phrase) and message.text:
                ended_s = seconds(message.offset_ticks + message.duration_ticks)
                self.delays_s.append(time.monotonic() - self._began - ended_s)
            if isinstance(message, TurnEnd):
                return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
