"""The settings as the service has them, for a person beside it."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.config import Settings, load
from daemon.files import UNIT_STATE, state_directory


def load_as_service(file: Path | None) -> Settings:
    """Return the settings. Raises `ConfigError`."""
    return load(file, environment=_environment(file))


def state_as_service(file: Path | None) -> Path | None:
    """Return where what was set over MQTT is kept, if it holds over that file."""
    return state_directory(_environment(file))


def _environment(file: Path | None) -> dict[str, str]:
    """Return the service's environment.

    What was set over MQTT is kept in the state directory, of which systemd tells the service alone. It holds over the
    service's own file, not over another that is named.
    """
    where = {} if file is not None else {"STATE_DIRECTORY": str(UNIT_STATE)}
    return {**where, **os.environ}
