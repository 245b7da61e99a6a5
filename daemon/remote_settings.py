"""The file that keeps what was set over MQTT, in the state directory, and its last good predecessor beside it.

The file itself says whether its settings are on trial (`daemon.probation`): then the one beside it holds what was in
force before, however many changes the trial has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from daemon.files import replace

NAME = "settings.json"
LAST_GOOD = "settings.last.json"
_VERSION = 1


class Trial(StrEnum):
    """Whether a change may still be taken back."""

    NONE = ""
    #: It is, and the daemon runs: one that finds this at its start knows that the run before it crashed.
    RUNNING = "running"
    #: It is, and the daemon was stopped cleanly: its trial begins again at the next start.
    STOPPED = "stopped"


class _Content(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    v: int
    rev: int
    values: dict[str, Any]
    trial: Trial = Trial.NONE


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept."""

    rev: int = 0
    #: Dotted key → value as JSON has it.
    values: Mapping[str, Any] = field(default_factory=dict)
    #: What could not be read.
    problems: tuple[str, ...] = ()
    trial: Trial = Trial.NONE


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
        return Stored(content.rev, content.values, tuple(problems), content.trial)
    return Stored(problems=tuple(problems))


def last_good(directory: Path) -> Mapping[str, Any]:
    """Return the values before the change that is on trial; empty if nothing had been set, or it cannot be read."""
    try:
        return _decode((directory / LAST_GOOD).read_bytes()).values
    except (OSError, ValueError):
        return {}


def write(directory: Path, rev: int, values: Mapping[str, Any], trial: Trial = Trial.NONE) -> None:
    """Keep the remote settings; what was there stays beside them if it was good. Raises `OSError`."""
    path = directory / NAME
    try:
        old = path.read_bytes()
        good = _decode(old).trial is Trial.NONE
    except FileNotFoundError:
        old, good = _encode(0, {}), trial is not Trial.NONE and not (directory / LAST_GOOD).exists()
    except ValueError:
        good = False  # nothing to keep
    if good:
        replace(directory / LAST_GOOD, old)
    replace(path, _encode(rev, values, trial))


def mark(directory: Path, trial: Trial) -> None:
    """Say of the settings that are kept whether they are on trial. Raises `OSError`, `ValueError`."""
    content = _decode((directory / NAME).read_bytes())
    replace(directory / NAME, _encode(content.rev, content.values, trial))


def _encode(rev: int, values: Mapping[str, Any], trial: Trial = Trial.NONE) -> bytes:
    return msgspec.json.format(msgspec.json.encode(_Content(_VERSION, rev, dict(values), trial))) + b"\n"


def _decode(data: bytes) -> _Content:
    """Return what a file holds. Raises `ValueError`, of which msgspec's errors are kinds."""
    content = msgspec.json.decode(data, type=_Content)
    if content.v != _VERSION:
        raise ValueError(f"version {content.v} is not {_VERSION}")
    return content
