"""The rungs of the ladder: how each engine is, and which one is the best to use now."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from daemon.engines.base import Cure, Engine, EngineFailure, EngineReady, Task
from daemon.language_tags import base

#: A rung that fails so often within so long is left alone for as long again (unless there is no other).
_FAILURES = 3
REST_S = 60.0


@dataclass(slots=True, eq=False)
class Rung:
    """One engine and how it is."""

    engine: Engine
    #: 0 is the best.
    place: int
    ready: EngineReady | None = None
    ready_since: float = 0.0
    opened: bool = False
    #: A person must do something before it can be used.
    hopeless: bool = False
    resting_until: float = 0.0
    failures: deque[float] = field(default_factory=lambda: deque(maxlen=_FAILURES))

    @property
    def name(self) -> str:
        """The engine's name."""
        return self.engine.name

    def is_ready(self, event: EngineReady, now: float) -> None:
        """Take note that it takes utterances."""
        self.ready, self.ready_since, self.hopeless = event, now, False

    def failed(self, event: EngineFailure, now: float) -> None:
        """Take note that it does not; failing again and again, it rests."""
        self.hopeless = event.cure is Cure.CONFIGURE
        if self.ready is None:  # what else it says while it is away is about the same failure
            return
        self.ready = None
        self.failures.append(now)
        if len(self.failures) == _FAILURES and now - self.failures[0] < REST_S:
            self.rest(now)

    def rest(self, now: float) -> None:
        """Leave it alone for a while."""
        self.resting_until = now + REST_S


@dataclass(frozen=True, slots=True)
class Budgets:
    """How long a rung may take before the next is asked, seconds; None: as long as it likes."""

    #: From the begin of an utterance to its first hypothesis.
    first_result_s: float | None = None
    #: From the end of its sound to its final.
    final_s: float | None = None


@dataclass(slots=True)
class OnRung:
    """An utterance without its final; times as the ladder's clock has them, seconds."""

    rung: Rung
    began: float
    finished: float | None = None
    #: Whether there was a hypothesis.
    answered: bool = False

    def late(self, now: float, budgets: Budgets) -> str:
        """Return the code of what the rung is late with; empty: nothing."""
        if self.finished is not None and budgets.final_s is not None and now - self.finished > budgets.final_s:
            return "final_late"
        if not self.answered and budgets.first_result_s is not None and now - self.began > budgets.first_result_s:
            return "first_result_late"
        return ""


class Rungs(list[Rung]):
    """All of them, the best first."""

    def __init__(self, engines: Sequence[Engine], clock: Callable[[], float]) -> None:
        super().__init__(Rung(engine, place) for place, engine in enumerate(engines))
        self._clock = clock

    def best(self, able: Callable[[EngineReady], bool] = lambda _ready: True, below: int = -1) -> Rung | None:
        """Return the best one that is ready, able and not resting; a resting one where there is no other.

        `below`: only those after that place.
        """
        able_rungs = [rung for rung in self if rung.place > below and rung.ready is not None and able(rung.ready)]
        rested = [rung for rung in able_rungs if rung.resting_until <= self._clock()]
        return next(iter(rested or able_rungs), None)

    def next_unopened(self) -> Rung | None:
        """Return the best one that has not been opened."""
        return next((rung for rung in self if not rung.opened), None)

    def for_text(self, task: Task) -> Rung | None:
        """Return the best that translates typed text into every target; else that takes text at all; else any."""
        return self.best(translates(task)) or self.best(lambda ready: ready.translates_text) or self.best()

    @property
    def served(self) -> EngineReady | None:
        """What those that are ready can do together; None while none is."""
        ready = [rung.ready for rung in self if rung.ready is not None]
        if not ready:
            return None
        recognizes = dict.fromkeys(lang for each in ready for lang in each.recognizes)
        pairs = dict.fromkeys(pair for each in ready for pair in each.pairs)
        return replace(ready[0], recognizes=tuple(recognizes), pairs=tuple(pairs))

    def coming(self, below: int) -> Rung | None:
        """Return the best one after that place that is not ready, but may be by itself once it is open."""
        return next((rung for rung in self if rung.place > below and rung.ready is None and not rung.hopeless), None)

    @property
    def hopeless(self) -> bool:
        """Whether none will get ready by itself."""
        return all(rung.hopeless for rung in self)


def translates(task: Task) -> Callable[[EngineReady], bool]:
    """Return whether an engine translates typed text into every target of a task, as a question to `Rungs.best`."""

    def able(ready: EngineReady) -> bool:
        if not ready.translates_text:
            return False
        served = {base(pair.target) for pair in ready.pairs if base(pair.source) == base(task.source)}
        return all(base(target) in served for target in task.targets)

    return able


def speaks(lang: str) -> Callable[[EngineReady], bool]:
    """Return whether an engine speaks a language, as a question to `Rungs.best`."""
    return lambda ready: base(lang) in map(base, ready.speaks)
