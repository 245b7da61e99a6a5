"""What processes cost: memory by share (PSS) and processor time, by the part that each process is."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import Counter
from pathlib import Path
from typing import Self

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024
MIB = 1024 * 1024
#: Words of a command line → the part.
_PARTS = {
    "hw.audio_child capture": "capture",
    "hw.audio_child playback": "playback",
    "daemon.engines.child": "engine",
}
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError, ProcessLookupError)


def parse_pss(rollup: str) -> int:
    """Return the bytes of a ``smaps_rollup``'s Pss line. Raises ValueError without one."""
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIB
    raise ValueError("no Pss line in smaps_rollup")


def parse_cpu_s(stat: str) -> float:
    """Return user and system time of a ``/proc/PID/stat`` line, seconds; the name in it may hold blanks."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def pss_bytes(pid: int) -> int:
    """Return the share of memory of a process."""
    return parse_pss(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))


def tree(pid: int) -> list[tuple[str, int]]:
    """Return (part, process id) of the daemon and all it has started."""
    root = psutil.Process(pid)
    engines: set[int] = set()
    found = [("main", pid)]
    for child in root.children(recursive=True):
        with contextlib.suppress(*_GONE):
            part = _part(" ".join(child.cmdline()))
            if part == "engine":
                engines.add(child.pid)
            elif not part:
                part = "translators" if engines.intersection(p.pid for p in child.parents()) else "other"
            found.append((part, child.pid))
    return found


def pss_by_part(pid: int) -> Counter[str]:
    """Return the bytes of each part of the daemon."""
    sums: Counter[str] = Counter()
    for part, each in tree(pid):
        with contextlib.suppress(*_GONE):
            sums[part] += pss_bytes(each)
    return sums


def cpu_by_part(pid: int) -> Counter[str]:
    """Return the seconds of processor time of each part of the daemon so far."""
    sums: Counter[str] = Counter()
    for part, each in tree(pid):
        with contextlib.suppress(*_GONE):
            sums[part] += parse_cpu_s(Path(f"/proc/{each}/stat").read_text(encoding="utf-8", errors="replace"))
    return sums


class PeakMemory:
    """A context: the most that a daemon and all it has started held at once, looked at every half second."""

    def __init__(self, pid: int) -> None:
        self.by_part: Counter[str] = Counter()
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak memory")

    @property
    def bytes(self) -> int:
        """All parts together."""
        return self.by_part.total()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with contextlib.suppress(*_GONE):
            while True:
                now = pss_by_part(self._pid)
                if now.total() > self.bytes:
                    self.by_part = now
                if self._over.wait(0.5):
                    return


def shown(by_part: Counter[str]) -> str:
    """Return bytes by part as text, MB."""
    return ", ".join(f"{part} {size / MIB:.1f}" for part, size in by_part.most_common())


def _part(command: str) -> str:
    return next((part for words, part in _PARTS.items() if words in command), "")
