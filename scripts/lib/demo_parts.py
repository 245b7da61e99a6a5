"""What the demo brings along for the daemon: a broker, a display at the end of a serial line, a subscriber."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pyte

#: Where Debian puts daemons; not on everybody's PATH.
_SYSTEM_PATH = "/usr/sbin:/usr/local/sbin"
_START_S = 10.0


class DemoError(Exception):
    """The demo cannot go on. The text says why and what to do."""


class Broker:
    """A mosquitto of our own, on loopback, that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")
        if program is None:
            raise DemoError("mosquitto is not installed")
        self.port = _free_port()
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            # Holds only where root starts it: it would take a user of its own, who may not read this folder.
            "user root\n",
            encoding="utf-8",
        )
        self._log = folder / "mosquitto.log"
        self._process = start([program, "-c", str(config)], self._log)

    def wait(self) -> None:
        """Return as soon as it answers. Raises `DemoError`."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            select.select([], [], [], 0.05)
        raise DemoError(f"mosquitto does not answer on port {self.port}:\n{tail(self._log)}")

    def close(self) -> None:
        """End it."""
        end(self._process, grace_s=3)


class SerialScreen:
    """A terminal at the end of a serial line: a pty whose other end the daemon opens by `port`."""

    def __init__(self, columns: int, rows: int, changed: Callable[[], None]) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = changed
        self._lock = threading.Lock()
        # Both ends stay open here: the screen lives on when the daemon closes its end.
        self._display, self._line = os.openpty()
        tty.setraw(self._line)
        self.port = os.ttyname(self._line)
        self._wake, self._stop = os.pipe()
        self._reader = threading.Thread(target=self._read, name="screen")
        self._reader.start()

    def look(self, view: Callable[[pyte.Screen], str]) -> str:
        """Return what `view` makes of the screen as it is now."""
        with self._lock:
            return view(self._screen)

    def close(self) -> None:
        """Unplug it."""
        os.write(self._stop, b".")
        self._reader.join()
        for end_of in (self._display, self._line, self._wake, self._stop):
            os.close(end_of)

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._display, self._wake], [], [])
            if self._wake in ready:
                return
            data = os.read(self._display, 4096)
            with self._lock:
                self._stream.feed(data)
            self._changed()


class Subscriber:
    """Hands every message of one device to `heard`, as topic below the device's base and payload."""

    def __init__(self, port: int, device: str, heard: Callable[[str, dict[str, Any]], None]) -> None:
        self._base = f"dragoman/{device}/"
        self._heard = heard
        self._ready = threading.Event()
        self._all_heard = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(self._base + "#", qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not self._ready.wait(_START_S):
            raise DemoError("the broker does not let anybody subscribe")

    def catch_up(self) -> None:
        """Return when every message that the broker has taken so far has been heard: they come in their order."""
        self._client.publish(self._base + "demo/end", b"{}", qos=1)
        self._all_heard.wait(_START_S)

    def command(self, name: str, payload: dict[str, Any]) -> None:
        """Tell the device to do something."""
        self._client.publish(f"{self._base}cmd/{name}", json.dumps(payload), qos=1)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self._base)
        if topic == "demo/end":
            self._all_heard.set()
        elif message.payload[:1] == b"{":
            self._heard(topic, json.loads(message.payload))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a program out of reach of the terminal's Ctrl-C: the demo ends it in its turn."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **environment},
        )


def end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask a program to stop; after `grace_s` end it and what it started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tail(log: Path, lines: int = 20) -> str:
    """Return the last lines of a program's output."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
