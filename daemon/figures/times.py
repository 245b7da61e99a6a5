"""Times of the clock in a translation as its language says them: ``en 7:30`` is ``a las 7:30``. Pure.

The corrections stand with each language's manners; they are about times in figures only, and touch nothing else.
"""

from __future__ import annotations

import re
from functools import cache, partial

from daemon.figures.manners import Manners

#: What is found, ``T`` being a time, and what takes its place.
Corrections = tuple[tuple[str, str], ...]

_MINUTES = r"\d{1,2}:[0-5]\d(?![\d:]| (?:minutos|segundos|horas)\b)"
_TIME = rf"(?:{_MINUTES}|\d{{1,2}}(?: ?[ap]\. ?m\.| en punto\b| en punt\b| on the dot\b))"

#: The longest of `before_hour` is shorter, with its blank.
_REACH = 12
#: Before "to": there is no time that a span begins with.
_NO_SPAN = r"(?<!:\d\d )(?<![ap]m )(?<![ap]\.m\. )"


def corrected(translation: str, corrections: Corrections) -> str:
    """Return the translation after these corrections, one after the other."""
    for pattern, replacement in _compiled(corrections):
        translation = pattern.sub(partial(cased, put=replacement), translation)
    return translation


def are_said(text: str, theirs: Manners) -> bool:
    """Tell whether the times of a text, if it has any, are of the clock: a score, a scale or a verse is none."""
    found = [each.start() for each in re.finditer(rf"(?<![\d:])(?:{_MINUTES})", text)]
    if not found or not theirs.before_hour:
        return True
    return any(
        re.search(rf"{theirs.before_hour} $", text[max(0, at - _REACH) : at], re.IGNORECASE) for at in found
    ) or (re.search(rf"(?:{_MINUTES}) ?[ap]\.?m", text) is not None)


def cased(found: re.Match[str], put: str) -> str:
    """Return what takes the place of what was found, with a capital where that had one."""
    text = found.expand(put)
    return text[0].upper() + text[1:] if found.group()[:1].isupper() else text


def at_the_time(text: str, translation: str, theirs: Manners, ours: Manners) -> str:
    """Return the translation with the times that something is at in `text` so: not ``platform 7 to 10:05``.

    Where the text has a span, or the translation such minutes as "ten to", all stays.
    """
    if not theirs.at or not ours.misread_at or re.search(theirs.span, text, re.IGNORECASE):
        return translation
    said = dict.fromkeys(re.findall(rf"{theirs.at} ({_MINUTES})", text, re.IGNORECASE))
    if not said or re.search(ours.minutes_before, translation, re.IGNORECASE):
        return translation
    wrong, right = ours.misread_at
    return re.sub(rf"{_NO_SPAN}\b{wrong} (?=(?:{'|'.join(said)})(?![\d:]))", f"{right} ", translation)


@cache
def _compiled(corrections: Corrections) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(found.replace("T", _TIME), re.IGNORECASE), put) for found, put in corrections]
