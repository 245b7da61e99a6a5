"""How a module of ours is run by a Python of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import daemon


def command(module: str) -> list[str]:
    """Return the command that runs a module, whatever happens to lie in the current directory."""
    return [sys.executable, "-P", "-m", module]


def environment() -> dict[str, str]:
    """Return our environment, with the place that this very package came from."""
    root = str(Path(daemon.__file__).parent.parent)
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return os.environ | {"PYTHONPATH": path}
