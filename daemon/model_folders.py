"""Where models lie that no setting names. Whoever puts a folder into one of these places need not set anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from daemon.files import UNIT_STATE, state_directory

_MACHINE = Path("/usr/share/dragoman/models")


def places(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the folders of models, the preferred first; what ships with a driver comes after all of them."""
    named = [Path(each) for each in environment.get("DRAGOMAN_MODELS", "").split(os.pathsep) if each]
    return [*named, (state_directory(environment) or UNIT_STATE) / "models", _MACHINE]


def holding(pattern: str) -> list[Path]:
    """Return the models that are there, the preferred first: folders with a file like the pattern."""
    found = (file.parent for place in places() for file in sorted(place.glob(f"*/{pattern}")))
    return list(dict.fromkeys(found))
