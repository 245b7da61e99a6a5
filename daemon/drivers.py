"""Finds drivers by name: a module in a package, imported only when it is wanted."""

from __future__ import annotations

import difflib
import pkgutil
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

#: Modules of driver packages that are no drivers.
_SHARED = frozenset(
    {"base", "child", "codec", "memory", "on_device", "open_work", "process", "script", "spawn", "speech_service"}
)


class DriverMissing(Exception):
    """A driver, its library, its model or its language is not installed. The text says what to install."""


def names(package: ModuleType) -> list[str]:
    """Return the names of the drivers in a package, sorted, without importing them."""
    found = (module.name for module in pkgutil.iter_modules(package.__path__))
    return sorted(name for name in found if name not in _SHARED and not name.startswith("_"))


def load(package: ModuleType, name: str) -> Any:
    """Import the driver's module. Raises `DriverMissing` with the nearest name, or with what its import lacks."""
    if name not in names(package):
        raise DriverMissing(f"no {package.__name__} driver {name!r}{nearest(name, names(package))}")
    try:
        return import_module(f"{package.__name__}.{name}")
    except ImportError as error:
        raise DriverMissing(f"{package.__name__}.{name} needs {error.name or error}: install it") from error


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return what to add to a message about an unknown name: the nearest known one, and all of them if they are few."""
    choices = sorted(known)
    close = difflib.get_close_matches(wrong, choices, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    few = 12
    return hint + (f" (known: {', '.join(choices)})" if choices and len(choices) <= few else "")
