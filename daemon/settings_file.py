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

from daemon.config import ConfigError, SettingError, check_text
from daemon.files import replace
from daemon.schema import Key, literal

_CRLF = "\r\n"
#: Of a file that root makes and the daemon's user is to read, as `scripts/install` has it. No secrets are in it.
_NEW_MODE = 0o644


def change(file: Path, key: Key, value: Any) -> None:
    """Set a key in a file, made if it is not there. Raises `ConfigError` with nothing changed, or `OSError`."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        content = b""
    changed = changed_text(_text(content, file), file, key, value)
    file.parent.mkdir(exist_ok=True)
    replace(file, _as_before(changed, content), _NEW_MODE)


def unset(file: Path, key: Key) -> None:
    """Take a key out of a file; what lies below it holds again. Raises as `change`."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return
    text = _text(content, file)
    if (without := text_without(text, file, key)) != text:
        replace(file, _as_before(without, content))


def _text(content: bytes, file: Path) -> str:
    """Return a file's text, with plain line ends and without the mark that editors on Windows put in front of UTF-8."""
    try:
        return content.removeprefix(BOM_UTF8).decode().replace(_CRLF, "\n")
    except UnicodeDecodeError as error:
        raise ConfigError([SettingError("", "syntax", f"{file}: not UTF-8 text at byte {error.start}")]) from None


def _as_before(text: str, content: bytes) -> bytes:
    """Return a changed text with the line ends, and behind the mark, that the file had."""
    mark = BOM_UTF8 if content.startswith(BOM_UTF8) else b""
    return mark + (text.replace("\n", _CRLF) if _CRLF.encode() in content else text).encode()


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
