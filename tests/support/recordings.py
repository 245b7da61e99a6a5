"""Finds recorded speech: the small free ones that ship with the tests, and the larger set where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
_SHIPPED = ROOT / "tests" / "recordings"
_LARGER = Path(os.environ.get("DRAGOMAN_RECORDINGS", ROOT.parent / "shared" / "recordings"))


def recording(name: str) -> bytes:
    """Return a recording by its name without folder and extension: 16 kHz mono 16-bit. Skips where it is missing."""
    found = [path for folder in (_SHIPPED, _LARGER) for path in sorted(folder.rglob(f"{name}.*")) if path.is_file()]
    if not found:
        pytest.skip(f"no recording {name} here: set DRAGOMAN_RECORDINGS")
    samples, _rate_hz = soundfile.read(found[0], dtype="int16")
    return samples.tobytes()
