"""Figures and marks in a translation as its language writes them: ``3.5`` and ``10,000`` are ``3,5`` and ``10.000``.

Translators carry figures as they stand. Misread, they are worse than a wrong word: ``10,000`` is ten there.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from daemon.figures import days, forms, parts_of_day, times
from daemon.figures.manners import Manners, manners
from daemon.figures.units import UNITS

_NOON = re.compile(r"(?<![\d:.,])(\d{1,2})(?::(\d\d))? ?([ap])\.? ?m\b(\.?)", re.IGNORECASE)
_YEAR = r"(?:1[1-9]|20)\d\d(?![\w:]|[.,]\d)"
_IN_YEAR = re.compile(rf"\b(?:in|en) ({_YEAR})", re.IGNORECASE)
#: As people write it: ``No. 7``, ``Nr. 7``, ``n.º 7``.
_NUMBERED = re.compile(r"(?<!\w)(?:N[or]\. ?|[nN]\.?[\u00ba\u00b0] ?)(?=\d)")
_UNIT = rf"(?:{UNITS})(?!\w)"
_PERCENT = re.compile(r"(?<=\d)\s?%")
_HALF_DAY = 12
#: Blanks at which no line ends.
_HARD, _NARROW = "\u00a0", "\u202f"


def carry(text: str, translation: str, source: str, target: str) -> str:
    """Return the translation with the figures that it took over from `text`, and its marks, as the target writes them.

    Languages by BCP-47. A number that does not stand in the text was written by the translator, and stays.
    """
    theirs, ours = manners(source), manners(target)
    if ours is None:
        return translation
    if any(map(str.isdigit, translation)):
        translation = parts_of_day.of_the_text(text, translation, theirs, ours) if theirs else translation
        translation = _figures(text, translation, theirs, ours) if theirs else translation
        translation = days.written(text, translation, theirs, ours) if theirs else translation
        translation = forms.corrected(text, translation, ours) if ours.forms else translation
        translation = times.at_the_time(text, translation, theirs, ours) if theirs else translation
        if theirs is None or times.are_said(text, theirs):
            translation = times.corrected(translation, ours.times)
        translation = _prices(translation, ours)
        translation = _first(translation, ours) if ours.first else translation
    return _apart(translation, ours) if ours.apart_before else translation


def _figures(text: str, translation: str, theirs: Manners, ours: Manners) -> str:
    if (theirs.decimal, theirs.group) != (ours.decimal, ours.group):
        translation = _numbers(text, translation, theirs, ours)
    if ours.afternoon:
        translation = _of_24_hours(text, translation)
    if ours.in_year:
        translation = _years(text, translation, ours)
    if ours.numbered and _NUMBERED.search(text):
        translation = _NUMBERED.sub(ours.numbered, translation)
    return _PERCENT.sub(ours.percent, translation) if "%" in text else translation


def _years(text: str, translation: str, ours: Manners) -> str:
    """Write what stands before a year where the text has "in" before it."""
    said, (wrong, right) = set(_IN_YEAR.findall(text)), ours.in_year or ("", "")
    counted = "|".join([UNITS, *(name for names in ours.signs.values() for name in names)])
    year = rf"\b{wrong} (?=({_YEAR})(?! ?[{''.join(ours.signs)}])(?! (?:{counted})\b))"
    return re.sub(year, lambda found: f"{right if found[1] in said else wrong} ", translation)


def _prices(translation: str, ours: Manners) -> str:
    """Write the signs of currencies on that side of an amount where the language has them."""
    amount = rf"\d+(?:[.,'\u2019{_NARROW}]\d+){{0,8}}"
    amounts = rf"(?P<amount>{amount}(?:[-\u2013]{amount})?)"
    if ours.signs_before:
        behind = rf"(?<![\w.,:'\u2019{_NARROW}]){amounts}[ {_HARD}{_NARROW}]?(?P<sign>[{ours.signs_before}])(?!\w)"
        translation = re.sub(behind, r"\g<sign>\g<amount>", translation)
    if ours.signs_behind:
        scales = "|".join(ours.scales) or "(?!)"
        before = (
            rf"(?<![\w\u2013-])(?P<sign>[{ours.signs_behind}]) ?{amounts}(?![\w/]|[.,:\u2013-][\d$]| (?:{scales})\b)"
        )
        translation = re.sub(before, rf"\g<amount>{ours.percent[:-1]}\g<sign>", translation)
    return translation


def _first(translation: str, ours: Manners) -> str:
    months = "|".join(ours.months.split())
    return re.sub(rf"(?<![\w.,:])1(?= (?:{months})\b)", ours.first, translation)


def _apart(translation: str, ours: Manners) -> str:
    """Let no line end before a mark that has a blank before it."""
    before, after = re.escape(ours.apart_before), re.escape(ours.apart_after)
    return re.sub(rf"[ {_HARD}](?=[{before}])|(?<=[{after}])[ {_HARD}]", _NARROW, translation)


def _numbers(text: str, translation: str, theirs: Manners, ours: Manners) -> str:
    number = _number(theirs.decimal, theirs.group)
    taken = {found.group() for found in number.finditer(text)}
    marks = str.maketrans({theirs.decimal: ours.decimal, theirs.group: ours.group})

    def write(found: re.Match[str]) -> str:
        return found.group().translate(marks) if found.group() in taken else found.group()

    return number.sub(write, translation)


@cache
def _number(decimal: str, group: str) -> re.Pattern[str]:
    """Return what a number with a mark in it looks like; not a part of a date or an address."""
    thousands, fraction = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+", rf"{re.escape(decimal)}\d+"
    return re.compile(rf"(?<![\w.,:])(?:{thousands}(?:{fraction})?|\d+{fraction})(?!(?!{_UNIT})\w|:|[.,]\d)")


def _of_24_hours(text: str, translation: str) -> str:
    """Write times of the text as such of 24 hours where they stand as there: "um 12:15 am Montag" is none of them."""
    said = Counter(map(_hour, _NOON.finditer(text)))
    carried = Counter(map(_hour, _NOON.finditer(translation)))

    def write(found: re.Match[str]) -> str:
        literal = carried[_hour(found)] <= said[_hour(found)]
        return _hour_of_day(found, translation) if literal else found.group()

    return _NOON.sub(write, translation)


def _hour(found: re.Match[str]) -> str:
    return found.group().rstrip(".").lower()


def _hour_of_day(found: re.Match[str], translation: str) -> str:
    hour, minutes, half, stop = int(found[1]), found[2] or "00", found[3].lower(), found[4]
    if not 1 <= hour <= _HALF_DAY:
        return found.group()
    hour = hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)
    last = stop and found.end() == len(translation)
    return f"{hour}:{minutes}" + ("." if last else "")
