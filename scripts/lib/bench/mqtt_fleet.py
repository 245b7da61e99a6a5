"""A thousand devices on one mosquitto, and one subscriber that is to have every final of them all."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .figures import Table, percentile
from .mqtt_peers import BenchBroker, Helper, Listener

_DEVICES = 1_000
_PROCESSES = 4
#: Of all devices, those that send interims; every device sends finals.
_SPEAKING = 50
_SECONDS = 25.0
#: The subscriber has everything when nothing has come for so long, seconds.
_QUIET_S = 1.0
_CATCH_UP_S = 10.0


@dataclass(frozen=True, slots=True)
class _Run:
    """What devices, broker and subscriber say of it."""

    #: Of each process: how many `finals`, `interims` and `messages` it published, and its processor time, `cpu_s`.
    told: list[dict[str, float]]
    heard: list[tuple[float, str, bytes]]
    broker_cpu_s: float
    listener_cpu_s: float
    seconds: float


def measure() -> Table:
    """Return what was lost, how late the finals were, and what the broker did for it. Takes under a minute."""
    with (
        tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder,
        BenchBroker(Path(folder)) as broker,
        Listener(broker.port, ("dragoman/+/final", "dragoman/+/interim")) as listener,
    ):
        return _table(_run(broker, listener))


def _run(broker: BenchBroker, listener: Listener) -> _Run:
    share, speaking = _DEVICES // _PROCESSES, _SPEAKING // _PROCESSES
    rest = _SPEAKING - speaking * _PROCESSES
    with contextlib.ExitStack() as stack:
        helpers = [
            stack.enter_context(
                Helper("mqtt_fleet_devices", broker.port, at * share, share, speaking + (at < rest), _SECONDS)
            )
            for at in range(_PROCESSES)
        ]
        for helper in helpers:
            helper.hear()
        spent, own, began = broker.cpu_s, time.process_time(), time.monotonic()
        for helper in helpers:
            helper.tell("go")
        told = [json.loads(helper.hear()) for helper in helpers]
        seconds = time.monotonic() - began
        listener.settle(_QUIET_S, _CATCH_UP_S)
        return _Run(told, list(listener.heard), broker.cpu_s - spent, time.process_time() - own, seconds)


def _table(run: _Run) -> Table:
    finals: Counter[tuple[str, int]] = Counter()
    late_ms: list[float] = []
    for at, topic, payload in run.heard:
        if topic.endswith("/final"):
            told = json.loads(payload)
            finals[topic.split("/")[1], told["seq"]] += 1
            late_ms.append((at - told["start_s"]) * 1000)
    said = {name: sum(int(each[name]) for each in run.told) for name in ("finals", "interims", "messages")}
    devices = len({device for device, _seq in finals})
    table = Table(f"mqtt: {_DEVICES} devices, {_SPEAKING} of them speaking, one mosquitto, {run.seconds:.0f} s")
    table.add("devices heard", f"{devices}", f"{_DEVICES}", devices == _DEVICES)
    lost = said["finals"] - len(finals)
    table.add(f"finals lost, of {said['finals']}", f"{lost}", "0", lost == 0)
    table.add("finals that came twice", f"{finals.total() - len(finals)}")
    interims = len(run.heard) - finals.total()
    table.add(f"interims lost, of {said['interims']} (QoS 0)", f"{said['interims'] - interims}")
    table.add("messages a second, from the devices", f"{said['messages'] / run.seconds:.0f}")
    table.add("messages a second, to the subscriber", f"{len(run.heard) / run.seconds:.0f}")
    for percent in (50, 95, 99):
        table.add(f"final, device to subscriber, p{percent}, ms", f"{percentile(late_ms, percent):.1f}")
    table.add("mosquitto, of one core", f"{run.broker_cpu_s / run.seconds:.1%}")
    table.add("all devices, of one core", f"{sum(each['cpu_s'] for each in run.told) / run.seconds:.1%}")
    table.add("the subscriber, of one core", f"{run.listener_cpu_s / run.seconds:.1%}")
    return table
