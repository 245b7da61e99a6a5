"""What is said for figures that synthesizers read wrongly: telephone numbers, full hours, signs, what agrees.

Tried with espeak-ng 1.51, which reads ``BA204`` as bah two hundred, ``15:00`` as fifteen zero zero, ``555 1234`` as two
numbers, ``€5`` as euro five, ``-5`` in Spanish and French as five, and ``1 hora`` as uno hora. What it reads right is
left to it. Pure.
"""

from __future__ import annotations

import re
from functools import cache

from daemon.figures.manners import Manners, manners

_FIGURE = re.compile(r"\d")
#: Groups of digits side by side, or many in one.
_DATE = r"(?!\d{4}-\d\d-\d\d\b)"
_DIGITS = re.compile(rf"(?<![\w.,:]){_DATE}\+?\d{{1,20}}(?:[ -]\d{{1,20}}){{0,9}}(?![\w:]|[.,]\d)")
_LEAST_TELEPHONE = 7
_TIME = re.compile(r"(?<![\d:.,])(\d{1,2}):([0-5]\d)(?![\d:])(?= ?([ap]\.? ?m\b)?)", re.IGNORECASE)
_NOON_HOUR, _EARLY = 12, 10
_MINUS = re.compile(r"(?<![\w.,:)])[-\u2212](?=\d)")
#: Between thousands, where espeak-ng begins a new number.
_BLANK_IN_NUMBER = re.compile(r"(?<=\d)[\u202f\u00a0](?=\d{3}(?!\d))")
#: Bounded, as are the groups of digits: a text may be nothing but figures.
_AMOUNT = r"(?<![\d.,])\d{1,20}(?:[.,]\d{1,20}){0,8}"
_ORDINAL_DOT = re.compile(r"(?<=\d)\.(?=[ºª])")
_DECADE = re.compile(r"\b(1[1-9]|20)(\d)0s\b")
_COUNT = re.compile(r"(?<![\w.,:])(\d{1,3}) ([^\W\d_]+)")
#: Letters of a flight, which would be read as a word: ``BA204``.
_CODE = re.compile(r"(?<![\w.,-])([A-Z]{2,3})-?(?=\d+(?!\w))")
_HUNDRED = 100
#: German: after these words an ordinal ends in -en.
_DATIVE = frozenset("am vom zum dem den bis ab seit beim im".split())  # noqa: SIM905 -- a sentence's worth of words


def spoken(text: str, language: str) -> str:
    """Return the text with the figures that would be read wrongly as they are said. `language` is BCP-47."""
    known = manners(language)
    if known is None or not _FIGURE.search(text):
        return text
    text = _CODE.sub(_spelled, _BLANK_IN_NUMBER.sub("", text))
    for step in (_signs, _units, _days, _times, _decades, _counted, _negative):
        text = step(text, known)
    return _DIGITS.sub(_one_by_one, _ORDINAL_DOT.sub("", text))


def _spelled(found: re.Match[str]) -> str:
    return "".join(f"{letter}." for letter in found[1]) + " "


def _signs(text: str, known: Manners) -> str:
    if not known.signs:
        return text
    signs = "".join(map(re.escape, known.signs))
    for pattern in (rf"(?P<sign>[{signs}]) ?(?P<n>{_AMOUNT})", rf"(?P<n>{_AMOUNT}) ?(?P<sign>[{signs}])"):
        text = _compiled(pattern).sub(lambda found: _named(found, known), text)
    return text


def _named(found: re.Match[str], known: Manners) -> str:
    one, several = known.signs[found["sign"]]
    return f"{found['n']} {one if found['n'] == '1' else several}"


def _units(text: str, known: Manners) -> str:
    if not known.units:
        return text
    units = "|".join(map(re.escape, known.units))
    return _compiled(rf"(?<=\d) ?({units})(?![\w/])").sub(lambda found: f" {known.units[found[1]]}", text)


def _days(text: str, known: Manners) -> str:
    """Say German days: ``am 23. Mai``."""
    if not known.days:
        return text
    stems, months = known.days.split(), "|".join(known.months.split())

    def say(found: re.Match[str]) -> str:
        day = int(found["day"])
        if not 1 <= day <= len(stems):
            return found.group()
        ending = "en" if (found["before"] or "").strip().lower() in _DATIVE else "e"
        return f"{found['before'] or ''}{stems[day - 1]}{ending}"

    return _compiled(rf"(?P<before>\b\w+ )?(?<!\d)(?P<day>\d\d?)\.(?= (?:{months})\b)").sub(say, text)


def _times(text: str, known: Manners) -> str:
    text = _TIME.sub(lambda found: _time(found, known), text)
    clock = re.escape(known.clock)
    return _compiled(rf"(\b{clock} \d+|\b\w+ {clock}) {clock}\b").sub(r"\1", text) if clock else text


def _time(found: re.Match[str], known: Manners) -> str:
    hour, minutes = int(found[1]), int(found[2])
    said = known.hours.get(str(hour), str(hour))
    if not minutes:
        full = "{h}" if found[3] else known.late if hour > _NOON_HOUR and known.late else known.full
        return full.format(h=said) if full else found.group()
    form = known.early if minutes < _EARLY else known.other or ("{h} {m}" if said != str(hour) else "")
    return form.format(h=said, m=minutes) if form else found.group()


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
    return _MINUS.sub(f"{known.minus} ", text) if known.minus else text


def _one_by_one(found: re.Match[str]) -> str:
    """Say a telephone number digit by digit, with a pause after each group."""
    groups = re.split("[ -]", found.group())
    count = sum(map(len, groups))
    leading = count >= len("000") and groups[0].startswith("0") and len(groups) == 1
    thousands = groups[-1] == "000"  # "10 000" is a number where a blank stands between the thousands
    if thousands or (count < _LEAST_TELEPHONE and not leading):
        return found.group()
    return ", ".join(" ".join(group).replace("+ ", "+") for group in groups)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
