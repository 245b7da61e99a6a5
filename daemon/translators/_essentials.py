"""What must not get lost on the way, nor be made up: left and right, a no, the part of the day.

They stand in ``daemon/data/essentials.toml``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class _Essential:
    """One thing in one language."""

    said: re.Pattern[str]
    kept: re.Pattern[str]
    besides: re.Pattern[str] | None = None
    #: Whether it is a translation that must not say it, where its text has nothing of the kind.
    invented: bool = False

    def in_source(self, text: str) -> bool:
        return bool(self.said.search(text)) and not (self.besides and self.besides.search(text))


def lost(text: str, translation: str, source: str, target: str) -> int:
    """Count what a text surely says and its translation does not; 0 for languages that the file does not have."""
    return _missing(text, translation, source, target)


def invented(text: str, translation: str, source: str, target: str) -> int:
    """Count what a translation surely says and its text has nothing of; 0 for languages that the file does not have."""
    return _missing(translation, text, target, source, invented=True)


def _missing(text: str, other: str, language: str, others: str, *, invented: bool = False) -> int:
    known = _known()
    ours, theirs = known.get(language, {}), known.get(others, {})
    plain = text.strip(" .?!¿¡")
    return sum(
        name in theirs and essential.in_source(plain) and not theirs[name].kept.search(other)
        for name, essential in ours.items()
        if essential.invented == invented
    )


@cache
def _known() -> Mapping[str, Mapping[str, _Essential]]:
    text = resources.files("daemon.data").joinpath("essentials.toml").read_text(encoding="utf-8")
    return {
        language: {name: _essential(**found) for name, found in essentials.items()}
        for language, essentials in tomllib.loads(text).items()
    }


def _essential(*, invented: bool = False, **patterns: str) -> _Essential:
    compiled = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in patterns.items()}
    return _Essential(**compiled, invented=invented)
