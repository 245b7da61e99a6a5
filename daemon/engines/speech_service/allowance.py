"""How much sound a service that costs money may be sent today. Pure: clocks come in, what is to be kept goes out.

A day ends at midnight of this machine's local time. A clock that jumps back, as that of a machine without a battery
does at each boot, gives nothing: what was counted for a later day goes on until the clock is past that day, or, lest a
clock that once was wrong by years stop the service for years, until 24 hours of running have passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from daemon.engines.base import Cure, EngineWarning
from daemon.engines.speech_service.faults import ServiceFault

#: Code of the fault when nothing is left, and of the warning before.
USED_UP, RUNNING_OUT = "minutes_used_up", "paid_minutes"
_WARN_AT = 0.8
#: So much more than was sent is kept, so that an end without warning never makes the count too low; seconds. Half of it
#: is sent from one time that it is kept to the next.
_AHEAD_S = 30.0
_DAY_S = 86_400.0
#: How long a clock has been behind is kept so often, seconds.
_BEHIND_STEP_S = 3_600.0
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What was sent on a day."""

    day: date
    spent_s: float = 0.0
    #: Seconds of running during which the clock has shown an earlier day.
    behind_s: float = 0.0


def local_day() -> date:
    """Return the day by this machine's clock and time zone."""
    return datetime.now(UTC).astimezone().date()


class Allowance:
    """See the module. `minutes` a day, 0: as many as one likes.

    `today` is `local_day` but in tests; `keep` is given what the next run is to begin with and must not block; `say`
    gets a warning when little is left, and its end when there is more.
    """

    def __init__(
        self,
        engine: str,
        minutes: float,
        kept: Usage | None = None,
        *,
        keep: Callable[[Usage], None] = lambda _usage: None,
        say: Callable[[EngineWarning], None] = lambda _warning: None,
        today: Callable[[], date],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._limit_s = minutes * _MINUTE_S
        self._keep = keep
        self._say = say
        self._today = today
        self._clock = clock
        self._looked_s = clock()
        self._usage = self._kept = kept or Usage(today())
        self._told = ""

    @property
    def spent_s(self) -> float:
        """Seconds of sound that were sent today."""
        self._look()
        return self._usage.spent_s

    def check(self) -> None:
        """Raise `ServiceFault` if nothing more may be sent today."""
        if not self._limit_s:
            return
        self._look()
        if self._usage.spent_s >= self._limit_s:
            raise self._fault()

    def take(self, seconds: float) -> None:
        """Take note of sound that is about to be sent. Raises `ServiceFault` if it may not be."""
        if not self._limit_s:
            return
        self._look()
        if self._usage.spent_s + seconds > self._limit_s:
            self._change(replace(self._usage, spent_s=self._limit_s))
            raise self._fault()
        self._change(replace(self._usage, spent_s=self._usage.spent_s + seconds))
        if self._usage.day != self._kept.day or self._kept.spent_s < self._ahead_s(_AHEAD_S / 2):
            self._hand_over(replace(self._usage, spent_s=self._ahead_s(_AHEAD_S)))

    def close(self) -> None:
        """Have kept what was really sent."""
        if self._kept != self._usage:
            self._hand_over(self._usage)

    # ------------------------------------------------------------ inside

    def _look(self) -> None:
        """Take note which day it is."""
        now, day = self._clock(), self._today()
        elapsed_s, self._looked_s = now - self._looked_s, now
        usage = self._usage
        if day > usage.day:
            usage = Usage(day)
        elif day < usage.day:
            usage = replace(usage, behind_s=usage.behind_s + elapsed_s)
            usage = Usage(day) if usage.behind_s >= _DAY_S else usage
        elif usage.behind_s:
            usage = replace(usage, behind_s=0.0)
        self._change(usage)
        if usage.behind_s - self._kept.behind_s >= _BEHIND_STEP_S:
            self._hand_over(replace(self._kept, behind_s=usage.behind_s))

    def _change(self, usage: Usage) -> None:
        self._usage = usage
        self._tell(self._words())

    def _ahead_s(self, seconds: float) -> float:
        return min(self._limit_s, self._usage.spent_s + seconds)

    def _hand_over(self, usage: Usage) -> None:
        self._kept = usage
        self._keep(usage)

    def _words(self) -> str:
        spent_s, minutes = self._usage.spent_s, self._limit_s / _MINUTE_S
        return used_words(self._engine, spent_s, minutes) if minutes and is_running_out(spent_s, minutes) else ""

    def _tell(self, words: str) -> None:
        """Say how little is left, a percent after the other; say once that it is enough again."""
        if words != self._told:
            self._told = words
            self._say(EngineWarning(self._engine, RUNNING_OUT, words))

    def _fault(self) -> ServiceFault:
        words = used_words(self._engine, self._usage.spent_s, self._limit_s / _MINUTE_S)
        return ServiceFault(USED_UP, f"{words}: it is used again after midnight, local time", Cure.CONFIGURE)


def used_words(engine: str, spent_s: float, minutes: float) -> str:
    """Return how much of a day's minutes is used, in words."""
    used = 100 * spent_s / (minutes * _MINUTE_S)
    return f"{engine}: {used:.0f} % of today's {minutes:g} minutes are used (engine.{engine}.max_minutes_per_day)"


def is_running_out(spent_s: float, minutes: float) -> bool:
    """Tell whether so much of a day's minutes is used that it is worth a word."""
    return spent_s >= _WARN_AT * minutes * _MINUTE_S
