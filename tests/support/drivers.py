"""Which drivers there are: whatever in `hw` can do what a protocol of `hw.api` asks for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import hw


def drivers(protocol: Any) -> set[type]:
    """Return the classes of `hw` whose methods take what the protocol's take."""
    wanted = _methods(protocol)
    return {kind for kind in _classes() if kind is not protocol and wanted.items() <= _methods(kind).items()}


def _classes() -> Iterator[type]:
    for module in pkgutil.walk_packages(hw.__path__, "hw."):
        for _name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name:
                yield kind


def _methods(kind: type) -> dict[str, tuple[str, ...]]:
    """Return the public methods, each with the names of what it takes."""
    methods = inspect.getmembers(kind, inspect.isfunction)
    return {name: tuple(inspect.signature(method).parameters) for name, method in methods if not name.startswith("_")}
