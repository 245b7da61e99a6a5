"""What is said for figures that synthesizers read wrongly: telephone numbers, full hours, signs, what agrees.

Tried with espeak-ng 1.51, which reads ``BA204`` as bah two hundred, ``15:00`` as fifteen zero zero, ``555 1234`` as two
numbers, ``€5`` as euro five, ``-5`` in Spanish and French as five, and ``1 hora`` as uno hora. What it reads right is
left to it. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cache, partial

from daemon.figures import ordinals, times
from daemon.figures.manners import Manners, manners
from daemon.figures.tables import fold, table
from daemon.figures.units import UNITS
from daemon.language_tags import base

_FIGURE = re.compile(r"\d")
#: Groups of digits side by side, or many in one.
_DATE = r"(?!\d{4}-\d\d-\d\d\b)"
_DIGITS = re.compile(rf"(?<![\w.,:]){_DATE}\+?\d{{1,20}}(?:[ -]\d{{1,20}}){{0,9}}(?![\w:]|[.,]\d)")
_LEAST_TELEPHONE = 7
_TIME = re.compile(r"(?<![\d:.,])(\d{1,2}):([0-5]\d)(?![\d:])(?= ?([ap]\.? ?m\b)?)", re.IGNORECASE)
_NOON_HOUR, _EARLY = 12, 10
_PLUS_MINUS = re.compile(r"(?P<number>\d)?\u00b1 ?(?=\d)")
#: What may say that the number before it is an amount.
_NEXT = re.compile(r" ?([^\W\d_]+|\S)")
_UNIT = re.compile(rf" ?(?:{UNITS})(?!\w)")
_MINUS = re.compile(r"(?<![\w.,:)])[-\u2212](?=\d)")
_BLANK = "[ \u00a0\u202f]"
#: Between thousands, where espeak-ng begins a new number.
_BLANK_IN_NUMBER = re.compile(r"(?<=\d)[\u202f\u00a0](?=\d{3}(?!\d))")
_IN_THOUSANDS = re.compile(r"(?<![\d+\u202f\u00a0])[1-9]\d{0,2}(?:[\u202f\u00a0]\d{3}){1,9}(?!\d)")
#: Bounded, as are the groups of digits: a text may be nothing but figures.
_AMOUNT = r"(?<![\d.,])\d{1,20}(?:[.,]\d{1,20}){0,8}"
_ORDINAL_DOT = re.compile(r"(?<=\d)\.(?=[ºª])")
_DECADE = re.compile(r"\b(1[1-9]|20)(\d)0s\b")
_COUNT = re.compile(r"(?<![\w.,:])(\d{1,3}) ([^\W\d_]+)")
#: Letters of a flight, which would be read as a word: ``BA204``.
_CODE = re.compile(r"(?<![\w.,-])([A-Z]{2,3})-?(?=\d+(?!\w))")
_HUNDRED = 100


def spoken(text: str, language: str) -> str:
    """Return the text with the figures that would be read wrongly as they are said. `language` is BCP-47."""
    known = manners(language)
    if known is None or not _FIGURE.search(text):
        return text
    numbers = {_BLANK_IN_NUMBER.sub("", found) for found in _IN_THOUSANDS.findall(text)}
    text = _CODE.sub(_spelled, _BLANK_IN_NUMBER.sub("", text))
    for step in (_signs, _units, ordinals.said, _times, _decades, _negative, _counted):
        text = step(text, known)
    one_by_one = partial(_one_by_one, numbers=numbers, amounts=_amounts(base(language)))
    return _DIGITS.sub(one_by_one, _ORDINAL_DOT.sub("", text))


def _spelled(found: re.Match[str]) -> str:
    return "".join(f"{letter}." for letter in found[1]) + " "


def _signs(text: str, known: Manners) -> str:
    if not known.signs:
        return text
    sign = f"[{''.join(map(re.escape, known.signs))}]"
    number = rf"{_AMOUNT}(?:[-\u2013]{_AMOUNT})?(?: (?:{'|'.join(known.scales)})\b)?"
    # "50 € 2 noches" are not two euros, nor "room 5 $20" five dollars.
    behind = rf"(?P<many>{number})(?P<behind>{sign}|{_BLANK}{sign}(?!\d))"
    before = rf"(?P<before>{sign}){_BLANK}?(?P<n>{number})"
    return _compiled(f"{behind}|{before}").sub(lambda found: _with_name(found, known), text)


def _with_name(found: re.Match[str], known: Manners) -> str:
    sign, number = (found["before"] or found["behind"]).strip(), found["n"] or found["many"]
    joint = known.scales.get(number.rpartition(" ")[2], " ")
    named = f"{joint}{_name(known.signs[sign], number)}".replace(*known.elided)
    cents = found.string[found.end() : found.end() + 1].isdecimal()  # "5€50"
    return f"{number}{named}{' ' if cents else ''}"


def _name(names: tuple[str, str], number: str) -> str:
    return names[number != "1"]


def _units(text: str, known: Manners) -> str:
    if not known.units:
        return text
    units = "|".join(map(re.escape, known.units))
    pattern = rf"(?P<one>(?<![\d.,])(?<!\d[-\u2013])1)?(?<=\d){_BLANK}?(?P<unit>{units})(?![\w/])"

    def say(found: re.Match[str]) -> str:
        one = found["one"] or ""
        return f"{one} {_name(known.units[found['unit']], one)}"

    return _compiled(pattern).sub(say, text)


def _times(text: str, known: Manners) -> str:
    text = times.corrected(_TIME.sub(lambda found: _time(found, known), text), known.said_times)
    if not known.clock:
        return text
    clock = "|".join(map(re.escape, known.hour or (known.clock,)))
    return _compiled(rf"(\b(?:{clock}) \d+|\b\w+ (?:{clock})) (?:{clock})\b").sub(r"\1", text)


def _time(found: re.Match[str], known: Manners) -> str:
    hour, minutes = int(found[1]), int(found[2])
    said = known.hours.get(str(hour), str(hour))
    form = _form(known, hour, minutes, half=bool(found[3])) or ("{h} {m}" if minutes and said != str(hour) else "")
    if hour == 1 and known.hour:
        form = form.replace(known.hour[1], known.hour[0])
    return form.format(h=said, m=minutes) if form else found.group()


def _form(known: Manners, hour: int, minutes: int, *, half: bool) -> str:
    if minutes:
        return known.early if minutes < _EARLY else known.other
    return "{h}" if half else known.late if hour > _NOON_HOUR and known.late else known.full


def _decades(text: str, known: Manners) -> str:
    if not known.decades:
        return text
    return _DECADE.sub(lambda found: f"{found[1]} {known.decades[int(found[2])] or 'hundreds'}", text)


def _counted(text: str, known: Manners) -> str:
    """Have numbers agree with what they count: una hora, veintiún euros, doscientas libras."""

    def say(found: re.Match[str]) -> str:
        number, noun = found[1], found[2]
        for each in known.counted:
            if noun in each.nouns.split():
                return f"{_agreeing(number, each.numbers, each.hundreds)} {noun}"
        return found.group()

    return _COUNT.sub(say, text)


def _agreeing(number: str, numbers: dict[str, str], hundreds: dict[str, str]) -> str:
    begin, rest = divmod(int(number), _HUNDRED)
    if str(begin) in hundreds:
        return f"{hundreds[str(begin)]} {numbers.get(str(rest), rest)}" if rest else hundreds[str(begin)]
    return numbers.get(number, number)


def _negative(text: str, known: Manners) -> str:
    if known.plus_minus:
        text = _PLUS_MINUS.sub(lambda found: f"{found['number'] or ''} {known.plus_minus} ".lstrip(), text)
    return _MINUS.sub(f"{known.minus} ", text) if known.minus else text


@cache
def _amounts(language: str) -> frozenset[str]:
    """Return the words, folded, that say that the number before them is an amount of them."""
    known, heard = manners(language), table(language)
    if known is None:
        return frozenset()
    nouns = [*known.many.split(), *known.scales, *known.signs, "%"]
    nouns += [name.split()[0] for names in (*known.signs.values(), *known.units.values()) for name in names]
    nouns += [noun for each in known.counted for noun in each.nouns.split()]
    sets = [heard.named[name] for name in ("currency", "unit", "time_unit", "counted")] if heard else []
    return frozenset(map(fold, nouns)).union(*sets)


def _is_amount(found: re.Match[str], groups: Sequence[str], amounts: AbstractSet[str]) -> bool:
    """Tell whether what stands behind is counted: "3 400 500 euros", but "555 1234 2 nights"."""
    after = _NEXT.match(found.string, found.end())
    counted = (after and fold(after[1]) in amounts) or _UNIT.match(found.string, found.end())
    whole = all(len(group) == len("000") or len(group) >= _LEAST_TELEPHONE for group in groups[1:])
    return bool(counted) and whole and groups[0][0] not in "+0"


def _one_by_one(found: re.Match[str], numbers: AbstractSet[str], amounts: AbstractSet[str]) -> str:
    """Say a telephone number digit by digit, with a pause after each group."""
    groups = re.split("[ -]", found.group())
    if numbers >= set(groups) or _is_amount(found, groups, amounts):
        return found.group()
    count = sum(map(len, groups))
    leading = count >= len("000") and groups[0].startswith("0") and len(groups) == 1
    thousands = groups[-1] == "000"  # "10 000" is a number where a blank stands between the thousands
    if thousands or (count < _LEAST_TELEPHONE and not leading):
        return found.group()
    return ", ".join(" ".join(group).replace("+ ", "+") for group in groups)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
