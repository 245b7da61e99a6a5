"""How soon the device is silent when it is to be: by the button, by MQTT, by a person who begins to speak."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np

from daemon.events import UtteranceBegan
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from hw.api import FRAME_BYTES, AudioFrame
from tests.support.pulse import RAW, PulseAudio, Server

from .corpus import ROOT
from .figures import Table, median
from .pressed import PIN
from .world import BenchError, Outside, World

_TRIES = 8
_BAR_MS = 100.0
#: No pause in it, so that it is heard at any time if it is not cut: some twenty seconds.
_TEXT = "uno dos tres cuatro cinco seis siete ocho nueve diez " * 8
_VOICE = ROOT / "tests" / "recordings" / "goforward.flac"
_BYTES_A_SECOND = 32_000
#: How long the device has been speaking when it is cut, seconds: a little longer each time.
_SPOKEN_S, _MORE_S = 0.6, 0.037
_PRESS_S = 0.06
_PATIENCE_S = 20.0
#: What comes no later than this after the last is more of the same piece.
_TOGETHER_S = 0.003
#: Silence before the voice, as the daemon's gate hears it.
_QUIET_FRAMES = 150
#: So long after it was to be silent it still is listened to: what the person has said is spoken later.
_LONG_S = 1.0
_SETTINGS = {
    "DRAGOMAN_SPEAKER__ECHO_CANCELLED": "true",
    "DRAGOMAN_SPEAKER__BARGE_IN": "true",
    "DRAGOMAN_BUTTON__PIN": str(PIN),
    "DRAGOMAN_BUTTON__TAP": "stop_speaking",
}


class _Ear:
    """A context: what a sink plays, and when. A null sink makes a piece as its first sample is due, all at once."""

    def __init__(self, server: Server) -> None:
        device = f"--device={server.sink}.monitor"
        self._command = ["parec", "-s", server.address, device, "--latency-msec=10", *RAW]
        self._pieces: list[tuple[float, np.ndarray]] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        self._thread = threading.Thread(target=self._hear, name="ear")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._thread.join()
        self._process.wait()

    def first_after(self, at_s: float) -> float | None:
        """Return when the first audible sample after a moment was due, CLOCK_MONOTONIC."""
        return next(iter(self._audible(at_s)), None)

    def last_after(self, at_s: float) -> float:
        """Return when the last one was; the moment itself, if none has. Later is another text."""
        return max((when for when in self._audible(at_s) if when < at_s + _LONG_S), default=at_s)

    def pieces(self, at_s: float) -> list[tuple[float, np.ndarray]]:
        """Return what was due after a moment, each piece with the time of its first sample."""
        with self._lock:
            return [(due_s, samples) for due_s, samples in self._pieces if due_s > at_s]

    def _audible(self, at_s: float) -> list[float]:
        """Return when the first and the last audible sample of each piece were due, of those after a moment."""
        found = []
        for due_s, samples in self.pieces(at_s - _LONG_S):
            loud = np.flatnonzero(samples)
            for place in loud[[0, -1]] if loud.size else ():
                when_s = due_s + int(place) * 2 / _BYTES_A_SECOND
                found += [when_s] if when_s > at_s else []
        return found

    def _hear(self) -> None:
        output, rest, came_s, due_s = self._process.stdout, b"", 0.0, 0.0
        while output is not None and (chunk := os.read(output.fileno(), 65_536)):
            before_s, came_s = came_s, time.monotonic()
            if came_s - before_s > _TOGETHER_S:
                due_s = came_s
            chunk = rest + chunk
            whole, rest = chunk[: len(chunk) // 2 * 2], chunk[len(chunk) // 2 * 2 :]
            with self._lock:
                self._pieces.append((due_s, np.frombuffer(whole, np.int16)))
            due_s += len(whole) / _BYTES_A_SECOND


def measure() -> Table:
    """Return milliseconds from what is to silence the device to the last audible sample, for each way."""
    table = Table(f"interrupt: until the last sample that is not zero, {_TRIES} times each; median / longest, ms")
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder, PulseAudio() as pulse:
        finger = Path(folder) / "finger"
        os.mkfifo(finger)
        program = (sys.executable, "-m", "scripts.lib.bench.pressed", str(finger))
        with World(Outside(display=False, program=program, settings=_SETTINGS), pulse) as world:
            world.wait_ready()
            with finger.open("wb", buffering=0) as press, _Ear(pulse.speaker) as ear:
                trial = _Trial(world, ear)
                ways: dict[str, Callable[[], float]] = {
                    "button, let go of": lambda: _tap(press.write),
                    "cmd/stop_speaking": lambda: _command(world),
                }
                for name, way in ways.items():
                    _add(table, name, [trial.silenced_ms(number, way) for number in range(_TRIES)])
                _add(table, "voice, once the gate has opened", _by_voice(trial, pulse))
    return table


class _Trial:
    """The device speaks, and is silenced."""

    def __init__(self, world: World, ear: _Ear) -> None:
        self._world = world
        self._ear = ear

    def silenced_ms(self, number: int, silence: Callable[[], float]) -> float:
        """Return how long after `silence`, which returns when it was, the last sample came."""
        began_s = time.monotonic()
        request = f"{began_s}"
        self._world.command("speak", {"transaction": request, "lang": "es", "text": _TEXT})
        if not self._world.listen(_PATIENCE_S, lambda: self._ear.first_after(began_s) is not None):
            raise BenchError(f"the device does not speak:\n{self._world.log}")
        self._world.listen(_SPOKEN_S + number * _MORE_S)
        at_s = silence()
        if not self._world.listen(_PATIENCE_S, lambda: self._is_cut(request)):
            raise BenchError(f"the device does not fall silent:\n{self._world.log}")
        self._world.listen(_LONG_S)
        return (self._ear.last_after(at_s) - at_s) * 1000

    def _is_cut(self, request: str) -> bool:
        return any(event["id"] == request and not event["spoken"] for event in self._finished())

    def settle(self, spoken: int) -> None:
        """Wait until so many texts have been spoken or cut since the start."""
        self._world.listen(_PATIENCE_S, lambda: self.ended >= spoken)

    @property
    def ended(self) -> int:
        """How many texts have been spoken or cut so far."""
        return len(self._finished())

    def _finished(self) -> list[dict[str, object]]:
        return [event for event in self._world.of("event") if event["event_type"] == "speech_finished"]


def _tap(move: Callable[[bytes], object]) -> float:
    move(b"d")
    time.sleep(_PRESS_S)
    at_s = time.monotonic()
    move(b"u")
    return at_s


def _command(world: World) -> float:
    at_s = time.monotonic()
    world.command("stop_speaking", {"transaction": f"{at_s}"})
    return at_s


def _by_voice(trial: _Trial, pulse: PulseAudio) -> list[float]:
    """Return the times from the moment at which the microphone had got enough for the gate to open."""
    found = []
    with _Ear(pulse.microphone) as ear:

        def speak() -> float:
            asked_s = time.monotonic()
            pulse.microphone.play(_VOICE)
            return _gate_opens_s(ear.pieces(asked_s))

        for number in range(_TRIES):
            before = trial.ended
            found.append(trial.silenced_ms(number, speak))
            trial.settle(before + 2)  # what was cut, and what the person has said
    return found


def _gate_opens_s(pieces: list[tuple[float, np.ndarray]]) -> float:
    """Return when the frame was over at which a gate that hears what the microphone got opens, CLOCK_MONOTONIC."""
    gate, waiting = Gate(GateSection()), _QUIET_FRAMES * bytes(FRAME_BYTES)
    for due_s, samples in pieces:
        waiting += samples.tobytes()
        end_s = due_s + samples.nbytes / _BYTES_A_SECOND
        while len(waiting) >= FRAME_BYTES:
            frame, waiting = AudioFrame(waiting[:FRAME_BYTES], captured_ns=0), waiting[FRAME_BYTES:]
            if any(isinstance(event, UtteranceBegan) for event in gate.hear(frame)):
                return end_s - len(waiting) / _BYTES_A_SECOND
    raise BenchError(f"the gate hears nothing in {_VOICE}")


def _add(table: Table, name: str, times_ms: list[float]) -> None:
    longest = max(times_ms)
    table.add(name, f"{median(times_ms):.0f} / {longest:.0f}", f"<= {_BAR_MS:.0f}", longest <= _BAR_MS)
