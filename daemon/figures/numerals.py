"""Figures for what is said: amounts with their fraction, what names a room, telephone numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from daemon.figures.cardinals import Read, Reader
from daemon.figures.tables import Table

#: Shorter numbers have no mark between the thousands.
_GROUPED = 10_000
#: How many digits of a telephone number stand together, by their count; of others always four.
_GROUPS = {5: [5], 6: [3, 3], 7: [3, 4], 8: [4, 4], 9: [3, 3, 3], 10: [3, 3, 4], 11: [3, 4, 4]}
_FOUR = 4
#: Country codes of one and of two digits (ITU-T E.164); the others have three.
_SHORT_COUNTRIES = frozenset("17")
_COUNTRIES = frozenset(
    {20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58}
    | {60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98}
)
#: So many numbers in a row, of so many digits together, are a telephone number or the like.
_RUN_NUMBERS = 3
_RUN_DIGITS = 6
#: "oh" begins a number only of so many digits.
_OH_DIGITS = 4


class Written(NamedTuple):
    """Figures, where the words go on, and the value if it is whole."""

    text: str
    end: int
    whole: int | None = None


class Item(NamedTuple):
    """One number of several in a row; `digit`: said as one digit."""

    text: str
    digit: bool
    end: int


def figures(value: int, table: Table) -> str:
    """Return a whole number in figures."""
    return f"{value:,}".replace(",", table.group) if value >= _GROUPED else str(value)


def amount(reader: Reader, begin: int) -> Written | None:
    """Read a cardinal number with what may follow: "point five", "and a half"; millions keep their word."""
    read = reader.cardinal(begin)
    if read is None:
        return None
    table, end = reader.table, read.end
    if millions := _millions_and_a_half(reader, read):
        return millions
    fraction = fraction_of(reader, end)
    if fraction is None:
        return _round_or_whole(reader, read.value, end)
    text, end = f"{figures(read.value, table)}{table.decimal}{fraction.text}", fraction.end
    if reader.at(end) in table.written_scales:
        return Written(f"{text} {table.written_scales[reader.at(end)]}", end + 1)
    return Written(text, end)


def _millions_and_a_half(reader: Reader, read: Read) -> Written | None:
    """Read "a million and a half": half a million is what is added."""
    table, last, half = reader.table, reader.at(read.end - 1), reader.phrase(reader.table.halves, read.end)
    if half < 0 or last not in table.written_scales:
        return None
    scale = table.scales[last]
    *_, several = (word for name, word in table.written_scales.items() if table.scales[name] == scale)
    return Written(f"{figures(read.value // scale, table)}{table.decimal}5 {several}", half)


def _round_or_whole(reader: Reader, value: int, end: int) -> Written:
    table, last = reader.table, reader.words[end - 1]
    written = table.written_scales.get(last)
    if written and value >= table.scales[last]:
        return Written(f"{figures(value // table.scales[last], table)} {written}", end, value)
    return Written(figures(value, table), end, value)


def fraction_of(reader: Reader, begin: int) -> Written | None:
    """Read what follows a whole number: the digits after the point."""
    half = reader.phrase(reader.table.halves, begin)
    if half > 0:
        return Written("5", half)
    if reader.at(begin) not in reader.table.point:
        return None
    said = list(reader.digit_words(begin + 1))
    if said:
        return Written("".join(digits for digits, _ in said), said[-1][1])
    read = reader.below_hundred(begin + 1)
    return Written(str(read.value), read.end) if read else None


def items(reader: Reader, begin: int) -> Iterator[Item]:
    """Yield the numbers that follow each other there."""
    end, found = begin, True
    while found:
        found = False
        for digits, after in reader.digit_words(end):
            yield from (Item(digit, digit=True, end=after) for digit in digits)
            end, found = after, True
        read = _apart_from_digits(reader, reader.cardinal(end))
        if read is not None:
            end, found = read.end, True
            yield Item(str(read.value), digit=False, end=end)


def _apart_from_digits(reader: Reader, read: Read | None) -> Read | None:
    """Return the hundreds alone where a digit after them begins a row of digits: "eight hundred five five five"."""
    digits = reader.table.digits
    row = (read.end, read.end + 1) if read else ()
    if read is None or any(reader.at(at) not in digits or reader.is_more(at) for at in row):
        return read
    digit = digits.get(reader.at(read.end - 1))
    before = reader.at(read.end - 2)
    hundreds = before in reader.table.hundred or before in reader.table.hundreds
    return Read(read.value - digit, read.end - 1) if digit and hundreds else read


def code(reader: Reader, begin: int) -> Written | None:
    """Read what names a room, a bus, a seat: "two oh four", "two fifteen", "twelve"; not "nine" of "nine days"."""
    found = list(items(reader, begin))
    named = reader.table.named
    measures = named["unit"] | named["currency"] | named["time_unit"] | named["counted"]
    if found and reader.at(found[-1].end) in measures:
        found = [item for item in found if item.end < found[-1].end]
    if not found:
        return None
    taken = _one_code(found)
    return Written("".join(item.text for item in taken), taken[-1].end)


def _one_code(found: Sequence[Item]) -> Sequence[Item]:
    """Return what belongs together of numbers in a row: digits, or up to two others."""
    digits = sum(1 for _ in _leading_digits(found))
    if digits == len(found) or digits > 1:
        return found[:digits]
    if _is_of_hundreds(found):
        return found[:3]
    pair = found[: digits + 1] if digits else found[:2]
    return pair if all(len(item.text) == 2 for item in pair[-1:]) else pair[:1]  # noqa: PLR2004 -- tens and ones


def _is_of_hundreds(found: Sequence[Item]) -> bool:
    """Tell whether these begin as "twelve oh four" does, with no third digit."""
    after = "".join(item.text for item in _leading_digits(found[1:]))
    return len(found[0].text) == len(after) == 2 and after[0] == "0"  # noqa: PLR2004 -- tens and ones


def _leading_digits(found: Sequence[Item]) -> Iterator[Item]:
    for item in found:
        if not item.digit:
            return
        yield item


def run(reader: Reader, begin: int) -> tuple[str, int]:
    """Read numbers in a row that are no single number; return them in figures, empty if that would be a guess."""
    found = list(items(reader, begin))
    if not found:
        return "", begin
    digits = "".join(item.text for item in found)
    if all(item.digit for item in found):
        return telephone(digits) if _is_said_so(reader, begin, digits) else "", found[-1].end
    spoken = len(found) >= _RUN_NUMBERS and len(digits) >= _RUN_DIGITS
    return " ".join(_as_spoken(found)) if spoken else "", found[-1].end


def _is_said_so(reader: Reader, begin: int, digits: str) -> bool:
    """Tell whether single digits are a number, not counting, and not an "oh"."""
    counting = digits in "123456789"
    oh = reader.at(begin) in reader.table.zeros[1:]
    return len(digits) >= (_OH_DIGITS if oh else _RUN_NUMBERS) and not counting


def _as_spoken(found: Sequence[Item]) -> Iterator[str]:
    """Yield the groups of a number said partly in digits: "six one two thirty four" is "612 34"."""
    for digit, group in groupby(found, key=lambda item: item.digit):
        if digit:
            yield telephone("".join(item.text for item in group))
        else:
            yield from (item.text for item in group)


def telephone(digits: str) -> str:
    """Return digits in groups, as a telephone number is written."""
    if len(digits) <= _FOUR:
        return digits
    sizes = _GROUPS.get(len(digits)) or [_FOUR] * -(-len(digits) // _FOUR)
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return " ".join(digits[start : start + size] for start, size in zip(starts, sizes, strict=True))


def international(reader: Reader, begin: int) -> Written | None:
    """Read a telephone number with its country: "plus four four two oh …"."""
    after = reader.phrase(reader.table.plus, begin)
    if after < 0:
        return None
    found = list(items(reader, after))
    digits = "".join(item.text for item in found)
    if len(digits) < _RUN_DIGITS:
        return None
    country = 1 if digits[0] in _SHORT_COUNTRIES else 2 if int(digits[:2]) in _COUNTRIES else 3
    return Written(f"+{digits[:country]} {telephone(digits[country:])}", found[-1].end)
