"""How much memory an engine's process may take, and when it has taken too much.

Counted is what is its own: anonymous and shared memory and what of it was swapped out, of the process and of all below
it. Files that are mapped (models) are not: the kernel takes their pages back by itself. A limit on addresses
(RLIMIT_AS) would count them, and fails a library in the middle of something where it cannot say so.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

_LOG = logging.getLogger(__name__)

#: A process is looked at so often, seconds.
LOOK_S = 2.0
#: Without a limit in the settings: half of the machine's memory, but no more than this, MB.
_MOST_MB = 2_048
#: What an engine took when it had loaded it needs, and to work up to as much again: 199 MB were measured with two
#: targets, and 356 after the first utterance. Only what has come beyond that does a new one without.
_GROWTH = 2.0
#: Far above the limit it is replaced at once; else when it has nothing to do, or after so many seconds.
_FAR = 1.5
_PATIENCE_S = 30.0
_OWN = ("RssAnon:", "RssShmem:", "VmSwap:")
_KB_PER_MB = 1_024


class MemoryWatch:
    """One process of an engine, from the moment it was ready. `measure` returns what it takes now, MB."""

    def __init__(
        self, name: str, limit_mb: float, measure: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        loaded_mb = measure()
        self.limit_mb = max(limit_mb, _GROWTH * loaded_mb)
        self._measure = measure
        self._clock = clock
        self._looks_at = clock() + LOOK_S
        self._above_since: float | None = None
        if loaded_mb > limit_mb:
            text = "engine %s takes %.0f MB as soon as it is loaded, its limit is %.0f MB: it is held to %.0f MB"
            _LOG.warning(text, name, loaded_mb, limit_mb, self.limit_mb)

    def look(self, *, idle: bool) -> str:
        """Return why it must be replaced now, empty if it need not be. Looks at most every `LOOK_S`."""
        now = self._clock()
        if now < self._looks_at:
            return ""
        self._looks_at = now + LOOK_S
        size_mb = self._measure()
        if not self._is_bloated(size_mb, now, idle=idle):
            return ""
        return f"it takes {size_mb:.0f} MB, more than {self.limit_mb:.0f} MB: it is replaced"

    def _is_bloated(self, size_mb: float, now: float, *, idle: bool) -> bool:
        if size_mb <= self.limit_mb:
            self._above_since = None
            return False
        if self._above_since is None:
            self._above_since = now
        return idle or size_mb > _FAR * self.limit_mb or now - self._above_since >= _PATIENCE_S


def limit_mb(setting_mb: float) -> float:
    """Return the limit that a setting stands for; 0: what this machine can spare."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (_KB_PER_MB * _KB_PER_MB)
    return setting_mb or min(memory / 2, _MOST_MB)


def own_mb(pid: int) -> float:
    """Return how much memory a process and all below it have for themselves; what is gone has none."""
    waiting, kilobytes = [pid], 0
    while waiting:
        process = Path("/proc", str(waiting.pop()))
        kilobytes += _own_kb(process)
        waiting += _children(process)
    return kilobytes / _KB_PER_MB


def _own_kb(process: Path) -> int:
    try:
        lines = (process / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(_OWN))


def _children(process: Path) -> list[int]:
    """Return what its threads started; nothing on a kernel that does not list it (CONFIG_PROC_CHILDREN)."""
    found: list[int] = []
    try:
        for listed in process.glob("task/*/children"):
            found += map(int, listed.read_text(encoding="ascii").split())
    except OSError:  # ended while we read
        pass
    return found
