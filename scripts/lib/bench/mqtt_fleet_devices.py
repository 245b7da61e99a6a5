"""Some of the thousand devices, in a process of their own: connections of their own, payloads by the contract.

Prints a line when all are connected, begins at the first line of standard input, prints what was published.
"""

from __future__ import annotations

import heapq
import json
import selectors
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho

from daemon.board import utc_now
from daemon.mqtt import payloads, topics

from .mqtt_peers import HOST, interim, stamped_final

_FINAL_EVERY_S = 5.0
_INTERIM_EVERY_S = 0.25
_EPOCH = _BOOT = "0011aabb"
_CONNECT_S = 30.0
_ACKNOWLEDGE_S = 10.0


class _Device:
    """One connection, and how far its finals are."""

    def __init__(self, name: str, port: int, said: Counter[str]) -> None:
        self._base = topics.base(name)
        self._said = said
        self._seq = 0
        self._revision = 0
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        self.client.will_set(self._base + topics.AVAILABILITY, payloads.OFFLINE, 1, retain=True)
        self.client.on_connect = self._connected
        self.client.on_publish = self._acknowledged
        self.client.connect(HOST, port)

    def final(self) -> None:
        """Say what was said, as the daemon does: ``final``, ``final/last``, the captions."""
        self._seq += 1
        self._revision = 0
        said = stamped_final(self._seq)
        payload = payloads.final(said, epoch=_EPOCH, seq=self._seq, boot=_BOOT, at=utc_now())
        self._publish(topics.FINAL, payload)
        self._publish(topics.LAST, payloads.last(payload, with_text=False))
        self._captions(payloads.captions(said))
        self._said["finals"] += 1

    def interim(self) -> None:
        """Say what has been understood so far."""
        self._revision += 1
        said = interim(self._seq + 1, self._revision)
        self._publish(topics.INTERIM, payloads.interim(said, utc_now()))
        self._captions(payloads.captions(said))
        self._said["interims"] += 1

    def _captions(self, texts: dict[str, bytes]) -> None:
        for lang, text in texts.items():
            self._publish(topics.caption(lang), text)

    def _publish(self, name: str, payload: bytes) -> None:
        rule = topics.rule(name)
        self.client.publish(self._base + name, payload, rule.qos, rule.retained)
        self._said["messages"] += 1
        self._said["asked"] += 1

    def _connected(self, *_rest: Any) -> None:
        self._said["connected"] += 1
        self._publish(topics.AVAILABILITY, payloads.ONLINE)

    def _acknowledged(self, _client: paho.Client, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        if reason is not None and reason.is_failure:
            raise RuntimeError(f"the broker refuses a message: {reason}")
        self._said["taken"] += 1


class Fleet:
    """The devices `first` to `first + count` of which the first `speaking` send interims, too."""

    def __init__(self, port: int, first: int, count: int, speaking: int) -> None:
        self.said: Counter[str] = Counter()
        self._selector = selectors.DefaultSelector()
        self._devices = [_Device(f"fleet-{number:04}", port, self.said) for number in range(first, first + count)]
        self._speaking = self._devices[:speaking]
        for device in self._devices:
            self._selector.register(device.client.socket(), selectors.EVENT_READ, device.client)
        self._turn_until(lambda: self.said["connected"] == count and self._all_taken(), _CONNECT_S)

    def run(self, seconds: float) -> None:
        """Say finals and interims, each device at its own times, and wait until the broker has them all."""
        began = time.monotonic()
        due = [(began + _FINAL_EVERY_S * at / len(self._devices), at, "f") for at in range(len(self._devices))]
        due += [(began + _INTERIM_EVERY_S * at / len(self._speaking), at, "i") for at in range(len(self._speaking))]
        heapq.heapify(due)
        while due and due[0][0] < began + seconds:
            self._turn(max(0.0, due[0][0] - time.monotonic()))
            while due[0][0] <= time.monotonic():
                at_s, number, what = due[0]
                if what == "f":
                    self._devices[number].final()
                else:
                    self._devices[number].interim()
                heapq.heapreplace(due, (at_s + (_FINAL_EVERY_S if what == "f" else _INTERIM_EVERY_S), number, what))
        self._turn_until(self._all_taken, _ACKNOWLEDGE_S)

    def close(self) -> None:
        """Leave."""
        for device in self._devices:
            device.client.disconnect()
        self._selector.close()

    def _writing(self) -> list[paho.Client]:
        return [device.client for device in self._devices if device.client.want_write()]

    def _all_taken(self) -> bool:
        return self.said["taken"] >= self.said["asked"] and not self._writing()

    def _turn_until(self, condition: Callable[[], bool], patience_s: float) -> None:
        ends = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > ends:
                raise TimeoutError(f"after {patience_s:.0f} s: {dict(self.said)}")
            self._turn(0.1)

    def _turn(self, timeout_s: float) -> None:
        """Read what came, for so long at most."""
        for key, _events in self._selector.select(timeout_s):
            key.data.loop_read()
        for client in self._writing():
            client.loop_write()


def main(port: str, first: str, count: str, speaking: str, seconds: str) -> None:
    """Be these devices."""
    fleet = Fleet(int(port), int(first), int(count), int(speaking))
    print("connected", flush=True)
    sys.stdin.readline()
    fleet.said.clear()
    spent = time.process_time()
    fleet.run(float(seconds))
    print(json.dumps({**fleet.said, "cpu_s": time.process_time() - spent}), flush=True)
    sys.stdin.read()
    fleet.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
