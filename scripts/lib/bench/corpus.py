"""The recordings: the larger set with its transcripts where it is there, else those that ship with the tests."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[3]
_SHIPPED = ROOT / "tests" / "recordings"
_RATE_HZ = 16_000


class NoRecordings(Exception):
    """There is nothing to measure with. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Somebody says something, and what is known of it."""

    id: str
    path: Path
    seconds: float
    transcript: str
    #: A translation by a person, where there is one.
    spanish: str
    kind: str
    #: ``en``, ``es``, …
    language: str = "en"


def recordings(language: str = "en") -> list[Recording]:
    """Return all recordings of a language with a transcript. Raises `NoRecordings`."""
    larger = Path(os.environ.get("DRAGOMAN_RECORDINGS", ROOT.parent / "shared" / "recordings"))
    for folder in (larger, _SHIPPED):
        if (folder / "manifest.tsv").is_file():
            return _manifest(folder, language)
    raise NoRecordings(f"no manifest.tsv in {larger} nor in {_SHIPPED}: set DRAGOMAN_RECORDINGS to a folder with one")


def short(count: int, longest_s: float = 8.0) -> list[Recording]:
    """Return some: every one with a Spanish translation, then those that are no longer than `longest_s`, spread."""
    known = recordings()
    translated = [each for each in known if each.spanish]
    others = sorted((each for each in known if not each.spanish and each.seconds <= longest_s), key=lambda e: e.id)
    wanted = max(0, count - len(translated))
    step = max(1.0, len(others) / max(1, wanted))
    return [*translated, *(others[int(at * step)] for at in range(min(wanted, len(others))))][:count]


def samples(recording: Recording) -> np.ndarray:
    """Return its sound, 16 kHz mono 16 bit."""
    sound, rate_hz = soundfile.read(recording.path, dtype="int16")
    if rate_hz != _RATE_HZ or sound.ndim != 1:
        raise NoRecordings(f"{recording.path} is not 16 kHz mono")
    return sound


def join(parts: Iterable[Recording], pause_s: float, least_s: float, path: Path) -> float:
    """Write a file of the recordings, one after the other with pauses, again and again; return its seconds."""
    pause = np.zeros(round(pause_s * _RATE_HZ), dtype=np.int16)
    once = np.concatenate([piece for each in parts for piece in (samples(each), pause)])
    written = 0
    with soundfile.SoundFile(path, "w", _RATE_HZ, 1, "PCM_16") as file:
        while written < least_s * _RATE_HZ:
            file.write(once)
            written += once.size
    return written / _RATE_HZ


def _manifest(folder: Path, language: str) -> list[Recording]:
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = [_recording(folder, row) for row in rows if row["language"].startswith(language) and row["transcript"]]
    return [each for each in found if each.path.is_file()]


def _recording(folder: Path, row: dict[str, str]) -> Recording:
    translations = json.loads(row["translations"]) if row["translations"] else {}
    seconds, kind = float(row["seconds"]), row.get("kind", "")
    spanish, language = translations.get("es", ""), row["language"][:2]
    return Recording(row["id"], folder / row["file"], seconds, row["transcript"], spanish, kind, language)
