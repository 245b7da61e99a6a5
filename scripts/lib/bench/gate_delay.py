"""How late the gate gets its frames while the engine decodes, less how late it gets them when nothing happens."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Self

from tests.support.pulse import PulseAudio

from .corpus import join, recordings
from .figures import Table, percentile
from .processes import cpu_by_part
from .world import BenchError, Outside, World

#: The daemon tells its figures of the last minute each minute.
_PATIENCE_S = 75.0
_BAR_MS = 15.0
_LONGEST_S = 8.0
_FRAME_S = 0.02


def measure() -> Table:
    """Return the 99.9th percentiles of a minute without and of a minute with speech all the time."""
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder, PulseAudio() as pulse:
        speech = Path(folder) / "speech.wav"
        join([each for each in recordings() if each.seconds <= _LONGEST_S], 0.3, 135.0, speech)
        with World(Outside(speak=""), pulse) as world:
            world.wait_ready()
            with Sleeper() as still:
                idle = _next_figures(world)
            talk = threading.Thread(target=pulse.microphone.play, args=(speech,), name="talk")
            talk.start()
            before = cpu_by_part(world.pid)
            _next_figures(world)  # part of that minute was silent
            with Sleeper() as stirred:
                busy = _next_figures(world)
            spent = cpu_by_part(world.pid)["engine"] - before["engine"]
            finals = len(world.of("final"))
            talk.join()
    return _table([("idle", idle, still), ("decoding", busy, stirred)], spent, finals)


def _next_figures(world: World) -> dict[str, Any]:
    known = len(world.of("metrics"))
    if not world.listen(_PATIENCE_S, lambda: len(world.of("metrics")) > known):
        raise BenchError(f"no metrics within {_PATIENCE_S:.0f} s:\n{world.log}")
    return world.of("metrics")[-1]


class Sleeper:
    """A context: a thread that sleeps 20 ms at a time, and by how much it oversleeps: what the machine does to all."""

    def __init__(self) -> None:
        self.late_ms: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, name="sleeper")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _sleep(self) -> None:
        began = time.monotonic()
        while not self._over.wait(_FRAME_S):
            self.late_ms.append((time.monotonic() - began - _FRAME_S) * 1000)
            began = time.monotonic()


def _table(minutes: list[tuple[str, dict[str, Any], Sleeper]], spent: float, finals: int) -> Table:
    table = Table("gate-delay: capture of a frame to the gate, one minute (3000 frames) each, ms")
    for name, figures, sleeper in minutes:
        table.add(f"{name}, median", f"{figures['gate_delay_ms_p50']:.2f}")
        table.add(f"{name}, p99.9", f"{figures['gate_delay_ms_p999']:.2f}")
        table.add("  a thread elsewhere that only sleeps, p99.9", f"{percentile(sleeper.late_ms, 99.9):.2f}")
    idle, busy = (figures["gate_delay_ms_p999"] for _, figures, _ in minutes)
    table.add("p99.9 decoding less idle", f"{busy - idle:.2f}", f"<= {_BAR_MS:.0f}", busy - idle <= _BAR_MS)
    table.notes.append(f"two minutes of speech: {finals} finals, {spent:.0f} s of processor time in the engine")
    return table
