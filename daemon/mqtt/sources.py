"""What the publisher is given besides results: who tells it what, and how often it speaks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from daemon.config import Settings
from daemon.mqtt.control import Answer
from daemon.mqtt.desk import Carrier


@dataclass(frozen=True, slots=True)
class About:
    """What the device is, for ``info`` and for Home Assistant."""

    version: str
    #: Engine → pairs of source and target language that it serves.
    engines: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    #: How the last run ended; None: cleanly, or there was none.
    last_exit: str | None = None
    #: Languages that are recognized.
    recognizes: tuple[str, ...] = ()
    #: Whether ``metrics`` has a temperature.
    thermometer: bool = False


def _soon() -> float:
    return random.uniform(1.0, 10.0)  # noqa: S311 -- so that not all devices answer at once


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two messages of a kind."""

    interim_s: float = 0.25
    metrics_s: float = 60.0
    #: How soon ``state`` follows when only `final_seq` has changed.
    final_seq_s: float = 1.0
    #: How often a disk that could not be written is tried again.
    recover_s: float = 60.0
    #: How long after Home Assistant's start the device announces itself again: a new random time for each.
    announce_s: Callable[[], float] = _soon
    #: How long Home Assistant may take to read the card.
    settle_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the publisher gets what nobody tells it."""

    #: Figures for ``metrics``.
    metrics: Callable[[], dict[str, Any]]
    about: Callable[[], About]
    #: The settings in force.
    settings: Callable[[], Settings]
    #: Keys whose values hold from the next start only.
    restart_required: Callable[[], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who carries out requests, and what brings the answer back into the publisher's thread."""

    carrier: Carrier
    answer: Callable[[Answer], None]
