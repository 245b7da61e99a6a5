"""Where Pocketsphinx's models are, and whether they are whole: over a damaged one the library ends the process."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from daemon.drivers import DriverMissing
from hw.api import SPEECH_FORMAT

#: Language of the model in the wheel.
BUNDLED = "en-US"
_SETTING = "recognizer.pocketsphinx.model_dir"
_NEEDED = "an acoustic model (a folder with mdef), *.lm.bin and *.dict"
#: How a name begins that tells a language: ``es``, ``es-ES``, ``pt_BR``, then no letter.
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_]([A-Z]{2}))?(?![A-Za-z])")
#: How a binary model definition begins, by its byte order; a text one has a version in its first lines.
_BYTE_ORDERS = {b"BMDF": "<", b"FDMB": ">"}
_TEXT_VERSION = "0.3"
#: Numbers after the description of a binary one: phones, and how many there are of what follows them.
_COUNTS = 10
#: Of a node of its tree, of a phone, and of the count before the sequences of states.
_NODE_BYTES, _PHONE_BYTES, _COUNT_BYTES = 8, 12, 4
#: Files of an acoustic model besides its definition; of each line one must be there.
_PARAMETERS = (("means",), ("variances",), ("transition_matrices",), ("sendump", "mixture_weights"), ("feat.params",))
#: Those that the library ends the process over, or takes for whole: after a header in text, a number by which the byte
#: order is known; in some, four sizes of which the last is how many numbers follow.
_WITH_HEADER = ("means", "variances", "transition_matrices", "mixture_weights")
_WITH_SIZES = ("transition_matrices", "mixture_weights")
_HEADER_ENDS, _ORDER_BYTES, _SIZES, _NUMBER_BYTES = b"endhdr\n", 4, 4, 4
_ORDERS = {b"\x44\x33\x22\x11": "<", b"\x11\x22\x33\x44": ">"}
#: A dump begins with texts, the first of which ends in NUL, each after its length in one of both byte orders; length 0
#: ends them. Where the weights are not in clusters, two sizes follow, and a byte for each weight of each feature.
_DUMP_TEXT_BYTES, _DUMP_HEAD_BYTES = 1_000, 16_384
_DUMP_SIZES = ("cluster_count", "feature_count")
_RATE = "-samprate"


class Model(NamedTuple):
    """A model that is whole, as far as can be told without loading it."""

    language: str
    acoustic: Path
    words: Path
    dictionary: Path
    #: Names of its phones, fillers left out.
    phones: frozenset[str]


def bundled() -> Model:
    """Return the model in the wheel. Raises `DriverMissing` without the library."""
    try:
        from pocketsphinx import get_model_path  # noqa: PLC0415 -- only those who recognize need the library
    except ImportError as error:
        raise DriverMissing("the recognizer pocketsphinx needs its library: pip install 'dragoman[device]'") from error
    folder = Path(get_model_path("en-us"))
    acoustic = folder / "en-us"
    phones = frozenset(_phones(acoustic / "mdef"))
    return Model(BUNDLED, acoustic, folder / "en-us.lm.bin", folder / "cmudict-en-us.dict", phones)


def folders(model_dir: str) -> list[Path]:
    """Return the folders of models that a setting names: that one, or those in it."""
    if not model_dir:
        return []
    folder = Path(model_dir)
    if any(folder.glob("*.dict")) or not folder.is_dir():
        return [folder]
    return sorted(inner.parent for inner in folder.glob("*/*.dict")) or [folder]


def language_of(folder: Path) -> str:
    """Return the language that a folder's dictionary, or the folder, is named after, BCP-47; empty: none."""
    names = [*(each.stem for each in sorted(folder.glob("*.dict"))), folder.name]
    found = next(filter(None, map(_LANGUAGE.match, names)), None)
    return "-".join(filter(None, found.groups())) if found else ""


def model_in(folder: Path, language: str) -> Model:
    """Return the model in a folder. Raises `DriverMissing` with what was found and what is needed."""
    if not folder.is_dir():
        raise DriverMissing(
            f"{_SETTING}: {folder} is no folder; a model is one with {_NEEDED}, "
            "named after its language or with recognizer.pocketsphinx.model_language set"
        )
    definition = _only(folder, "*/mdef")
    words, dictionary = _only(folder, "*.lm.bin"), _only(folder, "*.dict")
    _check_parameters(definition.parent)
    _check_rate(definition.parent / "feat.params")
    for file in (words, dictionary):
        if not file.stat().st_size:
            raise DriverMissing(f"{_SETTING}: {file} is empty")
    if not language:
        raise DriverMissing(
            f"{_SETTING}: no language can be told from the name of {folder}: set recognizer.pocketsphinx.model_language"
        )
    return Model(language, definition.parent, words, dictionary, frozenset(_phones(definition)))


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise DriverMissing(f"{_SETTING}: {folder} has {len(found)} {pattern}, one is needed; a model is {_NEEDED}")
    return found[0]


