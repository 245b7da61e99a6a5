"""Times of the clock in what a rule-based translator makes of them: it has no rules for figures.

``the 7:30 train`` comes out as "el 7:30 tren", and "a las 7:30" as "to the 7:30". Each direction has its corrections,
before those of its target (`daemon.figures.times`); they are about times in figures only, and touch nothing else.
"""

from __future__ import annotations

import re

from daemon.figures import times
from daemon.figures.manners import manners

_CORRECTIONS: dict[tuple[str, str], times.Corrections] = {
    ("en", "es"): (
        (r"\b(el|la) (T) (\w+)", r"\1 \3 de las \2"),
        (r"\bes (?=T)", "son las "),
    ),
    ("en", "ca"): (
        (r"\b(el|la) (T) (\w+)", r"\1 \3 de les \2"),
        (r"\bés (?=T)", "són les "),
        (r"\b(de|a|des de|fins a|entre|i|o) (?=T)", r"\1 les "),
        (r"\bsón les (?=1\b)", "és la "),
        (r"\bles (?=1(?:\b|:))", "la "),
    ),
    ("es", "en"): (
        (r"\b(?:they are|it is) the (?=T)", "it is "),
        (r"\bto the (?=T)", "at "),
        (r"\bto the (\d{1,2}(?::\d\d)?) of the night", r"at \1 at night"),
        (r"\bto the (\d{1,2}(?::\d\d)?) of the (morning|afternoon|evening)", r"at \1 in the \2"),
        (r"(T) of the night", r"\1 at night"),
        (r"(T) of the (morning|afternoon|evening)", r"\1 in the \2"),
        (r"\b(from|until|by|around|before|after|and|of) the (?=T)", r"\1 "),
        (r"\b(\d{1,2}) on the dot", r"\1 o'clock"),
    ),
}
_FIGURE = re.compile(r"\d")


def corrected(translation: str, source: str, target: str) -> str:
    """Return the translation with its times as the target says them."""
    ours, corrections = manners(target), _CORRECTIONS.get((source, target), ())
    if not corrections or not _FIGURE.search(translation):
        return translation
    return times.corrected(translation, (*corrections, *(ours.times if ours else ())))
