"""Memory by share (PSS) of each process, idle and at work, beside bare processes of the same layout."""

from __future__ import annotations

import contextlib
from collections import Counter

from tests.support.pulse import PulseAudio

from .bare_processes import running
from .corpus import short
from .figures import Table
from .processes import MIB, PeakMemory, pss_by_part, pss_bytes, shown
from .world import Outside, World

_LAYOUT = ("main", "capture", "playback")
#: What the daemon's own code and data may take on top of its libraries, MB.
_OWN_MB = 12.0
_WHOLE_MB = 400.0
_SETTLE_S = 8.0
_UTTERANCES = 4


def measure() -> Table:
    """Return the memory of the idle and of the working daemon."""
    with contextlib.ExitStack() as context:
        pulse = context.enter_context(PulseAudio())
        with World(Outside(), pulse) as world:
            world.wait_ready()
            world.listen(_SETTLE_S)
            idle = pss_by_part(world.pid)
            with PeakMemory(world.pid) as peak:
                for recording in short(_UTTERANCES):
                    pulse.microphone.play(recording.path)
                    world.listen(20.0, lambda: _spoken(world))
                    world.listen(2.0)
            after = pss_by_part(world.pid)
        bare = _bare(context, pulse, "")
    with contextlib.ExitStack() as context, PulseAudio() as pulse:
        lean = _bare(context, pulse, "-lean")
    return _table(idle, peak.by_part, after, bare, lean)


def _spoken(world: World) -> bool:
    finals = {final["id"] for final in world.of("final")}
    events = world.of("event")
    spoken = {event["id"] for event in events if event["event_type"] == "speech_finished"}
    return bool(finals) and finals <= spoken


def _bare(context: contextlib.ExitStack, pulse: PulseAudio, suffix: str) -> Counter[str]:
    ids = {role: context.enter_context(running(role + suffix, pulse.env)) for role in _LAYOUT}
    return Counter({role: pss_bytes(pid) for role, pid in ids.items()})


def _table(
    idle: Counter[str], peak: Counter[str], after: Counter[str], bare: Counter[str], lean: Counter[str]
) -> Table:
    table = Table("memory: PSS, MB")
    for name, counted in (("idle", idle), ("at its peak", peak), ("after work", after)):
        own = sum(counted[part] for part in _LAYOUT) / MIB
        limit = _like(bare, counted) + _OWN_MB
        table.add(f"without the engine, {name}", f"{own:.1f}", f"<= {limit:.1f} (bare + 12)", own <= limit)
        whole = counted.total() / MIB
        table.add(f"whole, one target, {name}", f"{whole:.1f}", f"<= {_WHOLE_MB:.0f}", whole <= _WHOLE_MB)
        table.notes.append(f"{name}: {shown(counted)}")
    table.add("bare, each with all mandatory libraries", f"{bare.total() / MIB:.1f}")
    table.add("bare, each with only what it needs", f"{lean.total() / MIB:.1f}")
    table.notes += [f"bare: {shown(bare)}", f"bare, lean: {shown(lean)}"]
    return table


def _like(bare: Counter[str], counted: Counter[str]) -> float:
    """Return what the bare processes of those parts hold that run, MB: playback starts when there is speech."""
    return sum(size for part, size in bare.items() if counted[part]) / MIB
