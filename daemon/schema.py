"""The schema of the settings: every key, its type, its limits, its meaning.

It is collected from `daemon.settings` and from the drivers, whose modules declare a dataclass `SETTINGS`; that
declaration is what makes a module a driver. Values are judged by it here; `daemon.schema_documents` publishes it.
"""

from __future__ import annotations

import difflib
import math
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import ModuleType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec

import daemon.engines
import daemon.gate.confirmers
import daemon.recognizers
import daemon.synthesizers
import daemon.translators
import hw.displays
from daemon import drivers
from daemon.settings import SECTIONS
from hw.options import OPTION, Option

#: First part of a driver section's name → the package whose modules are the second.
FAMILIES: dict[str, ModuleType] = {
    "engine": daemon.engines,
    "recognizer": daemon.recognizers,
    "translator": daemon.translators,
    "synthesizer": daemon.synthesizers,
    "display": hw.displays,
    "confirmer": daemon.gate.confirmers,
}
#: Nobody on the network changes these, whatever a driver declares.
_NEVER_REMOTE = frozenset({"privacy", "engine", "gateway", "mqtt"})
#: Longest text of a setting, code points.
MAX_TEXT = 1_000
#: What stands where a secret would.
MASK = "********"


class Rejected(Exception):
    """A value is not what its key allows. `code` is for programs; the text says what was found and what is allowed.

    `item` is the one that is wrong where the value is a list.
    """

    def __init__(self, code: str, text: str, item: Any = None) -> None:
        super().__init__(text)
        self.code, self.item = code, item


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the settings."""

    #: Dotted: ``speaker.volume``, ``engine.device.recognizer``.
    path: str
    #: ``str``, ``int``, ``float``, ``bool`` or a tuple of one of these.
    hint: Any
    default: Any
    option: Option

    @property
    def section(self) -> str:
        """The path without the key's own name."""
        return self.path.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def remote(self) -> bool:
        """Whether it may be set over MQTT."""
        return self.option.remote and self.path.partition(".")[0] not in _NEVER_REMOTE

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        return get_origin(self.hint) is tuple

    @property
    def item(self) -> Any:
        """Type of the value, or of each value of a list."""
        return get_args(self.hint)[0] if self.many else self.hint

    def typed(self, end: str) -> Any:
        """Return the type with its constraints, as msgspec takes it. `end` is how a pattern says "end of text"."""
        item: Any = self._typed_item(end)
        return tuple[item, ...] if self.many else item

    def _typed_item(self, end: str = r"\Z") -> Any:
        return _constrained(self.item, self.option, end)

    def convert(self, value: Any) -> Any:
        """Return a value from TOML or JSON as the key's type. Raises `Rejected`."""
        return self._convert(value, strict=True)

    def from_text(self, text: str) -> Any:
        """Return what a person or an environment variable wrote. Lists: with commas, or as TOML. Raises `Rejected`."""
        return self._convert(self._split(text) if self.many else text, strict=False)

    def shown(self, value: Any) -> str:
        """Return a value as TOML writes it, masked where it is secret."""
        return MASK if self.option.secret and value else literal(value)

    @property
    def allowed(self) -> str:
        """What a person may write there."""
        words = f"{_ITEM_WORDS[self.item]} {self.range_words}".rstrip()
        if self.option.choices:
            words = "one of " + ", ".join(literal(choice) for choice in self.option.choices)
        elif self.option.pattern is not None:
            words = self.option.words or f"text as explained: {self.option.doc.removesuffix('.')}"
        return f"a list, each {words}" if self.many else words

    @property
    def range_words(self) -> str:
        """The limits of a number, empty without any."""
        low, high = self.option.minimum, self.option.maximum
        if low is None:
            return "" if high is None else f"up to {high}"
        return f"from {low} on" if high is None else f"from {low} to {high}"

    def _split(self, text: str) -> Any:
        if not text.lstrip().startswith("["):
            return [part.strip() for part in text.split(",") if part.strip()]
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (tomllib.TOMLDecodeError, RecursionError):  # the latter: thousands of brackets
            raise self._rejection("wrong_type", text, whole=True) from None

    def _convert(self, value: Any, *, strict: bool) -> Any:
        if not self.many:
            return self._convert_item(value, strict=strict)
        if not isinstance(value, list | tuple):
            raise self._rejection("wrong_type", value, whole=True)
        return tuple(self._convert_item(item, strict=strict) for item in value)

    def _convert_item(self, value: Any, *, strict: bool) -> Any:
        try:
            plain = msgspec.convert(value, self.item, strict=strict)
        except (msgspec.ValidationError, UnicodeEncodeError):  # the latter: bytes of the environment that are no UTF-8
            raise self._rejection("wrong_type", value) from None
        self._check_item(plain)
        try:
            return msgspec.convert(plain, self._typed_item())
        except msgspec.ValidationError:
            code = "out_of_range" if self.item in (int, float) else "not_allowed"
            raise self._rejection(code, value) from None

    def _check_item(self, item: Any) -> None:
        """Refuse what no key wants: NaN and infinity, control characters, texts without end."""
        if isinstance(item, float) and not math.isfinite(item):
            raise self._rejection("out_of_range", item)
        if isinstance(item, str) and any(unicodedata.category(char) in ("Cc", "Cs") for char in item):
            raise self._rejection("not_allowed", item, "; control characters are not")
        if isinstance(item, str) and len(item) > MAX_TEXT:
            raise self._rejection("not_allowed", item[:20] + "…", f"; at most {MAX_TEXT} characters")

    def _rejection(self, code: str, value: Any, hint: str = "", *, whole: bool = False) -> Rejected:
        """Return the refusal of a value, or of one in a list where `whole` is not said."""
        if self.option.choices and isinstance(value, str):
            close = difflib.get_close_matches(value, self.option.choices, n=1)
            hint += f"; did you mean {close[0]!r}?" if close else ""
        of_many = self.many and not whole
        text = f"{self.path} {'has' if of_many else 'is'} {self.shown(value)}; allowed: {self.allowed}{hint}"
        return Rejected(code, text, value if of_many else None)


