"""What stands in a pattern's ``<slot>``: each reads words and gives the values that the pattern writes.

A slot that is not here is a set of the language's file: one of its words, written as heard.
"""

from __future__ import annotations

from daemon.figures.cardinals import Reader
from daemon.figures.clock import CLOCK, noon, two_digits
from daemon.figures.filled import Filled, Slot, Values
from daemon.figures.numerals import amount, code, figures, telephone

#: Up to here numbers are written as words, but for times, amounts and the like.
SMALL = 12
_HUNDRED = 100
_LONGEST_MONTH = 31
#: An airline's.
_MOST_LETTERS = 3
_CENTURIES = range(13, 21)
_YEARS = range(1000, 2101)


def _cents(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = two_digits(reader, begin)
    return Filled({"cents": f"{found.value:02}"}, found.end) if found else None


def _coins(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read cents with their name: "cinco céntimos"."""
    found = reader.below_hundred(begin, article=True)
    named = found and reader.at(found.end) in reader.table.named["cents"]
    return Filled({"cents": f"{found.value:02}"}, found.end + 1) if found and named else None


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


def _first_day(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.ordinal(begin) or (reader.below_hundred(begin) if reader.table.tens_links else None)
    return Filled({"since": str(found.value)}, found.end) if found and found.value <= _LONGEST_MONTH else None


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


def _lower(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = reader.below_hundred(begin)
    return Filled({"lower": str(found.value)}, found.end) if found else None


def _round(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read hundreds, thousands, millions that a lower number before them is of, too: "two or three thousand"."""
    table, found = reader.table, amount(reader, begin)
    if found is None or found.whole is None:
        return None
    lower, last = int(values["lower"]), reader.at(found.end - 1)
    scale = next((each for each in _scales(reader, begin, found.end) if lower < found.whole // each), 0)
    if not scale:
        return None
    first = str(lower) if last in table.written_scales else figures(lower * scale, table)
    return Filled({"first": first, "amount": found.text}, found.end)


def _scales(reader: Reader, begin: int, end: int) -> list[int]:
    """Return what a number is so many of, the most first: three hundred thousand of both; none of 350."""
    table, found = reader.table, [1]
    scales = table.scales | dict.fromkeys([*table.hundred, *table.hundreds], _HUNDRED)
    while end > begin and reader.at(end - 1) in scales:
        end -= 1
        found.insert(0, found[0] * scales[reader.at(end)])
        if reader.at(end) in table.hundreds:
            break  # "mil quinientos" is a sum
    return [] if any(reader.at(at) in scales for at in range(begin, end)) else found[:-1]


def _digits(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read several digits said one by one, even if they count: "one two three four"."""
    said = list(reader.digit_words(begin))
    digits = "".join(each for each, _ in said)
    return Filled({"digits": telephone(digits)}, said[-1][1]) if len(digits) > 1 else None


def _small(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = amount(reader, begin)
    small = found and found.whole is not None and found.whole <= SMALL
    return Filled({"small": found.text}, found.end) if found and small else None


def _nothing_more(reader: Reader, begin: int, _values: Values) -> Filled | None:
    """Read nothing, where nothing follows."""
    return None if reader.at(begin) else Filled({}, begin)


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


def _spelled(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read letters, but none alone that is a word: "the number is a hundred"."""
    found = _letters(reader, begin, values)
    word = found and found.end == begin + 1 and reader.at(begin) in reader.table.named["letter_word"]
    return None if word else found


def _letter_after(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read the letter after a number; one that is a word, too, only where nothing follows."""
    letter = _letter(reader, begin)
    word = reader.at(begin) in reader.table.named["letter_word"] and reader.at(begin + 1)
    if not letter or word or noon(reader, begin, values):
        return None
    return Filled({"letter_after": letter}, begin + 1)


def _code(reader: Reader, begin: int, _values: Values) -> Filled | None:
    found = code(reader, begin)
    return Filled({"code": found.text}, found.end) if found else None


def _tail(reader: Reader, begin: int, values: Values) -> Filled | None:
    """Read what goes on behind a code with a letter: "k", "k two", "k m"; not the b of "two b and b nights"."""
    if len(values.get("letters", "") + values["code"]) == 1:
        return None
    tail, end = "", begin
    while further := _letter_after(reader, end, values) or (_code(reader, end, values) if tail else None):
        tail, end = tail + "".join(further.values.values()), further.end
    return Filled({"tail": tail}, end) if tail else None


SLOTS: dict[str, Slot] = {
    **CLOCK,
    "cents": _cents,
    "coins": _coins,
    "month": _month,
    "clear_month": _clear_month,
    "day": _day(1),
    "day13": _day(SMALL + 1),
    "n31": _day_number,
    "since": _first_day,
    "pair": _pair,
    "year": _year,
    "decade": _decade,
    "ordinal13": _ordinal,
    "amount": _amount,
    "large": _large,
    "lower": _lower,
    "round": _round,
    "digits": _digits,
    "nothing": _nothing_more,
    "loose": _loose,
    "small": _small,
    "whole": _whole,
    "units": _units,
    "euros": _euros,
    "letters": _letters,
    "spelled": _spelled,
    "letter_after": _letter_after,
    "code": _code,
    "tail": _tail,
}
