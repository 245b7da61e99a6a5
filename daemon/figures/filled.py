"""What a pattern's ``<slot>`` gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from daemon.figures.cardinals import Reader

Values = Mapping[str, str]


class Filled(NamedTuple):
    """What a slot gives, and where the words go on."""

    values: dict[str, str]
    end: int


Slot = Callable[[Reader, int, Values], Filled | None]
