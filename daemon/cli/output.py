"""How commands print what they found: aligned columns for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from wcwidth import wcswidth

_GAP = "  "


def print_json(value: Any) -> None:
    """Print one JSON document, indented."""
    print(msgspec.json.format(msgspec.json.encode(value)).decode())


def print_table(rows: Iterable[Sequence[str]], headings: Sequence[str]) -> None:
    """Print rows in columns as wide as their widest cell; nothing but the headings where there is no row."""
    lines = [headings, *rows]
    widths = [max(_columns(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = (cell + " " * (width - _columns(cell)) for cell, width in zip(line, widths, strict=True))
        print(_GAP.join(cells).rstrip())


def _columns(text: str) -> int:
    """Return the width on a terminal; control characters, which have none, count as one."""
    return max(wcswidth(text), 0) or len(text)
