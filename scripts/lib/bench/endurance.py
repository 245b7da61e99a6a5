"""An hour of simulated sound: memory, lag and cost of each tenth, which must not grow."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .corpus import join, recordings
from .figures import Table, median
from .processes import MIB, cpu_by_part, pss_by_part
from .world import BenchError, Outside, World

_TENTHS = 10
_LONGEST_S = 8.0
#: The sound may have begun so long before the daemon says that it is ready; when it is over, the daemon ends.
_SPARE_S = 10.0
#: Growth that is no noise: of memory from the second tenth to the last, of cost a second.
_FLAT = 1.10


@dataclass(frozen=True, slots=True)
class _Tenth:
    memory: Counter[str]
    cpu_s: float
    final_ms: float
    finals: int
    dropped: int


def measure(minutes: float = 60.0, speed: float = 4.0) -> Table:
    """Return how the tenths of a long run compare."""
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        path = Path(folder) / "long.wav"
        seconds = join([each for each in recordings() if each.seconds <= _LONGEST_S], 1.2, minutes * 60, path)
        options = ("--simulate", str(path), "--simulate-speed", str(speed))
        with World(Outside(speaker="", speak="", options=options)) as world:
            world.wait_ready()
            tenths = _follow(world, (seconds / speed - _SPARE_S) / _TENTHS)
            world.listen(60.0, lambda: not world.runs)
            problems = {problem["code"] for state in world.of("state") for problem in state["problems"]}
    return _table(tenths, seconds, speed, problems)


def _follow(world: World, tenth_s: float) -> list[_Tenth]:
    tenths, began, spent = [], time.monotonic(), cpu_by_part(world.pid).total()
    for number in range(1, _TENTHS + 1):
        known, gone = len(world.of("final")), len(_drops(world))
        world.listen(began + number * tenth_s - time.monotonic())
        if not world.runs:
            raise BenchError(f"the daemon ended in tenth {number}:\n{world.log}")
        finals = world.of("final")[known:]
        cpu_s = cpu_by_part(world.pid).total()
        lag = median([final["latency_ms"]["final"] for final in finals])
        tenths.append(_Tenth(pss_by_part(world.pid), cpu_s - spent, lag, len(finals), len(_drops(world)) - gone))
        spent = cpu_s
    return tenths


def _drops(world: World) -> list[str]:
    return [event["reason"] for event in world.of("event") if event["event_type"] == "utterance_dropped"]


def _table(tenths: list[_Tenth], seconds: float, speed: float, problems: set[str]) -> Table:
    table = Table(f"endurance: {seconds / 60:.0f} minutes of sound at {speed:g} x, by tenth")
    for number, tenth in enumerate(tenths, start=1):
        cost = tenth.cpu_s / (seconds / _TENTHS)
        lag = f"final {tenth.final_ms:.0f} ms, {tenth.finals} finals, {tenth.dropped} dropped"
        table.add(f"tenth {number}", f"{tenth.memory.total() / MIB:.0f} MB, {cost:.3f} CPU s/s, {lag}")
    _compare(table, "memory", [tenth.memory.total() for tenth in tenths])
    _compare(table, "memory of main", [tenth.memory["main"] for tenth in tenths])
    _compare(table, "cost a second", [tenth.cpu_s for tenth in tenths])
    table.notes.append(f"first: by process {_by_process(tenths[0])}; last: {_by_process(tenths[-1])}")
    table.notes.append(f"problems on the way: {', '.join(sorted(problems)) or 'none'}")
    return table


def _compare(table: Table, name: str, values: list[float]) -> None:
    """Compare the last three tenths with the second to fourth: the first one still fills buffers."""
    early, late = median(values[1:4]), median(values[-3:])
    table.add(f"{name}, last three tenths to 2-4", f"{late / early:.3f} x", f"<= {_FLAT:.2f} x", late <= _FLAT * early)


def _by_process(tenth: _Tenth) -> str:
    return ", ".join(f"{part} {size / MIB:.1f}" for part, size in tenth.memory.most_common())