def _check_parameters(acoustic: Path) -> None:
    for names in _PARAMETERS:
        found = next((acoustic / name for name in names if (acoustic / name).is_file()), None)
        if found is None:
            raise DriverMissing(f"{_SETTING}: {acoustic} has no {' or '.join(names)}, which its mdef needs")
        if not _is_parameters(found):
            raise DriverMissing(f"{_SETTING}: {found} is no {found.name} of an acoustic model, or only a part of one")


def _check_rate(features: Path) -> None:
    """Refuse a model of telephone speech: the library takes any sound for what the model was made of."""
    words = features.read_text(encoding="utf-8", errors="replace").split()
    rate = dict(pairwise(words)).get(_RATE, "")
    with contextlib.suppress(ValueError):  # no number: the library refuses it
        if rate and float(rate) != SPEECH_FORMAT.rate_hz:
            raise DriverMissing(
                f"{_SETTING}: {features.parent} is a model of sound of {rate} Hz ({features.name}),"
                f" one of {SPEECH_FORMAT.rate_hz} Hz is needed"
            )


def _is_parameters(file: Path) -> bool:
    """Tell whether a file is what its name says, if the library does not look itself."""
    if file.name == "sendump":
        return any(_is_dump(file, order) for order in _ORDERS.values())
    if file.name not in _WITH_HEADER:
        return True
    _header, ended, numbers = file.read_bytes().partition(_HEADER_ENDS)
    order = _ORDERS.get(numbers[:_ORDER_BYTES])
    if not ended or order is None or file.name not in _WITH_SIZES:
        return bool(ended and order)
    begin = _ORDER_BYTES + _SIZES * _NUMBER_BYTES
    if len(numbers) < begin:
        return False
    *_sizes, count = struct.unpack_from(f"{order}{_SIZES}i", numbers, _ORDER_BYTES)
    return bool(len(numbers) >= begin + count * _NUMBER_BYTES)


def _is_dump(file: Path, order: str) -> bool:
    """Tell whether a file is a dump in a byte order, and whole: of a part, the library hears other words."""
    with file.open("rb") as data:
        head = data.read(_DUMP_HEAD_BYTES)
    try:
        texts = list(_texts(head, order))
        sizes = _sizes(texts)
        at = sum(map(len, texts)) + (len(texts) + 1) * _NUMBER_BYTES
        shape = "" if sizes.get("cluster_count") else "2i"
        rows, columns = struct.unpack_from(order + shape, head, at) or (0, 0)
    except (ValueError, struct.error):
        return False
    least = at + struct.calcsize(order + shape) + sizes.get("feature_count", 1) * rows * columns
    return texts[0].endswith(b"\0") and file.stat().st_size >= least


def _texts(head: bytes, order: str) -> Iterator[bytes]:
    """Yield the texts at the beginning of a dump, of which there is at least one. Raises ValueError, struct.error."""
    at = 0
    while (length := struct.unpack_from(f"{order}i", head, at)[0]) or not at:
        if not 0 < length <= _DUMP_TEXT_BYTES:
            raise ValueError
        yield head[at + _NUMBER_BYTES : at + _NUMBER_BYTES + length]
        at += _NUMBER_BYTES + length


def _sizes(texts: list[bytes]) -> dict[str, int]:
    """Return what a dump's texts tell of its sizes. Raises ValueError."""
    told = [text.rstrip(b"\0").decode("ascii").split(" ") for text in texts]
    return {words[0]: int(words[1]) for words in told if words[0] in _DUMP_SIZES}


def _phones(definition: Path) -> Iterator[str]:
    """Yield the phones of a model definition. Raises `DriverMissing` if it is none, or not whole."""
    data = definition.read_bytes()
    order = _BYTE_ORDERS.get(data[:4])
    try:
        names = _of_binary(data, order) if order else _of_text(data.decode("ascii"))
    except (ValueError, IndexError, struct.error):
        raise DriverMissing(f"{_SETTING}: {definition} is no model definition, or only a part of one") from None
    yield from (name for name in names if name[0] not in "+<" and name != "SIL")


def _of_binary(data: bytes, order: str) -> list[str]:
    _version, length = struct.unpack_from(f"{order}2i", data, 4)
    at = 12 + length
    phones, all_phones, states, *_senones, sequences, _context, nodes, _silence = struct.unpack_from(
        f"{order}{_COUNTS}i", data, at
    )
    at += 4 * _COUNTS
    names = data[at:].split(b"\0", phones)
    at += sum(len(name) + 1 for name in names[:phones])
    at += -at % 4
    least = nodes * _NODE_BYTES + all_phones * _PHONE_BYTES + _COUNT_BYTES + sequences * states * 2
    if len(names) <= phones or len(data) < at + least:
        raise ValueError
    return [name.decode("ascii") for name in names[:phones]]


def _of_text(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
    counts = {words[1]: int(words[0]) for words in map(str.split, lines[1:_COUNTS]) if words[1].startswith("n_")}
    phones = lines[1 + len(counts) :]
    complete = len(phones) == counts.get("n_base", 0) + counts.get("n_tri", 0)
    if lines[0] != _TEXT_VERSION or not complete or len(phones[0].split()) != len(phones[-1].split()):
        raise ValueError
    return [line.split()[0] for line in phones[: counts["n_base"]]]
