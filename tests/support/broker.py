"""A real mosquitto on a free loopback port, and a client that knows nothing of our code."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

#: Generous: how long a test waits for what must happen.
DEADLINE_S = 30.0


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    """Return the first truth that `condition` gives; fail if there is none in time."""
    ends = time.monotonic() + deadline_s
    pause = threading.Event()
    while not (result := condition()):
        if time.monotonic() > ends:
            pytest.fail(f"not within {deadline_s:g} s: {what}")
        pause.wait(0.02)
    return result


class Broker:
    """mosquitto with a configuration of its own in `folder`. Retained messages are in its memory only."""

    def __init__(self, folder: Path, *extra: str, port: int | None = None) -> None:
        self.program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if self.program is None:
            pytest.skip("mosquitto is not installed")
        self.folder = folder
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._configuration = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", f"log_dest file {folder / 'mosquitto.log'}", "log_type all", *extra]
        if not any(line.startswith(("allow_anonymous", "password_file")) for line in extra):
            lines.append("allow_anonymous true")
        if not any(line.startswith("user ") for line in extra):
            lines.append("user root")
        self._configuration.write_text("\n".join(lines) + "\n")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def start(self) -> Broker:
        """Run it; return when it listens."""
        self.process = subprocess.Popen(
            [str(self.program), "-c", str(self._configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens, f"mosquitto listens on {self.port}; see {self.folder / 'mosquitto.log'}")
        return self

    def stop(self) -> None:
        """End it the ordinary way."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def hang(self) -> None:
        """Let it hold its connections and do nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it work again after `hang`."""
        self._signal(signal.SIGCONT)

    def reload(self) -> None:
        """Have it read passwords and access rules anew, and return when it has: it says so."""
        before = self._reloads()
        self._signal(signal.SIGHUP)
        until(lambda: self._reloads() > before, "mosquitto reads its rules anew")

    def _reloads(self) -> int:
        return (self.folder / "mosquitto.log").read_text(errors="replace").count("Reloading config")

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.send_signal(signal.SIGCONT)
            self.process.wait(10)
            self.process = None

    def _listens(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            pytest.fail(f"mosquitto ended with {self.process.returncode}; see {self.folder / 'mosquitto.log'}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def with_passwords(folder: Path, accounts: dict[str, str], acl: str = "") -> tuple[str, ...]:
    """Return lines for `Broker` that ask for a password, and obey an access list if there is one."""
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    for user, password in accounts.items():
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, password], check=True, capture_output=True)
    lines = ["allow_anonymous false", f"password_file {passwords}"]
    if acl:
        rules = folder / "acl"
        rules.write_text(acl)
        rules.chmod(0o600)
        lines.append(f"acl_file {rules}")
    return tuple(lines)


@dataclass(frozen=True)
class Message:
    """What a subscriber got."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    #: Seconds left as the broker says; None: for ever.
    expires_s: int | None = None
    correlation: bytes | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class Subscriber:
    """A client that collects. `version` is paho's: 5 or 4 (3.1.1)."""

    def __init__(
        self, port: int, *topics: str, version: int = paho.MQTTv5, user: str = "", password: str = "", name: str = ""
    ) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()
        self._topics = topics
        self._subscribed = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=version)
        self._version = version
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_connect = self._connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert not topics or self._subscribed.wait(DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        connection = self._client.socket()
        if connection is not None:  # the loop was stopped before it had closed it
            connection.close()

    def publish(
        self, topic: str, payload: bytes | str | dict[str, Any] = b"", *, retain: bool = False, **properties: Any
    ) -> None:
        """Send with QoS 1; return when the broker has it."""
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        packet = None
        if self._version == paho.MQTTv5:
            packet = Properties(PacketTypes.PUBLISH)
            for name, value in properties.items():
                setattr(packet, name, value)
        sent = self._client.publish(topic, payload, 1, retain, packet)
        sent.wait_for_publish(DEADLINE_S)

    def of(self, topic: str) -> list[Message]:
        """Return what came on a topic, named as below ``dragoman/<device>/``, in order."""
        with self._changed:
            return [message for message in self.messages if below_base(message.topic) == topic]

    def wait_for(
        self, wanted: Callable[[Message], Any], what: str = "a message", deadline_s: float = DEADLINE_S
    ) -> Message:
        """Return the first message that is wanted; fail if there is none in time."""

        def found() -> Message | None:
            return next((message for message in self.messages if wanted(message)), None)

        with self._changed:
            message = self._changed.wait_for(found, deadline_s)
        if message is None:
            pytest.fail(f"no {what} within {deadline_s:g} s; got {[m.topic for m in self.messages][-20:]}")
        return message

    def wait_for_topic(self, topic: str, wanted: Callable[[Any], Any] = lambda _payload: True) -> Message:
        """Return the first message on a topic whose JSON is wanted."""
        return self.wait_for(lambda m: below_base(m.topic) == topic and wanted(_json(m.payload)), topic)

    def _connect(self, client: paho.Client, *_rest: Any) -> None:
        if not self._topics:
            return
        if self._version == paho.MQTTv5:
            client.subscribe([(topic, SubscribeOptions(1, retainAsPublished=True)) for topic in self._topics])
        else:
            client.subscribe([(topic, 1) for topic in self._topics])

    def _message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        expires = getattr(message.properties, "MessageExpiryInterval", None)
        correlation = getattr(message.properties, "CorrelationData", None)
        got = Message(message.topic, message.payload, message.qos, message.retain, expires, correlation)
        with self._changed:
            self.messages.append(got)
            self._changed.notify_all()


def utterances(subscriber: Subscriber, topic: str = "final") -> list[int]:
    """Return the numbers of the utterances that came on a topic, in order."""
    return [message.json["utterance"] for message in subscriber.of(topic)]


def online(subscriber: Subscriber) -> None:
    """Wait until the device says that it is there."""
    subscriber.wait_for_topic("availability", lambda payload: payload == "online")


def below_base(topic: str) -> str:
    """Return what follows the first two levels of a topic."""
    return "/".join(topic.split("/")[2:])


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")
