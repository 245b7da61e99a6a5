"""What stands in the slots of a pattern that is a time of the clock."""

from __future__ import annotations

from daemon.figures.cardinals import Read, Reader
from daemon.figures.filled import Filled, Slot, Values

_HOURS, _HOURS_OF_DAY = 12, 24
_MINUTES = 60
_LEAST_TWO_DIGITS = 10
#: What is said before the hour is a multiple of it, and less than half an hour.
_STEP, _HALF_HOUR = 5, 30


def _hour(most: int, least: int = 0) -> Slot:
    def read(reader: Reader, begin: int, _values: Values) -> Filled | None:
        found = reader.below_hundred(begin, article=bool(reader.table.tens_links))
        if found is None or not least <= found.value <= most:
            return None
        before = (found.value - 2) % _HOURS + 1
        return Filled({"h": str(found.value), "before": str(before)}, found.end)

    return read


def _hour_before(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read an hour below the minutes that were said: "ten to six" is a time, "five to ten" may be a range."""
    hour = _hour(_HOURS)(reader, begin, values)
    return hour if hour and int(hour.values["h"]) < int(values["m"]) else None


def _minute(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.below_hundred(begin)
    if found is None or found.value >= _MINUTES:
        return None
    return Filled({"m": f"{found.value:02}", "left": f"{_MINUTES - found.value:02}"}, found.end)


def _minute_past(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read minutes, but no few: "las dos y tres" are two and three of something."""
    found = _minute(reader, begin, values)
    few = found and int(found.values["m"]) < _LEAST_TWO_DIGITS and int(found.values["m"]) != _STEP
    return None if few else found


def _fives(least: int) -> Slot:
    """Read minutes as they are said before the hour: five, ten, twenty, twenty five."""

    def read(reader: Reader, begin: int, values: Values) -> Filled | None:
        found = _minute(reader, begin, values)
        minutes = int(found.values["m"]) if found else 0
        return found if least <= minutes < _HALF_HOUR and not minutes % _STEP else None

    return read


def _midday(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read "noon" or "midnight": which half of the day it ends, and which it begins."""
    halves = {"noon": ("a.m.", "p.m."), "midnight": ("p.m.", "a.m.")}.get(reader.at(begin))
    return Filled({"ends": halves[0], "begins": halves[1]}, begin + 1) if halves else None


def two_digits(reader: Reader, begin: int) -> Read | None:
    """Read "thirty" or "oh five"."""
    if reader.at(begin) in reader.table.zeros:
        one = reader.table.ones.get(reader.at(begin + 1))
        return None if one is None else Read(one, begin + 2)
    found = reader.below_hundred(begin)
    return found if found and found.value >= _LEAST_TWO_DIGITS else None


def _minutes_of_clock(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = two_digits(reader, begin)
    return Filled({"m": f"{found.value:02}"}, found.end) if found and found.value < _MINUTES else None


def _clock(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read a time of twelve hours, its minutes and its half of the day as far as they are said."""
    found = _hour(_HOURS)(reader, begin, values)
    if found is None:
        return None
    text, end = found.values["h"], found.end
    if minutes := _minutes_of_clock(reader, end, values):
        text, end = f"{text}:{minutes.values['m']}", minutes.end
    if half := noon(reader, end, values):
        text, end = f"{text} {half.values['noon']}", half.end
    return Filled({"start": text}, end)


def _end_of_span(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read the time until which: at one of both it is to be seen that they are times."""
    found = _clock(reader, begin, values)
    told = found and not f"{values['start']}{found.values['start']}".isdecimal()
    return Filled({"end": found.values["start"]}, found.end) if found and told else None


def noon(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read the half of the day: "a m"."""
    for phrases, written in ((reader.table.forenoon, "a.m."), (reader.table.afternoon, "p.m.")):
        end = reader.phrase(phrases, begin)
        if end > 0 and not (reader.at(begin) == "am" and reader.at(end) == "i"):
            return Filled({"noon": written}, end)
    return None


CLOCK: dict[str, Slot] = {
    "h12": _hour(_HOURS),
    "h9": _hour(_LEAST_TWO_DIGITS - 1),
    "h24": _hour(_HOURS_OF_DAY),
    "h13": _hour(_HOURS_OF_DAY - 1, _HOURS + 1),
    "under": _hour_before,
    "minute": _minute,
    "past": _minute_past,
    "fives": _fives(_STEP),
    "late": _fives(_HOURS + 1),
    "midday": _midday,
    "start": _clock,
    "end": _end_of_span,
    "mm": _minutes_of_clock,
    "noon": noon,
}
