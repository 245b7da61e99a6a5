"""Numbers in the forms that people type and say them in: drawn for properties, written, looked for in a translation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from daemon.figures.manners import manners
from daemon.figures.writing import segments


class Thing(NamedTuple):
    """A number as it is typed, and how it may stand in a translation; ``·`` is the decimal mark of the language."""

    typed: str
    forms: tuple[str, ...]

    def in_text(self, language: str) -> str:
        return _marked(self.typed, language)


def _same(text: str) -> Thing:
    return Thing(text, (text,))


def _time(hour: int, minute: int, half: str, blank: str) -> Thing:
    """Return one of 12 hours, which may come out as one of 24; full hours have no minutes."""
    short = f"{hour}:{minute:02d}" if minute else str(hour)
    of_day = hour % 12 + (12 if half == "p" else 0)
    return Thing(f"{short}{blank}{half}m", (f"{short} {half}.m.", f"{of_day}:{minute:02d}"))


_SMALL, _LARGE = st.integers(0, 12), st.integers(13, 99_999)
_FIGURE, _CAPITAL, _LETTER = (st.sampled_from(of) for of in ("23456789", "BCDFGHJKLMNPQRTVWXZ", "bcdfghjkmnpqrtvwxz"))
_TENTHS = st.builds("{}·{}".format, st.integers(1, 99), st.integers(1, 9))
_CENTS = st.builds("{}·{:02d}".format, st.integers(1, 999), st.integers(1, 99))
#: Kind → its strategy.
_KINDS = {
    "small": _SMALL.map(str),
    "large": _LARGE.map(str),
    "fraction": st.builds("{}/{}".format, st.integers(1, 9), st.integers(2, 20)),
    "date": st.builds("{:02d}/{:02d}/{}".format, st.integers(1, 28), st.integers(1, 12), st.integers(1950, 2040)),
    "range": st.builds("{}{}{}".format, st.integers(1, 30), st.sampled_from("-\u2013"), st.integers(31, 99)),
    "telephone": st.builds("555-{}-{}".format, st.integers(100, 999), st.integers(1000, 9999)),
    "decimal": _TENTHS,
    "price": st.builds("{}{}".format, st.sampled_from("$€£¥₹"), _CENTS),
    "price behind": st.builds("{} €".format, _LARGE),
    "code": st.builds("{}{}{}{}{}".format, _LETTER, _CAPITAL, _FIGURE, _LETTER, _FIGURE),
    "flat": st.builds("{}{}".format, st.integers(13, 999), st.sampled_from("bcf")),
    "address": st.builds("{}{}{}@example.org".format, _LETTER, _LETTER, st.integers(0, 99)),
}
_TIMES = st.builds(
    _time, st.integers(1, 12), st.sampled_from([0, 15, 30, 45]), st.sampled_from("ap"), st.sampled_from(["", " "])
)
#: Each kind as often as any other.
THINGS = st.one_of(_TIMES, *(kind.map(_same) for kind in _KINDS.values()))


def written(words: str, language: str = "en-US") -> str:
    """Return what a recognizer heard with its numbers as figures."""
    return " ".join(piece.text for piece in segments(words.split(), language))


def all_there(things: Sequence[Thing], translated: str, language: str) -> bool:
    """Tell whether a translation has each thing as often as it was said, with its marks, and no other figure."""
    found: Counter[tuple[str, ...]] = Counter()
    for forms in sorted({thing.forms for thing in things}, key=lambda each: -max(map(len, each))):
        either = "|".join(re.escape(_sided(form, language)) for form in sorted(forms, key=len, reverse=True))
        pattern = rf"(?<![\w$€£¥₹/@-])(?<!\d[.,:])(?:{either})(?![\w/@-]|[.,:]\d)"
        translated, found[forms] = re.subn(pattern, "…", translated)
    return found == Counter(thing.forms for thing in things) and not re.search(r"\d", translated)


def _sided(form: str, language: str) -> str:
    """Return a form with its marks and, if it is a price, with the sign on the language's side."""
    known, written = manners(language), _marked(form, language)
    assert known is not None
    if written[0] in known.signs_behind:
        return f"{written[1:]}{known.percent[:-1]}{written[0]}"
    return f"{written[-1]}{written[:-2]}" if written[-1] in known.signs_before else written


def _marked(text: str, language: str) -> str:
    known = manners(language)
    assert known is not None
    return text.replace("·", known.decimal)
