"""Where settings come from: files, the environment, the command line, the network. Each source is one layer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.config_error import SettingError
from daemon.schema import Key, Rejected, Schema
from daemon.toml_lines import line_of_item, lines_of, why_not_toml, why_not_utf8

BUILT_IN = "built-in"
REMOTE = "remote"
COMMAND_LINE = "command line"
#: ``DRAGOMAN_SPEAKER__VOLUME``; names without ``__`` are other programs' or have other uses.
_VARIABLE = re.compile(r"DRAGOMAN_(\w+?__\w+)")


@dataclass(frozen=True, slots=True)
class Value:
    """A setting that somebody made."""

    value: Any
    #: ``built-in``, the file's path, the variable's name, ``remote`` or ``command line``.
    origin: str
    #: The same with the line, where there is one.
    place: str


#: Dotted key → what the layer says of it.
Layer = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Layers:
    """What the sources say, the lowest first."""

    #: Built-in, the file and the environment together.
    local: Layer
    remote: Layer
    above: Layer

    def merged(self) -> Layer:
        """Return what holds."""
        return {**self.local, **self.remote, **self.above}

    def without_remote(self) -> Layer:
        """Return what would hold if nothing had been set remotely."""
        return {**self.local, **self.above}


#: Converts what the source holds. Raises `Rejected`.
Convert = Callable[[Key, Any], Any]
#: Tells where a key stands, or, where it is a list, an item of it that is not None.
Place = Callable[[str, Any], str]


class Judge:
    """Turns what a source holds into a layer, and gathers everything that is wrong with it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.errors: list[SettingError] = []

    def built_in(self) -> Layer:
        """Return the defaults."""
        return {path: Value(key.default, BUILT_IN, BUILT_IN) for path, key in self.schema.keys.items()}

    def file(self, path: Path, *, needed: bool) -> Layer:
        """Read a TOML file; one that need not be there may be missing."""
        try:
            text = path.read_bytes().decode("utf-8-sig")
            return self.text(text, path)
        except FileNotFoundError:
            if needed:
                self.add("", "unreadable", f"{path}: no such file")
        except OSError as error:
            self.add("", "unreadable", f"{path}: cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self.add("", "syntax", f"{path}{why_not_utf8(error)}")
        return {}

    def text(self, text: str, path: Path) -> Layer:
        """Judge a file's text."""
        try:
            tree = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, and numbers without end
            self.add("", "syntax", f"{path}{why_not_toml(error, text, self.schema)}")
            return {}
        lines = lines_of(text)

        def place(key: str, item: Any) -> str:
            if key not in lines:
                return str(path)
            return f"{path}:{lines[key] if item is None else line_of_item(text, lines[key], item)}"

        return self._judge(self.flat(tree), Key.convert, lambda _: str(path), place)

    def environment(self, environment: Mapping[str, str]) -> Layer:
        """Judge the variables ``DRAGOMAN_SECTION__KEY``."""
        variables: dict[str, str] = {}
        for name in sorted(environment):
            match = _VARIABLE.fullmatch(name)
            if match:
                variables[match[1].lower().replace("__", ".")] = name
        values = {path: environment[name] for path, name in variables.items()}
        return self._judge(values, Key.from_text, variables.__getitem__, lambda path, _: variables[path])

    def given(self, values: Mapping[str, Any], origin: str) -> Layer:
        """Judge values that are no text any more, dotted or nested. None: no value in this layer."""
        flat = {path: value for path, value in self.flat(values).items() if value is not None}
        return self._judge(flat, Key.convert, lambda _: origin, lambda *_: origin)

    def flat(self, tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return a nested mapping with dotted keys. What is no section stays whole."""
        flat: dict[str, Any] = {}
        for name, value in tree.items():
            path = f"{prefix}{name}"
            if isinstance(value, Mapping) and self.schema.is_section(path):
                flat.update(self.flat(value, f"{path}."))
            else:
                flat[path] = value
        return flat

    def _judge(
        self,
        values: Mapping[str, Any],
        convert: Convert,
        origin: Callable[[str], str],
        place: Place,
    ) -> Layer:
        layer: dict[str, Value] = {}
        for path, value in values.items():
            try:
                layer[path] = Value(convert(self._key(path), value), origin(path), place(path, None))
            except Rejected as error:
                self.add(path, error.code, f"{place(path, error.item)}: {error}")
        return layer

    def _key(self, path: str) -> Key:
        """Return the key of that path. Raises `Rejected`."""
        if path in self.schema.keys:
            return self.schema.keys[path]
        if self.schema.is_section(path):
            raise Rejected("wrong_type", f"{path} is a section: write [{path}] and its keys below")
        raise Rejected("unknown_key", self.schema.unknown(path))

    def add(self, path: str, code: str, message: str) -> None:
        """Take note of an error."""
        self.errors.append(SettingError(path, code, message))