@dataclass(frozen=True, slots=True)
class Schema:
    """Every section and every key, in the order of the settings file."""

    sections: Mapping[str, type]
    keys: Mapping[str, Key]

    def drivers(self, family: str) -> list[str]:
        """Return the names of the drivers of one family, for example of ``display``."""
        return [name.partition(".")[2] for name in self.sections if name.startswith(f"{family}.")]

    def of_section(self, section: str) -> list[Key]:
        """Return the keys of one section, without those of the sections in it."""
        return [key for key in self.keys.values() if key.section == section]

    def is_section(self, path: str) -> bool:
        """Tell whether it is a section, or holds sections only."""
        return path in self.sections or path in FAMILIES

    def unknown(self, path: str) -> str:
        """Return what to say about a path that is no key: the nearest that is."""
        if self.is_section(path):
            below = [name.removeprefix(f"{path}.") for name in self.sections if name.startswith(f"{path}.")]
            return (
                f"{path} is a section: its keys are {', '.join([key.name for key in self.of_section(path)] or below)}"
            )
        if close := self._nearest(path):
            return f"unknown key {path}; did you mean {close[0]}?"
        section = path.rpartition(".")[0]
        known = [key.name for key in self.of_section(section)] or [name for name in self.sections if "." not in name]
        return f"unknown key {path}; known{f' in {section}' if section in self.sections else ''}: {', '.join(known)}"

    def _nearest(self, path: str) -> list[str]:
        """Return the key or section that is meant, if any is near; never one that the path lies in.

        The same name elsewhere comes first: a header that lacks is likelier than a name that is another's by chance.
        """
        section, _, name = path.rpartition(".")
        if same_name := [key.path for key in self.keys.values() if key.name == name]:
            return difflib.get_close_matches(path, same_name, n=1, cutoff=0)
        everything = [*self.keys, *self.sections]
        beside = {known.rpartition(".")[2]: known for known in everything if known.rpartition(".")[0] == section}
        if beside:
            return [beside[close] for close in difflib.get_close_matches(name, beside, n=1)]
        around = [path[:at] for at, char in enumerate(path) if char == "."]
        return difflib.get_close_matches(path, [known for known in everything if known not in around], n=1, cutoff=0.7)


@cache
def collect() -> Schema:
    """Gather the daemon's own sections and those of all drivers: once, for a process has the same all its life."""
    sections: dict[str, type] = {}
    for name, section in SECTIONS.items():
        sections[name] = section
        sections.update(_drivers_of(name))
    for family in FAMILIES:
        if family not in SECTIONS:
            sections.update(_drivers_of(family))
    keys = {key.path: key for name, section in sections.items() for key in _keys(name, section)}
    return Schema(sections, keys)


def _drivers_of(family: str) -> Iterator[tuple[str, type]]:
    package = FAMILIES.get(family)
    if package is None:
        return
    for name in drivers.names(package):
        settings = getattr(drivers.load(package, name), "SETTINGS", None)
        if settings is not None:
            yield f"{family}.{name}", settings


def _keys(section: str, settings: type) -> Iterator[Key]:
    hints = get_type_hints(settings)
    for one in fields(settings):
        yield Key(f"{section}.{one.name}", hints[one.name], one.default, one.metadata[OPTION])


def _constrained(item: type, known: Option, end: str) -> Any:
    if known.choices:
        return Literal[known.choices]
    limits: dict[str, Any] = {}
    if known.minimum is not None:
        limits["ge"] = item(known.minimum)
    if known.maximum is not None:
        limits["le"] = item(known.maximum)
    if known.pattern is not None:
        limits["pattern"] = f"^(?:{known.pattern}){end}"
    if item is str:
        limits["max_length"] = MAX_TEXT
    return Annotated[item, msgspec.Meta(**limits)] if limits else item


_ITEM_WORDS: dict[type, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def literal(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, str):
        # JSON's escapes are TOML's too, but for these two
        return msgspec.json.encode(value).decode().replace("\x7f", "\\u007F") if _encodable(value) else ascii(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    return "a section" if isinstance(value, Mapping) else str(value)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
