"""Numbers and tables: percentiles, word errors, and how a measurement is shown beside its bar."""

from __future__ import annotations

import statistics
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_HUNDRED = 100
_RULE = "-"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the percentile by linear interpolation between the two nearest values; NaN of nothing."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    place = (len(ordered) - 1) * percent / _HUNDRED
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median_and_p95(values: Sequence[float], digits: int = 0) -> str:
    """Return both as text, and of how many values they are."""
    if not values:
        return "none"
    return f"{percentile(values, 50):.{digits}f} / {percentile(values, 95):.{digits}f} (of {len(values)})"


def words(text: str) -> str:
    """Return a text as word errors are counted: lower case, no punctuation but the apostrophe inside a word."""
    plain = unicodedata.normalize("NFKC", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    spaced = "".join(char if char.isalnum() or char == "'" else " " for char in plain)
    return " ".join(word.strip("'") for word in spaced.split() if word.strip("'"))


def heard(source: Mapping[str, Any]) -> str:
    """Return the `source` of a final as it was heard: numbers in words."""
    told = [word.get("heard") or word["text"] for word in source.get("words", ())]
    return " ".join(told) or str(source["text"])


def word_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Return the word error rate of (reference, hypothesis) pairs, all words together, in percent."""
    import jiwer  # noqa: PLC0415 -- of the benchmark's own dependencies; the helpers above do without

    references, hypotheses = zip(*((words(said), words(heard)) for said, heard in pairs), strict=True)
    return _HUNDRED * float(jiwer.wer(list(references), list(hypotheses)))


def median(values: Sequence[float]) -> float:
    """Return the median; NaN of nothing."""
    return statistics.median(values) if values else float("nan")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is, its value, what it has to be, and whether it is; None where nothing is asked."""

    name: str
    value: str
    bar: str = ""
    met: bool | None = None


@dataclass(slots=True)
class Table:
    """A measurement's figures, printed with `str`."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, value: str, bar: str = "", met: bool | None = None) -> None:  # noqa: FBT001 -- a column
        """Add a row."""
        self.rows.append(Row(name, value, bar, met))

    def __str__(self) -> str:
        verdicts = {True: "met", False: "MISSED", None: ""}
        lines = [("", "measured", "bar", ""), *((r.name, r.value, r.bar, verdicts[r.met]) for r in self.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        body = [line.rstrip() for line in [shown[0], _RULE * (sum(widths) + 6), *shown[1:]]]
        return "\n".join(["", self.title, "", *body, *(f"  {note}" for note in self.notes)])
