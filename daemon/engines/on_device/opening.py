"""Opens what a task needs to be heard: one recognizer, or that of each side of a conversation."""

from __future__ import annotations

import logging
from collections.abc import Collection

from daemon.drivers import DriverMissing
from daemon.engines.base import Task
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.stages import Stages
from daemon.language_tags import base
from daemon.recognizers.base import Recognizer

_LOG = logging.getLogger(__name__)


def recognizer(stages: Stages, task: Task) -> tuple[Recognizer, dict[str, str]]:
    """Open it, and return which sides of a conversation are left out, and why: no model, or one that cannot be loaded.

    Raises `DriverMissing` if nothing can be heard.
    """
    if not task.conversation:
        return stages.recognizer(task.source, task.phrases, task.targets), {}
    unheard: dict[str, str] = {}
    sides: dict[str, Recognizer] = {}
    for way in task.ways:
        try:
            sides[way.source] = stages.recognizer(way.source, task.phrases, way.targets)
        except DriverMissing as error:
            unheard[way.source] = str(error)
    if not sides:
        raise DriverMissing("; ".join(unheard.values()))
    for side, why in unheard.items():
        _LOG.warning("%s is not heard in the conversation: %s", side, why)
    preferred = next((side for side in sides if base(side) == base(task.source)), next(iter(sides)))
    return BothSides(sides, preferred), unheard


def recognized(stages: Stages, task: Task, unheard: Collection[str]) -> tuple[str, ...]:
    """Return the languages that can be recognized, without those of sides that proved not to be.

    Raises `DriverMissing` where nothing can, if the task is one of speech.
    """
    try:
        installed = stages.recognizes()
    except DriverMissing:
        if task.source:
            raise
        return ()
    return tuple(lang for lang in installed if base(lang) not in map(base, unheard))
