"""A change of the settings over MQTT is on trial for a minute; if the daemon fares badly on it, it is taken back.

Badly means: a worker dies, the process ends without having been told to (a crash, a kill, a power cut), or the engine
was well before and is not at the end. A lost broker is no reason: routers restart. What is gone back to is what was in
force before the trial, however many changes it has seen. A clean stop within the trial begins it again at the next
start.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from daemon import remote_settings
from daemon.remote_settings import Trial

_LOG = logging.getLogger(__name__)

#: Length of a trial, seconds.
LASTS_S = 60.0


def roll_back_after_crash(directory: Path | None) -> bool:
    """Go back to the last good settings if the run before ended badly on those kept. To be called before they are read.

    Where they cannot be written, the settings stay as they are: that must not keep the daemon from starting.
    """
    stored = remote_settings.read(directory)
    if directory is None or stored.trial is Trial.NONE:
        return False
    try:
        if stored.trial is Trial.STOPPED:
            remote_settings.mark(directory, Trial.RUNNING)
            return False
        remote_settings.write(directory, stored.rev + 1, remote_settings.last_good(directory))
    except (OSError, ValueError) as error:
        _LOG.warning("the settings are on trial, but that cannot be noted: %s", error)
        return False
    _LOG.warning("the daemon ended badly within a minute of a change of its settings, which is taken back")
    return True


class Probation:
    """The trial of this run's changes. `clock` gives seconds that only rise."""

    def __init__(self, directory: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._blamed = ""
        self._sick_before = False
        on_trial = remote_settings.read(directory).trial is not Trial.NONE
        self._ends_s = clock() + LASTS_S if on_trial else None

    @property
    def under_way(self) -> bool:
        """Whether a change may still be taken back."""
        return self._ends_s is not None

    def begin(self, *, sick: bool) -> None:
        """Begin a trial, or lengthen it by another change. `sick`: the engine is not well as it is."""
        if not self.under_way:
            self._blamed, self._sick_before = "", sick
        self._ends_s = self._clock() + LASTS_S

    def blame(self, reason: str) -> None:
        """Take note that something went wrong. May be called by any thread."""
        self._blamed = reason

    def verdict(self, *, sick: bool) -> str:
        """Return why the change is to be taken back; empty while nothing is known, and once it has proved good."""
        if self._ends_s is None:
            return ""
        if self._blamed:
            return self._blamed
        if self._clock() < self._ends_s:
            return ""
        if sick and not self._sick_before:
            return "the engine has not been well since the change"
        self.over()
        self._mark(Trial.NONE)
        return ""

    def over(self) -> None:
        """End the trial: the change proved good, or was taken back."""
        self._ends_s = None

    def stop(self) -> None:
        """Take note of a clean stop."""
        if self.under_way:
            self._mark(Trial.STOPPED)

    def _mark(self, trial: Trial) -> None:
        if self._directory is None:
            return
        try:
            remote_settings.mark(self._directory, trial)
        except (OSError, ValueError) as error:
            _LOG.warning("the trial of the settings cannot be noted: %s", error)
