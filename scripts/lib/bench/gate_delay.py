"""How late the gate gets its frames while the engine decodes, less how late it gets them when nothing happens."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

from tests.support.pulse import PulseAudio

from .corpus import join, recordings
from .figures import Table
from .processes import cpu_by_part
from .world import BenchError, Outside, World

#: The daemon tells its figures of the last minute each minute.
_PATIENCE_S = 75.0
_BAR_MS = 15.0
_LONGEST_S = 8.0


def measure() -> Table:
    """Return the 99.9th percentiles of a minute without and of a minute with speech all the time."""
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder, PulseAudio() as pulse:
        speech = Path(folder) / "speech.wav"
        join([each for each in recordings() if each.seconds <= _LONGEST_S], 0.3, 135.0, speech)
        with World(Outside(speak=""), pulse) as world:
            world.wait_ready()
            idle = _next_figures(world)
            talk = threading.Thread(target=pulse.microphone.play, args=(speech,), name="talk")
            talk.start()
            before = cpu_by_part(world.pid)
            _next_figures(world)  # part of that minute was silent
            busy = _next_figures(world)
            spent = cpu_by_part(world.pid)["engine"] - before["engine"]
            finals = len(world.of("final"))
            talk.join()
    return _table(idle, busy, spent, finals)


def _next_figures(world: World) -> dict[str, Any]:
    known = len(world.of("metrics"))
    if not world.listen(_PATIENCE_S, lambda: len(world.of("metrics")) > known):
        raise BenchError(f"no metrics within {_PATIENCE_S:.0f} s:\n{world.log}")
    return world.of("metrics")[-1]


def _table(idle: dict[str, Any], busy: dict[str, Any], spent: float, finals: int) -> Table:
    table = Table("gate-delay: capture of a frame to the gate, one minute (3000 frames) each, ms")
    for name, figures in (("idle", idle), ("decoding", busy)):
        table.add(f"{name}, median", f"{figures['gate_delay_ms_p50']:.2f}")
        table.add(f"{name}, p99.9", f"{figures['gate_delay_ms_p999']:.2f}")
    more = busy["gate_delay_ms_p999"] - idle["gate_delay_ms_p999"]
    table.add("p99.9 decoding less idle", f"{more:.2f}", f"<= {_BAR_MS:.0f}", more <= _BAR_MS)
    table.notes.append(f"two minutes of speech: {finals} finals, {spent:.0f} s of processor time in the engine")
    return table
