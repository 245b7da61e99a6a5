"""A translation model on disk: which files make one, which directions it serves, how its sentences are spelled.

Three kinds of folders are known, all converted for CTranslate2 (``model.bin`` and ``config.json``):

- our own, with a ``model.toml`` that says all there is to know;
- OPUS-MT (``source.spm``, ``target.spm``): one direction, read off the folder's name, ``…-en-de``; those that serve
  several targets have tokens such as ``>>spa<<`` for them (https://huggingface.co/Helsinki-NLP);
- NLLB (``sentencepiece.bpe.model``, also ``sentencepiece.model``): every direction between the languages of its
  tokens, such as ``spa_Latn`` (https://github.com/facebookresearch/flores, the list of languages).
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from daemon import model_folders
from daemon.drivers import DriverMissing

#: Where the models that ship lie.
_MODELS = Path(str(resources.files("daemon.data"))) / "models"
#: Version of ``model.toml`` that is understood.
LAYOUT = 1
#: Of a sentence that anything can be said in, with those around its pieces.
_LEAST_TOKENS = 16
_PIECES = ("source.spm", "sentencepiece.bpe.model", "sentencepiece.model", "spm.model")
_VOCABULARIES = ("shared_vocabulary.json", "source_vocabulary.json", "shared_vocabulary.txt", "source_vocabulary.txt")
_DIRECTION = re.compile(r"(?:^|[-_])([a-z]{2,3})[-_]([a-z]{2,3})(?:[-_](?:int8|float16|float32|ct2))?$")
_TARGET_TOKEN = re.compile(r">>([a-z]{2,3})<<")
_NLLB_TOKEN = re.compile(r"([a-z]{3})_([A-Z][a-z]{3})")
#: ISO 639-3 codes in names of tokens → the two-letter ones of the settings, for languages that have one.
_ISO_639_1 = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "cym": "cy", "dan": "da", "deu": "de", "ell": "el",
    "eng": "en", "epo": "eo", "est": "et", "eus": "eu", "fin": "fi", "fra": "fr", "gle": "ga", "glg": "gl",
    "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja",
    "kor": "ko", "lit": "lt", "lvs": "lv", "mkd": "mk", "nld": "nl", "nno": "nn", "nob": "no", "pes": "fa",
    "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr",
    "swe": "sv", "swh": "sw", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spelling:
    """What stands around the pieces of a sentence, for one direction."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    #: What the target begins with, and which is not part of the translation.
    prefix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that may be loaded."""

    path: Path
    source_pieces: Path
    target_pieces: Path
    directions: Mapping[tuple[str, str], Spelling]
    #: Tokens that the model was taught to carry through, whatever they stand for.
    placeholders: tuple[str, ...] = ()
    #: Longest sentence that it was taught, words.
    longest_words: int = 60
    #: Most tokens of a sentence on either side, with those around its pieces.
    longest_tokens: int = 256
    #: Whether it says which tokens of a translation a sentence can lead to, so that it chooses among few.
    shortlist: bool = False
    #: Probability of a token, the mean → share of translations that were right, rising; empty where nobody counted.
    reliability: tuple[tuple[float, float], ...] = ()
    #: The model of the way back, with which those were counted.
    told_back_by: Path | None = None


def look(named: Iterable[str]) -> tuple[list[ModelFolder], list[str]]:
    """Return the models that can be read, the preferred first, and what is wrong with the others."""
    found, faulty = [], []
    for path in [*map(Path, named), *model_folders.holding("model.bin"), *_shipped()]:
        try:
            found.append(read(path))
        except DriverMissing as error:
            faulty.append(str(error))
    return found, faulty


def _shipped() -> list[Path]:
    return sorted(path.parent for path in _MODELS.glob("*/model.bin"))


def read(path: Path) -> ModelFolder:
    """Look at a folder, without loading the model. Raises `DriverMissing` with what was found and what is needed."""
    try:
        return _read(path.absolute())
    except OSError as error:
        raise DriverMissing(f"{path} cannot be read: {error.strerror}") from error


def _read(path: Path) -> ModelFolder:
    if not path.is_dir():
        raise DriverMissing(f"the translation model {path} is no folder")
    for needed in ("model.bin", "config.json"):
        if not (path / needed).is_file():
            raise DriverMissing(
                f"{path} is no translation model, it has no {needed}: convert it with ct2-transformers-converter"
            )
    pieces = next((path / name for name in _PIECES if (path / name).is_file()), None)
    if pieces is None:
        raise DriverMissing(f"{path} has no SentencePiece model ({', '.join(_PIECES[:2])}): copy it from the original")
    target_pieces = path / "target.spm"
    card = path / "model.toml"
    try:
        known = _by_card(path, card) if card.is_file() else {"directions": dict(_guessed(path))}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DriverMissing(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    if not known["directions"]:
        raise DriverMissing(f"{path} does not tell its languages: let its name end in them, as opus-mt-en-de")
    shortlist = _has_shortlist(path)
    return ModelFolder(path, pieces, target_pieces if target_pieces.is_file() else pieces, shortlist=shortlist, **known)


def _has_shortlist(path: Path) -> bool:
    """Tell whether there is one, and look that it is, and whole: the library ends the process for an empty one."""
    file = path / "vmap.txt"
    if not file.is_file():
        return False
    try:
        with file.open("rb") as lines:
            first = next(lines, b"").decode()
            lines.seek(-1, os.SEEK_END)
            whole = lines.read() == b"\n"
    except (OSError, UnicodeDecodeError):
        first, whole = "", False
    if first.count("\t") != 1 or first.endswith("\t\n") or not whole:
        raise DriverMissing(f"{file} does not say which words lead to which: take it away, or copy it anew")
    return True


def _by_card(path: Path, card: Path) -> dict[str, Any]:
    said = tomllib.loads(card.read_text(encoding="utf-8"))
    if said["layout"] != LAYOUT:
        raise DriverMissing(f"{card} has layout {said['layout']!r}, and this Dragoman reads layout {LAYOUT}")
    known = {
        "directions": {
            (each["source"], each["target"]): Spelling(before=(each["tag"],), after=("</s>",))
            for each in said["direction"]
        },
        "placeholders": tuple(said["placeholders"]),
        "longest_words": int(said["longest_words"]),
        "longest_tokens": int(said["longest_tokens"]),
        "reliability": tuple((float(at), float(right)) for at, right in said["reliability"]),
        "told_back_by": _beside(path, said["told_back_by"]) if "told_back_by" in said else None,
    }
    _check(path, card, known)
    _check_whole(path, said.get("bytes", {}))
    return known


def _beside(path: Path, name: str) -> Path:
    """Return the model of that name beside another one, or the one that ships, of which the other is a copy."""
    shipped = _MODELS / name
    return shipped if shipped.is_dir() and not (path.parent / name).exists() else path.parent / name


def _check(path: Path, card: Path, known: Mapping[str, Any]) -> None:
    """Look that a card is that of the model beside it. Raises `DriverMissing`."""
    for name, least in (("longest_words", 1), ("longest_tokens", _LEAST_TOKENS)):
        if known[name] < least:
            raise DriverMissing(f"{card} has {name} = {known[name]}, and at least {least} is needed")
    tags = (token for spelling in known["directions"].values() for token in spelling.before)
    lacking = {*tags, *known["placeholders"]}.difference(_tokens(path))
    if lacking:
        raise DriverMissing(f"{card} has {min(lacking)}, which the vocabulary lacks: the files are not of one model")


def _check_whole(path: Path, sizes: Mapping[str, int]) -> None:
    """Look that nothing of the folder is missing or cut. Raises `DriverMissing`, and OSError."""
    for name, size in sizes.items():
        file = path / name
        found = file.stat().st_size if file.is_file() else 0
        if found != size:
            raise DriverMissing(f"{file} has {found} bytes, and {size} are needed: copy the whole folder anew")


def _guessed(path: Path) -> Iterator[tuple[tuple[str, str], Spelling]]:
    """Yield the directions that names and tokens tell."""
    configuration = json.loads((path / "config.json").read_text(encoding="utf-8"))
    after = () if configuration.get("add_source_eos") else ("</s>",)
    tokens = _tokens(path)
    by_language = {_language(found[1]): token for token in tokens if (found := _NLLB_TOKEN.fullmatch(token))}
    for source, before in by_language.items():
        for target, prefix in by_language.items():
            if source != target:
                yield (source, target), Spelling((before,), after, (prefix,))
    named = _DIRECTION.search(path.name)
    if named and not by_language:
        source, target = map(_language, named.groups())
        targets = {_language(found[1]): token for token in tokens if (found := _TARGET_TOKEN.fullmatch(token))}
        for each, token in targets.items():
            yield (source, each), Spelling((token,), after)
        if not targets:
            yield (source, target), Spelling((), after)


def _tokens(path: Path) -> list[str]:
    for name in _VOCABULARIES:
        file = path / name
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            return [str(token) for token in json.loads(text)] if file.suffix == ".json" else text.splitlines()
    raise DriverMissing(f"{path} has no vocabulary ({_VOCABULARIES[0]}): convert the model again")


def _language(code: str) -> str:
    return _ISO_639_1.get(code, code)
