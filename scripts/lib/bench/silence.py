"""Processor time while nobody speaks: the daemon, with and without its outputs, beside the bare loop, all at once."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from pathlib import Path

from tests.support.pulse import PulseAudio

from .bare_processes import running
from .figures import Table
from .processes import cpu_by_part, parse_cpu_s
from .world import Outside, World

_SETTLE_S = 8.0
_HOUR_S = 3600.0
_RATIO = 2.0


def measure(seconds: float = 60.0) -> Table:
    """Return processor seconds an hour of silence."""
    with contextlib.ExitStack() as context:
        pulse = context.enter_context(PulseAudio())
        whole = context.enter_context(World(Outside(), pulse))
        # No display either: its status line is drawn each second.
        quiet = context.enter_context(World(Outside(mqtt=False, display=False, speaker=""), pulse))
        bare = context.enter_context(running("loop", pulse.env))
        whole.wait_ready()
        whole.listen(_SETTLE_S)
        before, began = _all(whole, quiet, bare), time.monotonic()
        whole.listen(seconds)
        after, took_s = _all(whole, quiet, bare), time.monotonic() - began
        utterances = len(whole.of("final")) + len(whole.of("interim"))
    costs = [_hourly(now, then, took_s) for now, then in zip(after, before, strict=True)]
    return _table(costs[0], costs[1], costs[2].total(), took_s, utterances)


def _all(whole: World, quiet: World, bare: int) -> list[Counter[str]]:
    stat = Path(f"/proc/{bare}/stat").read_text(encoding="utf-8")
    return [cpu_by_part(whole.pid), cpu_by_part(quiet.pid), Counter(loop=parse_cpu_s(stat))]


def _hourly(after: Counter[str], before: Counter[str], took_s: float) -> Counter[str]:
    return Counter({part: (spent - before[part]) * _HOUR_S / took_s for part, spent in after.items()})


def _table(whole: Counter[str], quiet: Counter[str], bare: float, took_s: float, utterances: int) -> Table:
    table = Table(f"silence: processor seconds an hour, over {took_s:.0f} s, all at the same time")
    table.add("bare loop (PyAudio callback, webrtcvad; one process)", f"{bare:.0f}")
    for name, cost in (("with MQTT, display, speaker", whole), ("microphone, gate and engine only", quiet)):
        ratio = cost.total() / bare
        parts = ", ".join(f"{part} {spent:.0f}" for part, spent in cost.most_common())
        table.add(f"daemon, {name}", f"{cost.total():.0f} = {ratio:.2f} x bare", f"<= {_RATIO} x", ratio <= _RATIO)
        table.notes.append(f"{name}: {parts}")
    if utterances:
        table.notes.append(f"not silent: {utterances} results came")
    return table
