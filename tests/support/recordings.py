"""Finds recorded speech: the small free ones that ship with the tests, and the larger set where it is there."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
_SHIPPED = ROOT / "tests" / "recordings"
_MODELS = Path(os.environ.get("DRAGOMAN_TEST_MODELS", ROOT.parent / "shared" / "models"))
_LARGER = Path(os.environ.get("DRAGOMAN_RECORDINGS", ROOT.parent / "shared" / "recordings"))


def recording(name: str) -> bytes:
    """Return a recording by its name without folder and extension: 16 kHz mono 16-bit. Skips where it is missing."""
    found = [path for folder in (_SHIPPED, _LARGER) for path in sorted(folder.rglob(f"{name}.*")) if path.is_file()]
    if not found:
        pytest.skip(f"no recording {name} here: set DRAGOMAN_RECORDINGS")
    return _pcm(found[0])


@dataclass(frozen=True, slots=True)
class Recording:
    """One line of the larger set's manifest."""

    name: str
    path: Path
    language: str
    seconds: float
    #: Empty where nobody wrote down what is said.
    transcript: str
    #: ``read``, ``command``, ``noise``, …
    kind: str

    def pcm(self) -> bytes:
        return _pcm(self.path)


def shipped(name: str) -> bytes:
    """Return a recording that ships with the tests: 16 kHz mono 16-bit."""
    return _pcm(_SHIPPED / f"{name}.flac")


def recordings(language: str = "", kind: str = "") -> list[Recording]:
    """Return those of the larger set that are in doubt for nobody. Skips where the set is missing."""
    manifest = _LARGER / "manifest.tsv"
    if not manifest.exists():
        pytest.skip("the larger set of recordings is not here: set DRAGOMAN_RECORDINGS")
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Recording(
            row["id"], _LARGER / row["file"], row["language"], float(row["seconds"]), row["transcript"], row["kind"]
        )
        for row in rows
        if row["doubtful"] == "no" and language in ("", row["language"]) and kind in ("", row["kind"])
    ]


def spanish_model() -> Path:
    """Return the folder of a Spanish model for pocketsphinx. Skips where it is missing."""
    folder = _MODELS / "es-pocketsphinx"
    if not folder.is_dir():
        pytest.skip("no Spanish model es-pocketsphinx here: set DRAGOMAN_TEST_MODELS to the folder it lies in")
    return folder


def _pcm(path: Path) -> bytes:
    samples, _rate_hz = soundfile.read(path, dtype="int16")
    return samples.tobytes()
