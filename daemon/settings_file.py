"""Changing one key of a settings file, with everything else in it, comments too, left as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from daemon.config import ConfigError, SettingError, check_text
from daemon.files import replace
from daemon.schema import Key, literal


def change(file: Path, key: Key, value: Any) -> None:
    """Set a key in a file, made if it is not there. Raises `ConfigError` with nothing changed, or `OSError`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError as error:
        raise ConfigError([SettingError("", "syntax", f"{file}: not UTF-8 text at byte {error.start}")]) from None
    changed = changed_text(text, file, key, value)
    file.parent.mkdir(exist_ok=True)
    replace(file, changed.encode())


def unset(file: Path, key: Key) -> None:
    """Take a key out of a file; what lies below it holds again. Raises as `change`."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ConfigError([SettingError("", "syntax", f"{file}: not UTF-8 text at byte {error.start}")]) from None
    if (without := text_without(text, file, key)) != text:
        replace(file, without.encode())


def text_without(text: str, file: Path, key: Key) -> str:
    """Return the file's text without the key. Raises `ConfigError` if the file is wrong, before or after."""
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
        without = tomlkit.dumps(document)
    except (TOMLKitError, TypeError) as error:
        text = f"{file}: {key.path} cannot be taken out of this file: {error}"
        raise ConfigError([SettingError(key.path, "conflict", text)]) from None
    errors = check_text(without, file)
    if errors:
        raise ConfigError(errors)
    return without


def changed_text(text: str, file: Path, key: Key, value: Any) -> str:
    """Return the file's text with the key set. Raises `ConfigError` if the file is wrong, before or after."""
    try:
        old = tomllib.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(check_text(text, file)) from None
    beside = None if _lookup(old, key.path) is not None else _beside_comment(text, key, value)
    changed = _by_document(text, file, key, value) if beside is None else beside
    errors = check_text(changed, file)
    if errors:
        raise ConfigError(errors)
    return changed


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
    lines = text.splitlines()
    section = ""
    for number, line in enumerate(lines):
        if match := header.fullmatch(line):
            section = match[1].strip()
        elif section == key.section and commented.fullmatch(line):
            lines.insert(number + 1, f"{key.name} = {literal(value)}")
            return "\n".join(lines) + "\n"
    return None


def _lookup(tree: Mapping[str, Any], path: str) -> Any:
    for part in path.split("."):
        if not isinstance(tree, Mapping) or part not in tree:
            return None
        tree = tree[part]
    return tree
