"""Days of a month in a translation: that month, and written as its language does.

A small translator makes of ``23 May 2026``, where nothing stands around it, what one may do: ``23 peut 2026``. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from daemon.figures.manners import Manners

#: What may stand between a day and its month.
_JOINT = r"\.?(?: de| of)?"
#: So many days of a text are looked for: each is, in all of the translation.
_MOST = 20
#: A word or two that stand where the month should, before a year or at the end.
_NO_MONTH = r"\.?(?: [^\W\d_]+(?:[-'\u2019][^\W\d_]+)*){1,2}(?=[.,!?]?$| \d{4}(?!\d))"
#: Which of the months it is.
_MAY = 4


def written(text: str, translation: str, theirs: Manners, ours: Manners) -> str:
    """Return the translation with the days that the text has, where its languages' months are known."""
    if not theirs.months or not ours.months:
        return translation
    months = dict(zip(theirs.months.split(), ours.months.split(), strict=True))
    said = dict.fromkeys((found["day"], found["month"]) for found in _days(theirs.months).finditer(text))
    for day, month in islice(said, _MOST):
        translation = _with_day(translation, day, months[month], ours)
    return translation


@cache
def _days(months: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,:/-])(?P<day>[12]?\d|3[01]){_JOINT} (?P<month>{'|'.join(months.split())})\b")


def _with_day(translation: str, day: str, month: str, ours: Manners) -> str:
    date = ours.date.format(day=day, month=month)
    before = rf"(?<![\w.,:/-]){day}"
    if not re.search(rf"\b{month}\b", translation, re.IGNORECASE):
        translation = re.sub(before + _no_month(month, ours), date, translation, count=1)
    translation = re.sub(rf"{before}{_JOINT} {month}\b", date, translation, flags=re.IGNORECASE)
    translation = re.sub(rf"{re.escape(date)},? (?=\d{{4}}(?!\d))", date + ours.before_year, translation)
    if not ours.month_first:
        return translation
    turned = rf"\b{month} {day}(?:st|nd|rd|th)?,?(?: (?:of|from))?(?: {month})? (?=\d{{4}}(?!\d))"
    return re.sub(turned, f"{month} {day}, ", translation, flags=re.IGNORECASE)


def _no_month(month: str, ours: Manners) -> str:
    """Return a pattern of what stands where the month should: of May, wherever its day is, what one may do."""
    is_may = ours.may and month == ours.months.split()[_MAY]
    return rf"(?:{_NO_MONTH}|\.? (?:{ours.may})(?!\w))" if is_may else _NO_MONTH
