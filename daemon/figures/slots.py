"""What stands in a pattern's ``<slot>``: each reads words and gives the values that the pattern writes.

A slot that is not here is a set of the language's file: one of its words, written as heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from daemon.figures.cardinals import Read, Reader
from daemon.figures.numerals import amount, code

Values = Mapping[str, str]

#: Up to here numbers are written as words, but for times, amounts and the like.
SMALL = 12
_HOURS, _HOURS_OF_DAY = 12, 24
_MINUTES = 60
_LEAST_TWO_DIGITS = 10
_LONGEST_MONTH = 31
#: An airline's.
_MOST_LETTERS = 3
_CENTURIES = range(13, 21)
_YEARS = range(1000, 2101)


class Filled(NamedTuple):
    """What a slot gives, and where the words go on."""

    values: dict[str, str]
    end: int


Slot = Callable[[Reader, int, Values], Filled | None]


def _hour(most: int) -> Slot:
    def read(reader: Reader, begin: int, _values: Values) -> Filled | None:
        found = reader.below_hundred(begin, article=bool(reader.table.tens_links))
        if found is None or found.value > most:
            return None
        before = (found.value - 2) % _HOURS + 1
        return Filled({"h": str(found.value), "before": str(before)}, found.end)

    return read


def _minute(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.below_hundred(begin)
    if found is None or found.value >= _MINUTES:
        return None
    return Filled({"m": f"{found.value:02}", "left": f"{_MINUTES - found.value:02}"}, found.end)


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


def _cents(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = two_digits(reader, begin)
    return Filled({"cents": f"{found.value:02}"}, found.end) if found else None


def _noon(reader: Reader, begin: int, _values: Values) -> Filled | None:
    for phrases, written in ((reader.table.forenoon, "a.m."), (reader.table.afternoon, "p.m.")):
        end = reader.phrase(phrases, begin)
        if end > 0 and not (reader.at(begin) == "am" and reader.at(end) == "i"):
            return Filled({"noon": written}, end)
    return None


def _month(reader: Reader, begin: int, _values: Values) -> Filled | None:
    month = reader.table.months.get(reader.at(begin))
    if reader.at(begin - 1)[-1:].isdecimal():
        return None  # that has its day already
    return Filled({"month": month}, begin + 1) if month else None


def _clear_month(reader: Reader, begin: int, values: Values) -> Filled | None:
    return _month(reader, begin, values) if reader.at(begin) in reader.table.named["clear_month"] else None


def _day(least: int) -> Slot:
    def read(reader: Reader, begin: int, _values: Values) -> Filled | None:
        found = reader.ordinal(begin)
        within = found and least <= found.value <= _LONGEST_MONTH
        return Filled({"day": str(found.value)}, found.end) if found and within else None

    return read


def _day_number(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.below_hundred(begin)
    return Filled({"n": str(found.value)}, found.end) if found and found.value <= _LONGEST_MONTH else None


def _pair(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read a year said in two halves: "nineteen eighty four", "twenty oh six"."""
    century = reader.below_hundred(begin)
    rest = two_digits(reader, century.end) if century and century.value in _CENTURIES else None
    return Filled({"year": f"{century.value}{rest.value:02}"}, rest.end) if century and rest else None


def _year(reader: Reader, begin: int, values: Values) -> Filled | None:
    pair, whole = _pair(reader, begin, values), reader.cardinal(begin)
    if pair is None and whole and whole.value in _YEARS:
        return Filled({"year": str(whole.value)}, whole.end)
    return pair


def _decade(reader: Reader, begin: int, _values: Values) -> Filled | None:
    century = reader.below_hundred(begin)
    decade = reader.table.decades.get(reader.at(century.end)) if century and century.value in _CENTURIES else None
    return Filled({"decade": f"{century.value}{decade}"}, century.end + 1) if century and decade else None


def _ordinal(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.ordinal(begin)
    if found is None or found.value <= SMALL:
        return None
    endings, value = reader.table.ordinal_endings, found.value
    ending = endings.get(str(value % 100)) or endings.get(str(value % 10)) or endings["other"]
    return Filled({"ordinal": f"{value}{ending}"}, found.end)


def _amount(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = amount(reader, begin)
    return Filled({"amount": found.text}, found.end) if found else None


def _large(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = amount(reader, begin)
    large = found and (found.whole is None or found.whole > SMALL)
    return Filled({"amount": found.text}, found.end) if found and large else None


def _loose(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read an amount that begins with an article."""
    return _amount(reader, begin, values) if reader.at(begin) in reader.table.articles else None


def _small(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = amount(reader, begin)
    small = found and found.whole is not None and found.whole <= SMALL
    return Filled({"small": found.text}, found.end) if found and small else None


def _whole(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.cardinal(begin)
    return Filled({"n": str(found.value)}, found.end) if found else None


def _units(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read what is counted. A small number of other things than money stays a word: "ten minutes"."""
    word, named = reader.at(begin), reader.table.named
    amount_said = values.get("amount", "")
    small = amount_said.isdecimal() and int(amount_said) <= SMALL
    counted = named["currency"] if small else named["currency"] | named["unit"] | named["time_unit"]
    return Filled({"units": reader.heard[begin]}, begin + 1) if word in counted else None


def _euros(reader: Reader, begin: int, _values: Values) -> Filled | None:
    named = reader.table.named
    money = reader.at(begin) in named["currency"] - named["cents"]
    return Filled({"euros": reader.heard[begin]}, begin + 1) if money else None


def _letter(reader: Reader, begin: int) -> str:
    letter = reader.at(begin).rstrip(".")
    return letter.upper() if len(letter) == 1 and letter.isalpha() else ""


def _letters(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read the letters before a number, "b a" of a flight; after the first an "o" is a nought."""
    letters = _letter(reader, begin)
    while 0 < len(letters) < _MOST_LETTERS and reader.at(begin + len(letters)) not in reader.table.zeros:
        further = _letter(reader, begin + len(letters))
        if not further:
            break
        letters += further
    return Filled({"letters": letters}, begin + len(letters)) if letters else None


def _letter_after(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read the letter after a number; one that is a word, too, only where nothing follows."""
    letter = _letter(reader, begin)
    word = reader.at(begin) in reader.table.named["letter_word"] and reader.at(begin + 1)
    if not letter or word or _noon(reader, begin, values):
        return None
    return Filled({"letter_after": letter}, begin + 1)


def _code(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = code(reader, begin)
    return Filled({"code": found.text}, found.end) if found else None


SLOTS: dict[str, Slot] = {
    "h12": _hour(_HOURS),
    "h24": _hour(_HOURS_OF_DAY),
    "minute": _minute,
    "mm": _minutes_of_clock,
    "cents": _cents,
    "noon": _noon,
    "month": _month,
    "clear_month": _clear_month,
    "day": _day(1),
    "day13": _day(SMALL + 1),
    "n31": _day_number,
    "pair": _pair,
    "year": _year,
    "decade": _decade,
    "ordinal13": _ordinal,
    "amount": _amount,
    "large": _large,
    "loose": _loose,
    "small": _small,
    "whole": _whole,
    "units": _units,
    "euros": _euros,
    "letters": _letters,
    "letter_after": _letter_after,
    "code": _code,
}
