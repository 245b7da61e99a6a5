"""Tells systemd that the daemon lives, and measures how it does. Without NOTIFY_SOCKET the telling does nothing."""

from __future__ import annotations

import logging
import os
import resource
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from daemon.board import Snapshot
from daemon.events import Final, Notice, OutputEvent, UtteranceDropped
from systemd import daemon as sd

_LOG = logging.getLogger(__name__)

#: Finals that the percentiles are made from.
_REMEMBERED = 256
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MICROSECONDS = 1_000_000
_THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")


class SystemdNotifier:
    """READY, STATUS, WATCHDOG and STOPPING (sd_notify(3))."""

    def __init__(self) -> None:
        usec = os.environ.get("WATCHDOG_USEC", "")
        #: How often `alive` must be called; None where no watchdog runs.
        self.period_s: float | None = int(usec) / _MICROSECONDS / 3 if usec.isdigit() else None
        self._next = 0.0

    def ready(self, status: str) -> None:
        """Say that the start is over."""
        self._tell(f"READY=1\nSTATUS={status}")

    def status(self, snapshot: Snapshot) -> None:
        """Say in one line how it is."""
        self._tell(f"STATUS={snapshot.summary}")

    def alive(self) -> None:
        """Feed the watchdog, if it is time."""
        now = time.monotonic()
        if self.period_s is not None and now >= self._next:
            self._next = now + self.period_s
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the stop has begun."""
        self._tell("STOPPING=1")

    def _tell(self, text: str) -> None:
        # That systemd takes nothing for a moment ends no translator; if it lasts, that is the watchdog's business.
        try:
            sd.notify(text)
        except OSError as error:
            _LOG.warning("systemd could not be told %s: %s", text.partition("\n")[0], error)


class Meter:
    """Counts results and their delays; an output like others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: deque[Final] = deque(maxlen=_REMEMBERED)
        self._first_audio_ms: deque[int] = deque(maxlen=_REMEMBERED)
        self._finals = self._dropped = 0
        self._gauges: dict[str, Callable[[], float]] = {}

    def watch(self, gauges: Mapping[str, Callable[[], float]]) -> None:
        """Include figures that are read when asked for."""
        self._gauges.update(gauges)

    def offer(self, event: OutputEvent) -> None:
        """Take note of a result."""
        with self._lock:
            if isinstance(event, Final):
                self._finals += 1
                self._recent.append(event)
            elif isinstance(event, UtteranceDropped):
                self._dropped += 1
            elif isinstance(event, Notice) and event.event_type == "speech_finished":
                first = event.fields.get("first_audio_ms")
                if isinstance(first, int):
                    self._first_audio_ms.append(first)

    def figures(self) -> dict[str, float | int | None]:
        """Return everything measured, for the `metrics` topic."""
        with self._lock:
            recent, speech = list(self._recent), list(self._first_audio_ms)
            counts = {"finals": self._finals, "utterances_dropped": self._dropped}
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {
            **counts,
            **_percentiles("first_interim_ms", [f.first_interim_ms for f in recent if f.first_interim_ms is not None]),
            **_percentiles("final_ms", [final.final_ms for final in recent]),
            **_percentiles("engine_ms", [final.engine_ms for final in recent]),
            **_percentiles("first_audio_ms", speech),
            "real_time_factor": _mean([final.engine_ms / 1000 / final.audio_s for final in recent if final.audio_s]),
            "erasure_interim": _mean([final.erasure_interim for final in recent]),
            "erasure_final": _mean([final.erasure_final for final in recent]),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
            "rss_bytes": _resident_bytes(),
            "temperature_c": temperature_c(),
            **{name: read() for name, read in self._gauges.items()},
        }


def _percentiles(name: str, values: list[int]) -> dict[str, float | None]:
    if not values:
        return {f"{name}_p50": None, f"{name}_p95": None}
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {f"{name}_p50": statistics.median(ordered), f"{name}_p95": p95}


def _mean(values: list[float]) -> float | None:
    return round(statistics.fmean(values), 3) if values else None


def temperature_c() -> float | None:
    """Return the processor's temperature, None where it is not known (sysfs-class-thermal: millidegrees)."""
    try:
        return int(_THERMOMETER.read_text(encoding="ascii")) / 1000
    except (OSError, ValueError):
        return None


def free_bytes(directory: Path) -> int:
    """Return how much may still be written there. Raises `OSError`."""
    disk = os.statvfs(directory)
    return disk.f_bavail * disk.f_frsize


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
