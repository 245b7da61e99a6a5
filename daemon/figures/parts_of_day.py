"""The part of the day that a time in a translation is said of: the one that the text says. Pure.

A translator that carries the hour does not know that 8 in the morning is ``morgens`` and 2 in the morning ``nachts``.
"""

from __future__ import annotations

import re
from functools import cache

from daemon.figures.manners import Manners

_HALF_DAY, _DAY = 12, 24
#: The longest of `before_hour` is shorter, with its blank.
_REACH = 12
_TIME = r"(?<![\w:.,])(?P<time>(?P<hour>1[0-2]|0?[1-9])(?:[:.][0-5]\d)?)"


def of_the_text(text: str, translation: str, theirs: Manners, ours: Manners) -> str:
    """Return the translation with the times that it has from `text` in the parts of the day that are said there.

    What is said of a time more than once is so there in that order; where it is not there as often, all stays.
    """
    said = _by_time(text, theirs, surely=True)
    there = _by_time(translation, ours)
    wanted = {time: iter(hours) for time, hours in said.items() if len(hours) == len(there.get(time, ()))}

    def write(found: re.Match[str]) -> str:
        hours = next(wanted.get(found["time"], iter(())), set())
        if not hours:
            return found.group()
        wrong = hours.isdisjoint(_hours(found, ours))
        part = (_part(hours, ours) if wrong else "") or found["part"]
        stop = "" if part.endswith(".") else found["stop"]
        return f"{found['time']}{found['clock'] or _clock(found, ours)} {part}{stop}"

    return _times(ours).sub(write, translation) if wanted else translation


def _by_time(text: str, known: Manners, *, surely: bool = False) -> dict[str, list[set[int]]]:
    """Return the hours that each time is at, with its part of the day; not those of a dose or room."""
    found: dict[str, list[set[int]]] = {}
    for each in _times(known).finditer(text):
        hours = _hours(each, known) if not surely or _is_hour(each, known) else set()
        found.setdefault(each["time"], []).append(hours)
    return found


def _is_hour(found: re.Match[str], known: Manners) -> bool:
    """Tell whether it is an hour of the clock: two in the morning may be two pills."""
    before = found.string[max(0, found.start() - _REACH) : found.start()]
    clocked = not known.before_hour or re.search(rf"{known.before_hour} $", before, re.IGNORECASE)
    return bool(clocked) or not found["time"].isdecimal() or found["part"][1:2] == "."


def _part(hours: set[int], known: Manners) -> str:
    """Return the first part of the day that has the hours; empty where none does."""
    return next((part for part, span in known.parts.items() if hours <= _within(span)), "")


def _clock(found: re.Match[str], known: Manners) -> str:
    """Return the word that a bare hour wants after it: ``10 heures du matin``."""
    return f" {known.hour[int(found['hour']) > 1]}" if known.hour and found["time"].isdecimal() else ""


def _hours(found: re.Match[str], known: Manners) -> set[int]:
    """Return the hour of 24 that a time is in its part of the day; none where that part does not have it."""
    hour = int(found["hour"]) % _HALF_DAY
    spans = (span for part, span in known.parts.items() if part.lower() == found["part"].lower())
    return {hour, hour + _HALF_DAY} & _within(next(spans, (0, 0)))


def _within(span: tuple[int, int]) -> set[int]:
    first, end = span
    return set(range(first, end)) if first < end else {*range(first, _DAY), *range(end)}


def _times(known: Manners) -> re.Pattern[str]:
    return _pattern(tuple(known.parts), known.hour or ())


@cache
def _pattern(parts: tuple[str, ...], hours: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(map(re.escape, parts)) or "(?!)"
    clock = "|".join(map(re.escape, hours)) or "(?!)"
    return re.compile(rf"{_TIME}(?P<clock> (?:{clock}))? (?P<part>{words})(?!\w)(?P<stop>\.?)", re.IGNORECASE)
