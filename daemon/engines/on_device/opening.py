"""Opens what a task needs to be heard: one recognizer, or that of each side of a conversation.

And says what is to be mended of what was opened, although it works.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from daemon.drivers import DriverMissing
from daemon.engines.base import EngineWarning, Task
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.stages import Stages
from daemon.language_tags import base
from daemon.recognizers.base import Recognizer

_LOG = logging.getLogger(__name__)


class Opened(NamedTuple):
    """What a task is heard by."""

    recognizer: Recognizer
    #: Sides of a conversation that are left out → why: no model, or one that cannot be loaded.
    unheard: dict[str, str]
    #: What a person should mend although there is a recognizer.
    faults: tuple[str, ...]


class Mending:
    """Warns of what a person should mend of parts of one kind that work: when it changes, and when it is over.

    What is found first is said in any case: an engine's process that this one replaces may have said something else.
    """

    def __init__(self, engine: str, code: str, say: Callable[[EngineWarning], None]) -> None:
        self._engine = engine
        self._code = code
        self._say = say
        self._said: str | None = None

    def tell(self, faults: Iterable[str]) -> None:
        """Take all that is to be mended now. By one thread at a time."""
        text = "; ".join(sorted(set(faults)))
        if text != self._said:
            self._said = text
            self._say(EngineWarning(self._engine, self._code, text))


def recognizer(stages: Stages, task: Task) -> Opened:
    """Open it. Raises `DriverMissing` if nothing can be heard."""
    if not task.conversation:
        opened = stages.recognizer(task.source, task.phrases, task.targets)
        return Opened(opened, {}, _faults(opened))
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
    faults = (fault for side in sides.values() for fault in _faults(side))
    return Opened(BothSides(sides), unheard, tuple(faults))


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


def _faults(opened: Recognizer) -> tuple[str, ...]:
    return tuple(getattr(opened, "faults", ()))  # few recognizers have any to tell
