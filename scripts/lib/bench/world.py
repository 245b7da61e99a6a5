"""The daemon with all it lives on: PulseAudio for microphone and speaker, a broker, a serial display that is read."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scripts.lib.demo_parts import Broker, SerialScreen, Subscriber, end, start, tail
from tests.support.pulse import PulseAudio

DRAGOMAN = Path(sys.executable).with_name("dragoman")
DEVICE = "bench"
_READY_S = 60.0
_STOP_S = 8.0

_SETTINGS = """\
[device]
id = "{device}"
[languages]
targets = ["es"]
speak = "{speak}"
[microphone]
device = "mic"
[speaker]
device = "{speaker}"
"""
_MQTT = """\
[mqtt]
host = "127.0.0.1"
port = {port}
"""
_DISPLAY = """\
[display]
driver = "vt100"
port = "{port}"
[display.vt100]
columns = 40
rows = 8
"""


class BenchError(Exception):
    """A measurement cannot be made. The text says why."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of the daemon, and when it came, CLOCK_MONOTONIC and of the day, seconds."""

    topic: str
    payload: dict[str, Any]
    at: float
    wall: float


@dataclass(frozen=True, slots=True)
class Outside:
    """What the daemon has outside of itself: `speak` is the target that is spoken, empty for none."""

    mqtt: bool = True
    display: bool = True
    speaker: str = "spk"
    speak: str = "es"
    #: What is called as ``dragoman``.
    program: tuple[str, ...] = (str(DRAGOMAN),)
    #: Words after ``dragoman run --config …``.
    options: tuple[str, ...] = ()
    #: More settings, as variables of its environment.
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """A context: everything runs inside. Without a `pulse` the daemon must be told to simulate its microphone."""

    outside: Outside
    pulse: PulseAudio | None = None
    #: Every message so far.
    heard: list[Heard] = field(default_factory=list)
    _inbox: queue.SimpleQueue[Heard] = field(default_factory=queue.SimpleQueue)
    _context: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _process: subprocess.Popen[bytes] | None = None
    _subscriber: Subscriber | None = None
    _log: Path = Path()

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._context.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._context.close()

    @property
    def pid(self) -> int:
        """Process id of the daemon."""
        return self._running().pid

    @property
    def runs(self) -> bool:
        """Whether the daemon has not ended."""
        return self._running().poll() is None

    @property
    def log(self) -> str:
        """The last of what it logged."""
        return tail(self._log)

    def listen(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Take messages for so long, or until something is true; return whether it is. Raises `BenchError`."""
        ends = time.monotonic() + seconds
        while not until():
            left = ends - time.monotonic()
            if left <= 0:
                return False
            with contextlib.suppress(queue.Empty):
                self.heard.append(self._inbox.get(timeout=min(left, 0.2)))
                continue
            if not self.runs:
                return until()
        return True

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the payloads of a topic so far."""
        return [message.payload for message in self.heard if message.topic == topic]

    def command(self, name: str, payload: dict[str, Any]) -> None:
        """Have the daemon do something, by MQTT."""
        if self._subscriber is None:
            raise BenchError("nobody can be told without a broker")
        self._subscriber.command(name, payload)

    def wait_ready(self) -> None:
        """Return when engine and microphone work. Raises `BenchError`."""
        if not self.listen(_READY_S, self._ready):
            what = f"is not ready after {_READY_S:.0f} s" if self.runs else "ended"
            raise BenchError(f"the daemon {what}:\n{self.log}")

    def _ready(self) -> bool:
        states = self.of("state")
        return bool(states) and all(states[-1]["parts"].get(part) == "ok" for part in ("engine", "microphone"))

    def _begin(self) -> None:
        folder = Path(self._context.enter_context(tempfile.TemporaryDirectory(prefix="dragoman-bench-")))
        settings = _SETTINGS.format(device=DEVICE, speak=self.outside.speak, speaker=self.outside.speaker)
        if self.outside.mqtt:
            settings += _MQTT.format(port=self._start_broker(folder))
        if self.outside.display:
            screen = SerialScreen(40, 8, lambda: None)
            self._context.callback(screen.close)
            settings += _DISPLAY.format(port=screen.port)
        (folder / "dragoman.toml").write_text(settings, encoding="utf-8")
        self._start_daemon(folder)

    def _start_broker(self, folder: Path) -> int:
        broker = Broker(folder)
        self._context.callback(broker.close)
        broker.wait()
        self._subscriber = Subscriber(broker.port, DEVICE, self._take)
        self._context.callback(self._subscriber.close)
        return broker.port

    def _start_daemon(self, folder: Path) -> None:
        (folder / "state").mkdir()
        self._log = folder / "daemon.log"
        words = [*self.outside.program, "run", "--config", str(folder / "dragoman.toml"), *self.outside.options]
        environment = {**self.outside.settings, **(self.pulse.env if self.pulse else {})}
        self._process = start(words, self._log, STATE_DIRECTORY=str(folder / "state"), **environment)
        self._context.callback(end, self._process, _STOP_S)

    def _take(self, topic: str, payload: dict[str, Any]) -> None:
        self._inbox.put(Heard(topic, payload, time.monotonic(), time.time()))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise BenchError("the daemon has not been started")
        return self._process
