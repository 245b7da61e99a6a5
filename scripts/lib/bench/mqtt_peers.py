"""Who takes part in the MQTT measurements: a broker that can hang, finals that tell their time, a listener."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, Any, Self

import paho.mqtt.client as paho
import psutil

from daemon.events import Final, Interim, StableText, Translation
from scripts.lib.demo_parts import Broker

from .world import BenchError

HOST = "127.0.0.1"
#: A sentence of usual length.
_SAID = "the weather will be better tomorrow than it was today"
_TRANSLATED = "mañana hará mejor tiempo que hoy"
_CONNECT_S = 20.0
_END_S = 10.0


class BenchBroker(Broker):
    """A mosquitto whose process can be stopped for a while, and looked at."""

    def __enter__(self) -> Self:
        self.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        self.go_on()
        self.close()

    def hang(self) -> None:
        """Hold the connections and do nothing (SIGSTOP)."""
        psutil.Process(self._process.pid).suspend()

    def go_on(self) -> None:
        """Work again."""
        if self._process.poll() is None:
            psutil.Process(self._process.pid).resume()

    @property
    def cpu_s(self) -> float:
        """Processor time so far, seconds."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system


def stamped_final(utterance: int) -> Final:
    """Return a final whose `start_s` is this moment of CLOCK_MONOTONIC, which all processes share: it travels."""
    return Final(
        utterance=utterance,
        source_lang="en-US",
        source=_SAID,
        translations={"es": Translation(_TRANSLATED)},
        audio_s=2.5,
        start_s=time.monotonic(),
        end_s=0.0,
        engine="device",
        first_interim_ms=600,
        final_ms=900,
        engine_ms=300,
    )


def interim(utterance: int, revision: int) -> Interim:
    """Return an interim of the same sentence."""
    return Interim(utterance, revision, "en-US", StableText(_SAID, 20), {"es": StableText(_TRANSLATED, 10)})


@dataclass(slots=True)
class Listener:
    """A context: a client that keeps (when, topic, payload) of all that comes; `when` as `stamped_final` has it."""

    port: int
    topics: tuple[str, ...]
    heard: list[tuple[float, str, bytes]] = field(default_factory=list)
    _ready: threading.Event = field(default_factory=threading.Event)
    _client: paho.Client = field(
        default_factory=lambda: paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    )

    def __enter__(self) -> Self:
        self._client.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in self.topics])
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._take
        self._client.connect(HOST, self.port)
        self._client.loop_start()
        if not self._ready.wait(_CONNECT_S):
            raise BenchError("the broker lets nobody subscribe")
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def settle(self, quiet_s: float, patience_s: float) -> None:
        """Return when nothing has come for `quiet_s`, or after `patience_s`."""
        pause = threading.Event()
        ends = time.monotonic() + patience_s
        known = -1
        while known != len(self.heard) and time.monotonic() < ends:
            known = len(self.heard)
            pause.wait(quiet_s)

    def _take(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((time.monotonic(), message.topic, message.payload))


class Helper:
    """A context: a module of this package in a process of its own, spoken to by lines."""

    def __init__(self, module: str, *words: object) -> None:
        command = [sys.executable, "-m", f"{__package__}.{module}", *map(str, words)]
        self.module = module
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe(self._process.stdin).close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pipe(self._process.stdout).close()

    def tell(self, line: str) -> None:
        """Send a line."""
        pipe = self._pipe(self._process.stdin)
        pipe.write(f"{line}\n")
        pipe.flush()

    def hear(self) -> str:
        """Return its next line. Raises `BenchError` if it ended."""
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise BenchError(f"{self.module} ended; what it said stands above")
        return line.rstrip("\n")

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        if pipe is None:
            raise BenchError("a helper without pipes")
        return pipe
