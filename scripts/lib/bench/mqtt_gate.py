"""How late the gate gets its frames while the broker hangs, less how late it gets them while nothing is published.

Gate and MQTT output run in one process, as in the daemon; the microphone is a file, so that the moment at which each
frame is due is known. Stretches without publishing, with it, and with it while the broker hangs, take turns: the
machine does other things too, and what it does to all three is not the broker's doing.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import psutil

from daemon.board import Board
from daemon.delays import RecentDelays
from daemon.listening import Listening
from daemon.mqtt.messages import Timing
from daemon.settings import GateSection
from daemon.speaking import Speaking
from daemon.supervisor import Supervisor
from hw.fake.microphone import FileMicrophone
from tests.support.mqtt_device import Device

from .figures import Table, median, percentile
from .gate_delay import Sleeper
from .mqtt_peers import BenchBroker, Helper, interim, stamped_final
from .world import BenchError

_SPEECH = Path(__file__).resolve().parents[3] / "tests" / "recordings" / "demo.flac"
_ROUNDS = 4
#: Longer than it takes to notice that a broker hangs (21 s), so that attempts to connect again are in it.
_STRETCH_S = 26.0
_BAR_MS = 3.0
_RECONNECT_S = 60.0
_INTERIM_S = 0.25
#: Nice= of the daemon's unit.
_NICE = -5
#: Kind → the delays of each stretch, milliseconds.
_Stretches = dict[str, list[list[float]]]
_IDLE, _PUBLISHING, _HANGING = "idle", "publishing", "publishing, broker hangs"


def measure() -> Table:
    """Return the delays of about 5000 frames of each kind. Takes six minutes."""
    frames: _Stretches = {_IDLE: [], _PUBLISHING: [], _HANGING: []}
    slept: _Stretches = {kind: [] for kind in frames}
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        (Path(folder) / "state").mkdir()
        with (
            BenchBroker(Path(folder)) as broker,
            _as_urgent_as_the_daemon(),
            Helper("mqtt_gate", broker.port, Path(folder) / "state") as device,
        ):
            for _ in range(_ROUNDS):
                for kind in frames:
                    _ask(device, "connect")
                    if kind == _HANGING:
                        broker.hang()
                    with Sleeper() as sleeper:
                        frames[kind].append(json.loads(_ask(device, "idle" if kind == _IDLE else "publish")))
                    broker.go_on()
                    slept[kind].append(sleeper.late_ms)
    return _table(frames, slept)


def _ask(device: Helper, what: str) -> str:
    device.tell(what)
    return device.hear()


def _table(frames: _Stretches, slept: _Stretches) -> Table:
    seconds = round(_ROUNDS * _STRETCH_S)
    table = Table(f"mqtt: a frame's way to the gate, {_ROUNDS} stretches of each, {seconds} s in all, ms")
    for kind, stretches in frames.items():
        delays = list(chain(*stretches))
        table.add(f"{kind}, median", f"{percentile(delays, 50):.2f}")
        table.add(f"{kind}, p99", f"{percentile(delays, 99):.2f}")
        table.add(f"{kind}, p99.9 (of {len(delays)} frames)", f"{percentile(delays, 99.9):.2f}")
        table.add("  p99.9 of each stretch", ", ".join(f"{each:.1f}" for each in _p999s(stretches)))
        table.add("  a thread elsewhere that only sleeps, p99.9", f"{percentile(list(chain(*slept[kind])), 99.9):.2f}")
        table.add("  p99.9 of each stretch", ", ".join(f"{each:.1f}" for each in _p999s(slept[kind])))
    idle, publishing, hanging = (percentile(list(chain(*stretches)), 99.9) for stretches in frames.values())
    table.add("p99.9 publishing less idle", f"{publishing - idle:.2f}")
    table.add("p99.9 broker hangs less idle", f"{hanging - idle:.2f}", f"<= {_BAR_MS:.0f}", hanging - idle <= _BAR_MS)
    middle = median(_p999s(frames[_HANGING])) - median(_p999s(frames[_IDLE]))
    table.add("  the same of the middle stretches", f"{middle:.2f}")
    table.notes.append(f"priority of gate and sleeping thread: {_NICE}, as the unit has it, where that is permitted")
    return table


def _p999s(stretches: list[list[float]]) -> list[float]:
    return [percentile(delays, 99.9) for delays in stretches]


@contextlib.contextmanager
def _as_urgent_as_the_daemon() -> Iterator[None]:
    """Have this process, and those it starts, run with the priority that the unit gives the daemon."""
    process = psutil.Process()
    before = process.nice()
    with contextlib.suppress(psutil.AccessDenied):
        process.nice(_NICE)
    try:
        yield
    finally:
        with contextlib.suppress(psutil.AccessDenied):
            process.nice(before)


class _Delays(RecentDelays):
    """Keeps every delay of one stretch."""

    def __init__(self) -> None:
        super().__init__(1)
        self.all_ms: list[float] = []

    def note(self, since_ns: int) -> None:
        """Note the time since a moment of CLOCK_MONOTONIC."""
        self.all_ms.append((time.monotonic_ns() - since_ns) / 1e6)


class _Heard:
    """The process that is measured: gate and output, the gate's frames on time, results when they are asked for."""

    def __init__(self, port: int, state: Path) -> None:
        self._device = Device(port, state, timing=Timing())
        self._board = Board("en-US", ("es",))
        self._listening = Listening(
            FileMicrophone(str(_SPEECH), loop=True),
            GateSection(),
            Speaking(),
            self._board,
            hear=lambda _event: None,
            announce=lambda _event: None,
            judged=False,
        )
        self._supervisor = Supervisor()
        self._pause = threading.Event()
        self._utterance = 0

    def run(self) -> None:
        """Do what the lines of standard input say, and answer each."""
        self._device.start()
        self._supervisor.start("gate", self._listening.run)
        for line in sys.stdin:
            if line.strip() == "connect":
                self._connect()
                print("connected", flush=True)
            else:
                print(json.dumps(self._stretch(publish=line.strip() == "publish")), flush=True)
        self._supervisor.stop(2)
        self._device.stop()

    def _connect(self) -> None:
        ends = time.monotonic() + _RECONNECT_S
        self._pause.wait(2)
        while self._device.problem("mqtt_unreachable"):
            if time.monotonic() > ends:
                raise BenchError(f"no connection to the broker again within {_RECONNECT_S:.0f} s")
            self._pause.wait(0.1)

    def _stretch(self, *, publish: bool) -> list[float]:
        delays = self._listening.delays = _Delays()
        ends = time.monotonic() + _STRETCH_S
        turn = 0
        while time.monotonic() < ends:
            turn += 1
            if publish:
                self._publish(turn)
            self._pause.wait(_INTERIM_S)
        self._listening.delays = _Delays()
        return delays.all_ms

    def _publish(self, turn: int) -> None:
        """Say an interim; each fourth time a final: a person who never stops."""
        if turn % 4:
            self._device.output.offer(interim(self._utterance + 1, turn % 4))
        else:
            self._utterance += 1
            self._device.output.offer(stamped_final(self._utterance))


if __name__ == "__main__":
    _Heard(int(sys.argv[1]), Path(sys.argv[2])).run()
