"""Fetches the sentence pairs from those who export them, for who has none on disk.

https://www.manythings.org/anki/ offers Tatoeba's pairs under CC BY 2.0 FR, a zip with a tab-separated text for each
language. The sentences that judge a model are chosen by a digest of the English one, so that they stay the same however
the export grows, and are never among those that it learns from.
"""

from __future__ import annotations

import hashlib
import io
import urllib.request
import zipfile
from pathlib import Path

MAKERS = "https://www.manythings.org/anki/"
_NAMES = {"es": "spa", "fr": "fra", "de": "deu"}
#: Languages beside English that there are pairs of.
LANGUAGES = tuple(_NAMES)
#: One English sentence in so many judges.
_DEV_OF = 300
_DEADLINE_S = 60.0
_LARGEST_BYTES = 100_000_000


def fetch(folder: Path, languages: set[str], address: str = MAKERS) -> None:
    """Write ``en-XX.train.tsv`` and ``en-XX.dev.tsv`` where there are none. Raises OSError, ValueError, KeyError."""
    for language in sorted(languages - {"en"}):
        if not (folder / f"en-{language}.dev.tsv").exists():
            _write(folder, language, _download(f"{address}{_NAMES[language]}-eng.zip"))


def _download(address: str) -> list[tuple[str, str]]:
    # The makers turn away programs that do not say who they are.
    asked = urllib.request.Request(address, headers={"User-Agent": "Dragoman training"})  # noqa: S310 -- the address is ours
    with urllib.request.urlopen(asked, timeout=_DEADLINE_S) as answer:  # noqa: S310 -- likewise
        packed = answer.read(_LARGEST_BYTES + 1)
    if len(packed) > _LARGEST_BYTES:
        raise ValueError(f"{address} is larger than {_LARGEST_BYTES} bytes: it is not what it was")
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        name = next(each for each in files.namelist() if not each.startswith("_"))
        lines = files.read(name).decode("utf-8").splitlines()
    return [(english, other) for english, other, *_attribution in (line.split("\t") for line in lines if "\t" in line)]


def _write(folder: Path, language: str, pairs: list[tuple[str, str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "dev"):
        chosen = [pair for pair in pairs if _judges(pair[0]) == (part == "dev")]
        text = "".join(f"{english}\t{other}\n" for english, other in chosen)
        (folder / f"en-{language}.{part}.tsv").write_text(text, encoding="utf-8")


def _judges(english: str) -> bool:
    digest = hashlib.sha256(english.casefold().encode()).digest()
    return int.from_bytes(digest[:4], "big") % _DEV_OF == 0
