"""Hostile payloads for a device, through a real broker: each counted, none carried out, none that harms."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho

from daemon.mqtt.sources import Pace
from tests.support.broker import Broker
from tests.support.hostile import hostile
from tests.support.mqtt_device import DEVICE, Device
from tests.support.steering import SEVERAL, Bench

_BASE = f"dragoman/{DEVICE}"
_GROUP = "all"
_COMMANDS = ("mute", "unmute", "listen", "speak", "translate", "replay", "restart", "forget", "nothing", "x y", "run")
_PATHS = ("/speaker.volume", "/languages.targets", "/mqtt.host", "/no", "/$x")
_TOPICS = (
    *(f"{_BASE}/cmd/{name}" for name in _COMMANDS),
    *(
        f"{_BASE}/config{path}/set"
        for path in ("", "/speaker.volume", "/languages.targets", "/mqtt.host", "/no", "/$x")
    ),
    f"dragoman/group/{_GROUP}/config",
)
_RETAINED = 0.1
#: The last of each batch can be read as far as its transaction, goes here, and is answered.
_KNOWN = ("cmd/speak", "cmd/restart", "config/set")
#: A device keeps 64 answers and events for a slow broker, two for each message at most; of a flood, the older ones go.
_BATCH = 30
_PATIENCE_S = 60.0


class _Attacker:
    """A client that sends, and hears what the device counts and answers."""

    def __init__(self, port: int) -> None:
        self.counts: dict[str, Any] = {}
        self.states: list[dict[str, Any]] = []
        self.answered: set[str] = set()
        self.answers = 0
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(
            [(f"{_BASE}/{name}", 1) for name in ("metrics", "state", "response/+", "config/response")]
        )
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1; wait for nothing."""
        self._client.publish(topic, payload, 1, retain)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def counted(self) -> int:
        """Messages that the device has read or dropped, by its own account."""
        counts = self.counts
        refused = sum(counts.get("commands_refused", {}).values())
        return int(refused + counts.get("commands", 0) + counts.get("mqtt_inbound_drops", 0))

    def _take(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        told = json.loads(message.payload)
        if message.topic.endswith("/metrics"):
            self.counts = told
        elif message.topic.endswith("/state"):
            self.states.append(told)
        else:
            self.answers += 1
            self.answered.add(told["transaction"])


def attack(folder: Path, total: int, seed: int) -> list[str]:
    """Send `total` payloads; print what became of them; return what is wrong."""
    state = folder / "state"
    state.mkdir()
    file = folder / "dragoman.toml"
    file.write_text(f'[device]\ngroups = ["{_GROUP}"]\n', encoding="utf-8")
    bench = Bench(state, serves=SEVERAL, file=file)
    with Broker(folder) as broker:
        device = Device(
            broker.port,
            state,
            controls=bench.steering,
            effective=lambda: bench.steering.settings,
            pace=Pace(metrics_s=0.2, announce_s=lambda: 0.0),
        )
        device.start()
        attacker = _Attacker(broker.port)
        try:
            return _attack(attacker, bench, device, total, random.Random(seed))  # noqa: S311 -- it can be repeated
        finally:
            attacker.close()
            device.stop()


def _attack(attacker: _Attacker, bench: Bench, device: Device, total: int, source: random.Random) -> list[str]:
    _wait(lambda: attacker.states and attacker.counts, "the device to be there")
    before = _standing(attacker, bench)
    began = time.monotonic()
    with _Exceptions() as exceptions:
        asked = _send_all(attacker, total, source)
        attacker.send(f"{_BASE}/config/set", b'{"transaction": "still here", "values": {}}')
        _wait(lambda: attacker.counted > total and "still here" in attacker.answered, "an answer after all that")
    _tell(attacker, len(asked), total, time.monotonic() - began)
    faults = [] if _standing(attacker, bench) == before else ["something was changed"]
    if missing := asked - attacker.answered:
        faults.append(f"{len(missing)} requests with a transaction that can be read were not answered")
    counts = attacker.counts
    troubles = ("mqtt_callback_errors", "mqtt_failures", "mqtt_inbound_drops")
    faults += [f"{name}: {counts[name]}" for name in troubles if counts[name]]
    if exceptions.found:
        faults.append(f"{len(exceptions.found)} messages ended in an exception, the last: {exceptions.found[-1]}")
    faults += ["a worker died"] if device.problem("worker_died") else []
    faults += [] if attacker.counted == total + 1 else [f"{attacker.counted} counted of {total + 1}"]
    return faults


def _send_all(attacker: _Attacker, total: int, source: random.Random) -> set[str]:
    """Send them in batches, each after the answer to the last one before; return the transactions that can be read."""
    asked = set()
    for number in range(1, total + 1):
        if number % _BATCH:
            attacker.send(source.choice(_TOPICS), hostile(source), retain=source.random() < _RETAINED)
            continue
        transaction = f"t{number}"
        payload = json.dumps({"transaction": transaction, "volume": [number]}).encode()
        attacker.send(f"{_BASE}/{source.choice(_KNOWN)}", payload)
        asked.add(transaction)
        _wait(lambda transaction=transaction: transaction in attacker.answered, f"an answer to message {number}")
    _wait(lambda: attacker.counted >= total, f"all {total} to be counted")
    return asked


class _Exceptions(logging.Handler):
    """A context: the exceptions that the daemon logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it tells of an exception."""
        if record.exc_info:
            self.found.append(f"{record.getMessage()}: {record.exc_info[1]!r}")


def _tell(attacker: _Attacker, asked: int, total: int, seconds: float) -> None:
    counts = attacker.counts
    refused = counts["commands_refused"]
    codes = ", ".join(f"{code} {count}" for code, count in sorted(refused.items(), key=lambda pair: -pair[1]))
    print(f"hostile: {total} payloads through a real broker in {seconds:.0f} s ({total / seconds:.0f} a second)")
    print(f"  refused when read: {sum(refused.values())} ({codes})")
    print(f"  well-formed texts for one setting, refused by the settings: {counts['commands'] - 1}")
    print(f"  with a transaction that can be read: {asked}; answers heard, with one or without: {attacker.answers}")


def _standing(attacker: _Attacker, bench: Bench) -> dict[str, Any]:
    """Return everything that a payload might have changed."""
    state = {name: value for name, value in attacker.states[-1].items() if name not in ("since", "problems")}
    return {"state": state, "settings": bench.steering.settings.flat(), "restarted": bench.restarted}


def _wait(condition: Callable[[], Any], what: str) -> None:
    pause = threading.Event()
    ends = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {_PATIENCE_S:.0f} s for {what}")
        pause.wait(0.002)
