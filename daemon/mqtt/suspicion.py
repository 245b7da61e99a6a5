"""How bytes from the network become JSON that harms nobody, or a coded reason why not. Pure functions.

Numbers are finite, keys stand once, texts hold no control, bidirectional or lone surrogate characters: a display or a
log that shows them could be made to show something else.
"""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any

#: Most bytes of a payload.
MOST_BYTES = 4_096
#: Objects and lists within each other, and values in all: more than any setting has (200 phrases), few enough to look
#: at.
_DEEPEST, _MOST_VALUES = 8, 256
#: Embeddings, overrides and isolates (Unicode annex 9). Marks (LRM, RLM) have no effect beyond their place.
_BIDIRECTIONAL = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_LONGEST_NAME = 64


class Wrong(Exception):
    """Something is refused. `path` is the key, dotted; empty for the whole."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


def text(payload: bytes) -> str:
    """Return the text of a payload. Raises `Wrong`."""
    if len(payload) > MOST_BYTES:
        raise Wrong("too_large", f"the payload has more than {MOST_BYTES} bytes")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Wrong("not_utf8", "the payload is not UTF-8") from error


def json_object(payload: bytes) -> dict[str, Any]:
    """Return the object in a payload. Raises `Wrong`."""
    try:
        value = json_value(text(payload))
    except ValueError as error:
        raise Wrong("not_json", "the payload is not JSON") from error
    if not isinstance(value, dict):
        raise Wrong("not_an_object", "the payload is not a JSON object")
    return value


def json_value(words: str) -> Any:
    """Return what JSON says. Raises `Wrong`, and `ValueError` if it is no JSON."""
    try:
        return json.loads(words, object_pairs_hook=_once, parse_constant=_not_finite, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def check(tree: Any, path: str = "") -> None:
    """Refuse what nobody should be shown, and what is too deep or too much to look at. Raises `Wrong`."""
    waiting: list[tuple[Any, str, int]] = [(tree, path, 0)]
    seen = 0
    while waiting:
        value, where, depth = waiting.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_VALUES:
            raise Wrong("wrong_value", "the payload is too deep or holds too much", path)
        if isinstance(value, str) and forbidden(value):
            raise Wrong("control_character", "the text holds control characters", where)
        if isinstance(value, dict):
            waiting += [(inner, _below(where, name), depth + 1) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, where, depth + 1) for inner in value]


def forbidden(words: str) -> bool:
    """Whether a text holds control characters, bidirectional ones among them, surrogates or line separators."""
    return any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(letter) in _BIDIRECTIONAL
        for letter in words
    )


def shown(name: str) -> str:
    """Return a name as it may be told again."""
    return name if len(name) <= _LONGEST_NAME and not forbidden(name) else "?"


def _below(path: str, name: str) -> str:
    if forbidden(name):
        raise Wrong("control_character", "a key holds control characters", path)
    return f"{path}.{shown(name)}" if path else shown(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("duplicate_key", "a key stands more than once")
    return found


def _not_finite(_word: str) -> float:
    raise Wrong("wrong_value", "a number is not finite")


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise Wrong("wrong_value", "a number is not finite")
    return number
