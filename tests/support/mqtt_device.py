"""An MQTT output at work, in this process or in one that can be killed: ``python -m tests.support.mqtt_device``."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from daemon.board import Board
from daemon.changes import Change
from daemon.config import Settings, load
from daemon.events import Final, Interim, StableText, Translation
from daemon.mqtt.control import Control, Translating
from daemon.mqtt.messages import Timing
from daemon.mqtt.sources import About, Pace
from daemon.outputs.mqtt import MqttOutput
from daemon.settings import MqttSection, PrivacySection
from daemon.supervisor import Supervisor

DEVICE = "dragoman-test"
#: Where its topics are, and what stands for all of them.
BASE = f"dragoman/{DEVICE}"
EVERYTHING = f"{BASE}/#"
#: Retries in tests do not take a minute.
QUICK = Timing(first_retry_s=0.05, longest_retry_s=0.2, keepalive_s=2, connect_s=2, will_delay_s=1)
STOP_S = 2.0
DEFAULTS = load(environment={})


def final(utterance: int, text: str = "") -> Final:
    """Return a final whose text tells its utterance."""
    words = text or f"words {utterance}"
    return Final(
        utterance, "en-US", words, {"es": Translation(f"palabras {words}")}, 1.0, 0, 1, "device", 100, 200, 150
    )


def interim(utterance: int, revision: int) -> Interim:
    """Return an interim whose text tells its revision."""
    return Interim(
        utterance, revision, "en-US", StableText(f"word {revision}", 4), {"es": StableText(f"p {revision}", 2)}
    )


class ScriptedControls:
    """What a daemon would let the network do: it writes down what was asked, or fails as told."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.muted = False
        self.fault: Exception | None = None
        #: Whether texts are translated at once, or by whoever sets a result here.
        self.quick = True
        self.texts: list[Translating] = []

    def _do(self, what: str) -> None:
        if self.fault is not None:
            raise self.fault
        self.done.append(what)

    def mute(self) -> None:
        self._do("mute")

    def unmute(self) -> None:
        self._do("unmute")

    def listen(self) -> None:
        self._do("listen")

    def swap(self) -> tuple[str, tuple[str, ...]]:
        self._do("swap")
        return "es", ("en",)

    def stop_speaking(self) -> None:
        self._do("stop_speaking")

    def speak(self, text: str, lang: str, _transaction: str | None) -> None:
        self._do(f"speak {text} {lang}")

    def translate(self, text: str, source: str, targets: tuple[str, ...]) -> Translating:
        self._do(f"translate {text} {source} {' '.join(targets)}")
        made = Translating()
        self.texts.append(made)
        if self.quick:
            made.set_result({lang: Translation(f"[{lang}] {text}") for lang in targets})
        return made

    def repeat(self) -> None:
        self._do("repeat")

    def clear(self) -> None:
        self._do("clear")

    def identify(self) -> None:
        self._do("identify")

    def forget(self) -> None:
        self._do("forget")

    def restart(self) -> None:
        self._do("restart")

    def change(self, values: Mapping[str, Any], if_rev: int | None = None) -> Change:
        self._do(f"change {json.dumps(values, sort_keys=True)} if {if_rev}")
        return Change(1, tuple(values))

    def change_one(self, path: str, text: str) -> Change:
        self._do(f"change {path} to {text!r}")
        return Change(1, (path,))


class Device:
    """An output, its board, and the supervisor that runs it."""

    def __init__(
        self,
        port: int,
        state: Path | None,
        *,
        timing: Timing = QUICK,
        pace: Pace | None = None,
        privacy: PrivacySection | None = None,
        controls: ScriptedControls | None = None,
        effective: Callable[[], Settings] = lambda: DEFAULTS,
        **settings: Any,
    ) -> None:
        self.board = Board("en-US", ("es",))
        self.supervisor = Supervisor()
        self.control = Control(controls, remote_unmute=False) if controls else None
        self.output = MqttOutput(
            MqttSection(**({"host": "127.0.0.1", "port": port} | settings)),
            privacy or PrivacySection(),
            DEVICE,
            self.board,
            boot=secrets.token_hex(4),
            state_directory=state,
            metrics=lambda: {"cpu": 0.5},
            effective=effective,
            about=lambda: About("1.0", {"device": [("en-US", "es")]}),
            control=self.control,
            timing=timing,
            pace=pace,
        )

    def start(self) -> None:
        self.supervisor.start("mqtt", self.output.run, wake=self.output.wake)
        if self.control is not None:
            self.supervisor.start("control", self.control.run, wake=self.control.wake)

    def stop(self) -> list[str]:
        """Stop it; return the workers that did not end in time."""
        return self.supervisor.stop(STOP_S)

    def problem(self, code: str) -> str:
        """Return what the board says of a problem, or nothing."""
        return next((problem.detail for problem in self.board.snapshot().problems if problem.code == code), "")


@contextlib.contextmanager
def running(port: int, state: Path | None, **more: Any) -> Iterator[Device]:
    """Run a device; fail if it does not end in time."""
    device = Device(port, state, **more)
    device.start()
    try:
        yield device
    finally:
        survivors = device.stop()
    assert survivors == []


def spawn(port: int, state: Path, first: int, count: int, pause_s: float = 0.0) -> subprocess.Popen[str]:
    """Start a process that says `count` finals, one every `pause_s`, and then waits."""
    words = [port, state, first, count, pause_s]
    command = [sys.executable, "-m", "tests.support.mqtt_device", *map(str, words)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def main(port: str, state: str, first: str, count: str, pause_s: str) -> None:
    pause = threading.Event()
    with running(int(port), Path(state), controls=ScriptedControls()) as device:
        for utterance in range(int(first), int(first) + int(count)):
            device.output.offer(final(utterance))
            pause.wait(float(pause_s))
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
