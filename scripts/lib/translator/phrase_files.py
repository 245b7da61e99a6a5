"""How the files of sentences from templates are read: sections with a name in brackets, comments after ``#``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent


def sections(file: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the rows of each section."""
    parts = re.split(r"^\[(\w+)\]$", "\n".join(lines(file)), flags=re.MULTILINE)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        yield name, [row for line in body.strip().splitlines() for row in ([line] if "|" in line else line.split(", "))]


def lines(file: str | Path, *, keep_empty: bool = False) -> list[str]:
    """Return the lines of a file without comments."""
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#") and (keep_empty or line.strip())]
