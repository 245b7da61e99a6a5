"""The settings as the service has them, for a person beside it."""

from __future__ import annotations

import os
from pathlib import Path

from daemon.config import Settings, load
from daemon.files import UNIT_STATE


def load_as_service(file: Path | None) -> Settings:
    """Return the settings. Raises `ConfigError`.

    Those that were set over MQTT are kept in the state directory, of which systemd tells the service alone. They hold
    over the service's own file, not over another that is named.
    """
    where = {} if file is not None else {"STATE_DIRECTORY": str(UNIT_STATE)}
    return load(file, environment={**where, **os.environ})
