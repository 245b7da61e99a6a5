"""Processor time of capture in a process of its own, beside the same callback in the process that reads, at once."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path

from tests.support.pulse import PulseAudio, Sound, strict_missing

from .bare_processes import running
from .figures import Table
from .processes import cpu_by_part
from .world import BenchError

_SETTLE_S = 3.0
_HOUR_S = 3600.0
_RATIO = 2.0
#: What speech has, and what most sound cards have.
_CARDS = (Sound("s16le", 16_000, 1), Sound("s16le", 48_000, 2))


def measure(seconds: float = 30.0) -> Table:
    """Return processor seconds an hour for each card, which knows its own format and no other."""
    if why := strict_missing():
        raise BenchError(why)
    table = Table(f"capture: processor seconds an hour, over {seconds:.0f} s, both at the same time")
    for card in _CARDS:
        inside, beside = _costs(card, seconds)
        name = f"{card.rate_hz} Hz, {card.channels} channel(s)"
        table.add(f"{name}: callback and reader in one process", f"{inside:.0f}")
        shown = f"{beside:.0f} = {beside / inside:.2f} x"
        table.add(f"{name}: a process of its own, and its reader", shown, f"<= {_RATIO} x", beside <= _RATIO * inside)
    return table


def _costs(card: Sound, seconds: float) -> tuple[float, float]:
    with contextlib.ExitStack() as context:
        folder = context.enter_context(tempfile.TemporaryDirectory(prefix="card-"))
        pulse = context.enter_context(PulseAudio(card, strict=Path(folder)))
        pids = [context.enter_context(running(role, pulse.env)) for role in ("inside", "beside")]
        time.sleep(_SETTLE_S)
        before, began = [cpu_by_part(pid).total() for pid in pids], time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - began
        spent = [cpu_by_part(pid).total() - then for pid, then in zip(pids, before, strict=True)]
    return spent[0] * _HOUR_S / took_s, spent[1] * _HOUR_S / took_s
