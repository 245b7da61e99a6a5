"""What runs on this machine, read from /proc."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path


def parents() -> dict[int, int]:
    """Return process id → parent's, zombies included."""
    found: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):  # gone while we read
            found[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return found


def descendants(pid: int) -> list[int]:
    """Return a process's children, their children, and so on."""
    parent_of = parents()
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        children = [child for child, its_parent in parent_of.items() if its_parent == parent]
        found += children
        waiting += children
    return found


def runs(pid: int) -> bool:
    """Tell whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def sound_processes(parent: int) -> list[int]:
    """Return the children of a process that run `hw.audio_child`, zombies too."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            line, words = stat.read_text(), (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        state, ppid = line.rpartition(")")[2].split()[:2]
        if int(ppid) == parent and (b"hw.audio_child" in words or state == "Z"):
            found.append(int(stat.parent.name))
    return found


def name(pid: int) -> str:
    """Return the program's name; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def command_line(pid: int) -> str:
    """Return how the program was called; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def wait_until_gone(pid: int, deadline_s: float = 10.0) -> None:
    """Wait for the end of a process that is not our child. Nothing tells of it, so it is asked for."""
    ends = time.monotonic() + deadline_s
    while runs(pid):
        if time.monotonic() > ends:
            raise TimeoutError(f"process {pid} ({name(pid)}) still runs after {deadline_s:g} s")
        time.sleep(0.02)


def pss_kib(pid: int) -> int:
    """Return the proportional set size of one process, KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
