"""Changing one key of a settings file, with everything else in it, comments too, left as it is."""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from daemon.changes import with_speech
from daemon.config import ConfigError, SettingError, check_text, of_text
from daemon.files import replace
from daemon.layers import BUILT_IN
from daemon.schema import Key, collect, literal
from daemon.toml_lines import why_not_utf8

_CRLF = "\r\n"
#: Of a file that root makes and the daemon's user is to read, as `scripts/install` has it. No secrets are in it.
_NEW_MODE = 0o644


def change(file: Path, key: Key, value: Any) -> dict[str, Any]:
    """Set a key in a file, made if it is not there; return the dotted keys that follow it, with what they are now.

    Raises `ConfigError` with nothing changed, or `OSError`.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        content = b""
    text = _text(content, file)
    following = _following(text, file, key, value)
    changed = _judged(_with(text, file, {key.path: value, **following}), file)
    file.parent.mkdir(exist_ok=True)
    replace(file, _as_before(changed, content), _NEW_MODE)
    return following


def unset(file: Path, key: Key) -> dict[str, Any]:
    """Take a key out of a file, so that what lies below it holds again. Returns and raises as `change`."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return {}
    text = _text(content, file)
    if (without := _without(text, file, key)) == text:
        return {}
    following = _following(text, file, key, key.default)
    changed = _judged(_with(without, file, following), file)
    replace(file, _as_before(changed, content))
    return following


def _following(text: str, file: Path, key: Key, value: Any) -> dict[str, Any]:
    """Return what else the file says that is to follow a key: the spoken language, as it does over MQTT."""
    try:
        before = of_text(text, file)
    except ConfigError:  # it may be this very key that is wrong; the result is judged
        return {}
    patch = with_speech(before, {key.path: value})
    return {path: new for path, new in patch.items() if path != key.path and before.origin(path) != BUILT_IN}


def _judged(text: str, file: Path) -> str:
    """Return the file's text if it is right. Raises `ConfigError`."""
    of_text(text, file)
    return text


def _text(content: bytes, file: Path) -> str:
    """Return a file's text, with plain line ends and without the mark that editors on Windows put in front of UTF-8."""
    try:
        return content.removeprefix(BOM_UTF8).decode().replace(_CRLF, "\n")
    except UnicodeDecodeError as error:
        raise ConfigError([SettingError("", "syntax", f"{file}{why_not_utf8(error)}")]) from None


def _as_before(text: str, content: bytes) -> bytes:
    """Return a changed text with the line ends, and behind the mark, that the file had."""
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    return mark + (text.replace("\n", _CRLF) if _CRLF.encode() in content else text).encode()


def _without(text: str, file: Path, key: Key) -> str:
    """Return the file's text without the key. Raises `ConfigError` if it cannot be read, or the key be taken out."""
    try:
        there = _lookup(tomllib.loads(text), key.path) is not None
        document = tomlkit.parse(text)
    except (ValueError, RecursionError):
        raise ConfigError(check_text(text, file)) from None
    if not there:
        return text
    try:
        table: Any = document
        for part in key.section.split("."):
            table = table[part]
        del table[key.name]
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError) as error:
        text = f"{file}: {key.path} cannot be taken out of this file: {error}"
        raise ConfigError([SettingError(key.path, "conflict", text)]) from None


def _with(text: str, file: Path, values: Mapping[str, Any]) -> str:
    """Return the file's text with these keys set. Raises `ConfigError` if it cannot be read, or a key be set."""
    for path, value in values.items():
        key = collect().keys[path]
        try:
            there = _lookup(tomllib.loads(text), path) is not None
        except (ValueError, RecursionError):
            raise ConfigError(check_text(text, file)) from None
        beside = None if there else _beside_comment(text, key, value)
        text = _by_document(text, file, key, value) if beside is None else beside
    return text


def _by_document(text: str, file: Path, key: Key, value: Any) -> str:
    try:
        document = tomlkit.parse(text)
        table: Any = document
        for part in key.section.split("."):
            if part not in table:
                table[part] = tomlkit.table()
            table = table[part]
        table[key.name] = list(value) if key.many else value
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError) as error:  # TypeError: a section's name is a value in this file
        text = f"{file}: {key.path} cannot be set in this file: {error}"
        raise ConfigError([SettingError(key.path, "conflict", text)]) from None


def _beside_comment(text: str, key: Key, value: Any) -> str | None:
    """Put the key below its own commented-out line in its section, as in the documented example; None without one."""
    header = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
    commented = re.compile(rf"\s*#\s*{re.escape(key.name)}\s*=.*")
    lines = text.split("\n")  # and at nothing else: a comment may hold what Python takes for the end of a line
    section = ""
    for number, line in enumerate(lines):
        if match := header.fullmatch(line):
            section = match[1].strip()
        elif section == key.section and commented.fullmatch(line):
            lines.insert(number + 1, f"{key.name} = {literal(value)}")
            return "\n".join(lines)
    return None


def _lookup(tree: Mapping[str, Any], path: str) -> Any:
    for part in path.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return None
        tree = tree[part]
    return tree
