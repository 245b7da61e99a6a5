"""Times of the clock in what a rule-based translator makes of them: it has no rules for figures.

``at 7:30`` comes out as "en 7:30", and "a las 7:30" as "to the 7:30". Each direction has its corrections, one after the
other; they are about times in figures only, and touch nothing else.
"""

from __future__ import annotations

import re
from functools import cache, partial

_TIME = r"\d{1,2}(?::[0-5]\d(?!\d)| ?[ap]\. ?m\.| en punto\b| en punt\b| on the dot\b)"
#: Direction → what is found, ``T`` being a time, and what takes its place.
_CORRECTIONS: dict[tuple[str, str], list[tuple[str, str]]] = {
    ("en", "es"): [
        (r"\b(el|la) (T) (\w+)", r"\1 \3 de las \2"),
        (r"\ben (\d{1,2}(?::\d\d)?) (?:en|por) la (mañana|tarde|noche)", r"a las \1 de la \2"),
        (r"(T) (?:en|por) la (mañana|tarde|noche)", r"\1 de la \2"),
        (r"\ben (?=T)", "a las "),
        (r"\bes (?=T)", "son las "),
        (r"\balrededor (?=T)", "alrededor de las "),
        (r"\b(hasta|antes de|después de) que (?=T)", r"\1 las "),
        (r"\bpor (?=T)", "antes de las "),
        (r"\b(de|a|desde|hasta|entre|y|o) (?=T)", r"\1 las "),
        (r"\bson las (?=1\b)", "es la "),
        (r"\blas (?=1(?:\b|:))", "la "),
    ],
    ("en", "ca"): [
        (r"\b(el|la) (T) (\w+)", r"\1 \3 de les \2"),
        (r"\bés (?=T)", "són les "),
        (r"\b(de|a|des de|fins a|entre|i|o) (?=T)", r"\1 les "),
        (r"\bsón les (?=1\b)", "és la "),
        (r"\bles (?=1(?:\b|:))", "la "),
    ],
    ("es", "en"): [
        (r"\b(?:they are|it is) the (?=T)", "it is "),
        (r"\bto the (?=T)", "at "),
        (r"\bto the (\d{1,2}(?::\d\d)?) of the night", r"at \1 at night"),
        (r"\bto the (\d{1,2}(?::\d\d)?) of the (morning|afternoon|evening)", r"at \1 in the \2"),
        (r"(T) of the night", r"\1 at night"),
        (r"(T) of the (morning|afternoon|evening)", r"\1 in the \2"),
        (r"\b(from|until|by|around|before|after|and|of) the (?=T)", r"\1 "),
        (r"\b(\d{1,2}) on the dot", r"\1 o'clock"),
    ],
}
_FIGURE = re.compile(r"\d")


def corrected(translation: str, source: str, target: str) -> str:
    """Return the translation with its times as the target says them."""
    if not _FIGURE.search(translation):
        return translation
    for pattern, replacement in _compiled(source, target):
        translation = pattern.sub(partial(_cased, put=replacement), translation)
    return translation


def _cased(found: re.Match[str], put: str) -> str:
    """Return what takes the place of what was found, with a capital where that had one."""
    text = found.expand(put)
    return text[0].upper() + text[1:] if found.group()[0].isupper() else text


@cache
def _compiled(source: str, target: str) -> list[tuple[re.Pattern[str], str]]:
    corrections = _CORRECTIONS.get((source, target), [])
    return [(re.compile(found.replace("T", _TIME), re.IGNORECASE), put) for found, put in corrections]
