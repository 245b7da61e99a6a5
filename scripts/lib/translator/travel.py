"""The judgement list: everyday sentences of a traveller that no translator has learned from.

``travel.tsv`` has a row for each sentence and target: kind, source language, sentence, target language, acceptable
translations parted by `` | ``, and a regular expression of what must be there. It marks what is surely wrong; whether
the rest is right a person judges.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

_LIST = Path(__file__).with_name("travel.tsv")


@dataclass(frozen=True, slots=True)
class Question:
    """One sentence to translate; languages are ISO 639 codes."""

    kind: str
    source_language: str
    sentence: str
    target_language: str
    references: tuple[str, ...]
    must: re.Pattern[str]

    def has_all(self, translation: str) -> bool:
        """Say whether what must be there is in a translation, in any case."""
        return bool(self.must.search(unicodedata.normalize("NFC", translation)))


def load(path: Path = _LIST) -> list[Question]:
    """Return the list; ValueError for a row without its six columns."""
    return [_question(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def _question(line: str) -> Question:
    kind, source, sentence, target, references, must = line.split("\t")
    return Question(
        kind, source, sentence, target, tuple(references.split(" | ")), re.compile(must, re.IGNORECASE | re.DOTALL)
    )
