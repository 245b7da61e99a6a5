"""A file of settings, and those of a daemon that needs nothing installed."""

from __future__ import annotations

from pathlib import Path

#: An engine that needs nothing installed.
SCRIPTED = {"DRAGOMAN_ENGINE__ORDER": "scripted"}


def written(directory: Path, text: str) -> Path:
    """Write a file of settings and return it."""
    file = directory / "dragoman.toml"
    file.write_text(text, encoding="utf-8")
    return file


def with_state(directory: Path) -> dict[str, str]:
    """Return the environment of a daemon that keeps what it is told in a folder."""
    return {**SCRIPTED, "STATE_DIRECTORY": str(directory)}
