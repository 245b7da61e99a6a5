"""What must not get lost on the way, nor be made up: left and right, a no, the part of the day; nor be turned round.

They stand in ``daemon/data/essentials.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from daemon import questions

_MARKS = " .?!¿¡"
#: Texts whose own part is remembered while their translations are looked at: those of a line, said to two or three.
_RECENT = 16


@dataclass(frozen=True, slots=True)
class _Essential:
    """One thing in one language; nothing is said there, or looked for, where that is not known."""

    said: re.Pattern[str] | None = None
    kept: re.Pattern[str] | None = None
    besides: re.Pattern[str] | None = None
    #: What is not looked at where both sides begin with it: the answer before what is said.
    aside: re.Pattern[str] | None = None
    #: Whether it is a translation that must not say it, where its text has nothing of the kind.
    invented: bool = False

    def in_source(self, text: str) -> bool:
        return bool(self.said and self.said.search(text)) and not (self.besides and self.besides.search(text))

    def without_answer(self, text: str) -> str | None:
        """Return a text without the answer that it begins with; None if there is none."""
        answer = self.aside and self.aside.match(text)
        return text[answer.end() :] if answer else None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known in one language."""

    essentials: Mapping[str, _Essential]
    #: A word and its opposite.
    opposites: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]
    #: Words of a request, which is a question elsewhere.
    requests: re.Pattern[str] | None


def lost(text: str, translation: str, source: str, target: str) -> int:
    """Count what a text surely says and its translation does not; 0 for languages that the file does not have."""
    ours, theirs = _known().get(source), _known().get(target)
    if not ours or not theirs:
        return 0
    missing = sum(_lacks(text, translation, name, ours, theirs) for name in _said(text, source))
    return missing + _turned(text, translation, source, theirs) + _asks(text, translation, source, ours)


def invented(text: str, translation: str, source: str, target: str) -> int:
    """Count what a translation surely says and its text has nothing of; 0 for languages that the file does not have."""
    ours, theirs = _known().get(source), _known().get(target)
    if not ours or not theirs:
        return 0
    plain = translation.strip(_MARKS)
    return sum(
        essential.invented and essential.in_source(plain) and _lacks(translation, text, name, theirs, ours)
        for name, essential in theirs.essentials.items()
    )


@lru_cache(_RECENT)
def _said(text: str, language: str) -> tuple[str, ...]:
    """Return the names of what a text surely says."""
    plain = text.strip(_MARKS)
    essentials = _known()[language].essentials.items()
    return tuple(name for name, each in essentials if not each.invented and each.in_source(plain))


def _lacks(text: str, other: str, name: str, ours: _Known, theirs: _Known) -> bool:
    """Tell whether what is said in a text is not in another, but for the answer that both begin with."""
    said, kept = ours.essentials[name], theirs.essentials.get(name, _Essential())
    rest, others = said.without_answer(text.lstrip(_MARKS)), kept.without_answer(other.lstrip(_MARKS))
    if rest is None or others is None:
        rest, others = text, other
    return kept.kept is not None and said.in_source(rest.strip(_MARKS)) and not kept.kept.search(others)


def _turned(text: str, translation: str, source: str, theirs: _Known) -> int:
    """Count the words of a text of which a translation has the opposite, and not them."""
    return sum(
        _side(translation, theirs.opposites[name]) == -side
        for name, side in _sides(text, source)
        if name in theirs.opposites
    )


@lru_cache(_RECENT)
def _sides(text: str, language: str) -> tuple[tuple[str, int], ...]:
    """Return which opposites are in a text, and which side of each."""
    sides = ((name, _side(text, pair)) for name, pair in _known()[language].opposites.items())
    return tuple((name, side) for name, side in sides if side)


def _side(text: str, pair: tuple[re.Pattern[str], re.Pattern[str]]) -> int:
    """Return 1 for a text that has the first of two only, -1 for the other only, 0 for both or none."""
    return bool(pair[0].search(text)) - bool(pair[1].search(text))


def _asks(text: str, translation: str, source: str, ours: _Known) -> bool:
    """Tell whether what is surely no question became one: a text that has a mark, and none of a question or request."""
    stated = text.rstrip().endswith((".", "!")) and "?" not in text
    if not stated or "?" not in translation or (ours.requests and ours.requests.search(text)):
        return False
    return questions.begin(text.strip(_MARKS).split(), source) is None


@cache
def _known() -> Mapping[str, _Known]:
    text = resources.files("daemon.data").joinpath("essentials.toml").read_text(encoding="utf-8")
    return {language: _language(**found) for language, found in tomllib.loads(text).items()}


def _language(*, opposites: Mapping[str, tuple[str, str]], requests: str, **essentials: dict[str, Any]) -> _Known:
    pairs = {name: (_compiled(one), _compiled(other)) for name, (one, other) in opposites.items()}
    return _Known({name: _essential(**found) for name, found in essentials.items()}, pairs, _compiled(requests))


def _essential(*, invented: bool = False, **patterns: str) -> _Essential:
    return _Essential(**{name: _compiled(pattern) for name, pattern in patterns.items()}, invented=invented)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
