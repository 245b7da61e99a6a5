"""Opens what a task needs to be heard: one recognizer, or that of each side of a conversation."""

from __future__ import annotations

import logging

from daemon.drivers import DriverMissing
from daemon.engines.base import Task
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.stages import Stages
from daemon.language_tags import base
from daemon.recognizers.base import Recognizer

_LOG = logging.getLogger(__name__)


def recognizer(stages: Stages, task: Task) -> Recognizer:
    """Open it. A side of a conversation that cannot be heard is left out. Raises `DriverMissing` if all are."""
    if not task.conversation:
        return stages.recognizer(task.source, task.phrases, task.targets)
    missing: list[DriverMissing] = []
    sides: dict[str, Recognizer] = {}
    for way in task.ways:
        try:
            sides[way.source] = stages.recognizer(way.source, task.phrases, way.targets)
        except DriverMissing as error:
            missing.append(error)
    if not sides:
        raise missing[0]
    for fault in missing:
        _LOG.warning("one side of the conversation is not heard: %s", fault)
    preferred = next((side for side in sides if base(side) == base(task.source)), next(iter(sides)))
    return BothSides(sides, preferred)


def unheard(stages: Stages, task: Task) -> dict[str, str]:
    """Return which sides of a conversation no recognizer is installed for, and what to do. Raises `DriverMissing`."""
    known = stages.recognizes() if task.conversation else ()
    advice = f"is not recognized here, only {', '.join(known)}: engine.device.recognizer needs a model of it"
    sides = (side for side in task.conversation if base(side) not in map(base, known))
    return {side: f"{side} {advice}" for side in sides}
