"""What must not get lost on the way: left and right, a half and a no. They stand in ``daemon/data/essentials.toml``."""

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

    def in_source(self, text: str) -> bool:
        return bool(self.said.search(text)) and not (self.besides and self.besides.search(text))


def lost(text: str, translation: str, source: str, target: str) -> int:
    """Count what a text surely says and its translation does not; 0 for languages that the file does not have."""
    known = _known()
    ours, theirs = known.get(source, {}), known.get(target, {})
    plain = text.strip(" .?!¿¡")
    return sum(
        name in theirs and essential.in_source(plain) and not theirs[name].kept.search(translation)
        for name, essential in ours.items()
    )


@cache
def _known() -> Mapping[str, Mapping[str, _Essential]]:
    text = resources.files("daemon.data").joinpath("essentials.toml").read_text(encoding="utf-8")
    return {
        language: {name: _Essential(**_compiled(found)) for name, found in essentials.items()}
        for language, essentials in tomllib.loads(text).items()
    }


def _compiled(found: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in found.items()}
