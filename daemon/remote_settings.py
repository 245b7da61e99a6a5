"""The file that keeps what was set over MQTT, in the state directory, and its last good predecessor beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from daemon.files import replace

NAME = "settings.json"
LAST_GOOD = "settings.last.json"
_VERSION = 1


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    v: int
    rev: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept."""

    rev: int = 0
    #: Dotted key → value as JSON has it.
    values: Mapping[str, Any] = field(default_factory=dict)
    #: What could not be read.
    problems: tuple[str, ...] = ()


def read(directory: Path | None) -> Stored:
    """Return what was kept, or the last good file where the newest is damaged. Never fails: see `Stored.problems`."""
    if directory is None:
        return Stored()
    problems: list[str] = []
    for name in (NAME, LAST_GOOD):
        path = directory / name
        try:
            content = _decode(path.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            problems.append(f"{path}: cannot be read and is left out: {error}")
            continue
        return Stored(content.rev, content.values, tuple(problems))
    return Stored(problems=tuple(problems))


def write(directory: Path, rev: int, values: Mapping[str, Any]) -> None:
    """Keep the remote settings; what was there stays beside them if it was good. Raises `OSError`."""
    path = directory / NAME
    try:
        old = path.read_bytes()
        _decode(old)
    except (FileNotFoundError, ValueError):
        pass  # nothing good to keep
    else:
        replace(directory / LAST_GOOD, old)
    replace(path, msgspec.json.format(msgspec.json.encode(_Content(_VERSION, rev, dict(values)))) + b"\n")


def _decode(data: bytes) -> _Content:
    """Return what a file holds. Raises `ValueError`, of which msgspec's errors are kinds."""
    content = msgspec.json.decode(data, type=_Content)
    if content.v != _VERSION:
        raise ValueError(f"version {content.v} is not {_VERSION}")
    return content
