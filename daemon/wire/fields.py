"""Reads JSON objects of the protocol: names in any case, types checked, every fault a `WireError`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from daemon.wire.errors import WireError

_SHOWN = 40


class Fields:
    """An object's members. Clients differ in the case of names, so it is ignored; null is absent."""

    def __init__(self, members: Mapping[str, Any], where: str) -> None:
        self._members = {name.casefold(): value for name, value in members.items() if value is not None}
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._members

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self._members.get(name.casefold(), default)
        return whole(value) if isinstance(value, str) else self._wrong(name, "a text", value)

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an integer, which some clients write as a text. Raises `WireError` if it is absent without default."""
        value = self.integer_or_none(name)
        if value is not None:
            return value
        return default if default is not None else self._wrong(name, "a whole number", None)

    def integer_or_none(self, name: str) -> int | None:
        """Return an integer, None if it is absent."""
        value = self._members.get(name.casefold())
        if value is None:
            return None
        number = self._number(name, value)
        if isinstance(number, float) and not number.is_integer():
            self._wrong(name, "a whole number", value)
        if abs(number) >= 1 << 63:
            self._wrong(name, "a whole number of 64 bits", value)
        return int(number)

    def number_or_none(self, name: str) -> float | None:
        """Return a number, None if it is absent."""
        value = self._members.get(name.casefold())
        return None if value is None else float(self._number(name, value))

    def fields(self, name: str) -> Fields:
        """Return an object; an absent one is empty."""
        value = self._members.get(name.casefold(), {})
        if not isinstance(value, dict):
            self._wrong(name, "an object", value)
        return Fields(value, f"{self._where}.{name}")

    def sequence(self, name: str) -> list[Any]:
        """Return a list; an absent one is empty."""
        value = self._members.get(name.casefold(), [])
        return value if isinstance(value, list) else self._wrong(name, "a list", value)

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects."""
        found = self.sequence(name)
        if not all(isinstance(item, dict) for item in found):
            self._wrong(name, "a list of objects", found)
        return [Fields(item, f"{self._where}.{name}[{at}]") for at, item in enumerate(found)]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self.sequence(name)
        if not all(isinstance(item, str) for item in found):
            self._wrong(name, "a list of texts", found)
        return tuple(whole(item) for item in found)

    def table(self, name: str) -> dict[str, str]:
        """Return an object whose values are texts, names as they are written."""
        value = self._members.get(name.casefold(), {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self._wrong(name, "an object of texts", value)
        return {whole(key): whole(item) for key, item in value.items()}

    def _number(self, name: str, value: Any) -> float | int:
        if isinstance(value, str) and value.strip().removeprefix("-").isdecimal() and len(value) < _SHOWN:
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(name, "a number", value)
        if isinstance(value, float) and not math.isfinite(value):
            self._wrong(name, "a number", value)
        return value

    def _wrong(self, name: str, wanted: str, value: Any) -> NoReturn:
        raise WireError("wrong_type", f"{self._where}.{name} is {ascii(value)[:_SHOWN]}, not {wanted}")


def parse_object(text: str, where: str) -> Fields:
    """Parse JSON that must be an object; an empty text is an empty one. Raises `WireError`."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise WireError("not_json", f"{where}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise WireError("wrong_type", f"{where} is {ascii(value)[:_SHOWN]}, not an object")
    return Fields(value, where)


def whole(text: str) -> str:
    """Return a text without halves of surrogate pairs, which JSON lets through and nothing else takes."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def dump(value: Any) -> str:
    """Return a value as the JSON that travels."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
