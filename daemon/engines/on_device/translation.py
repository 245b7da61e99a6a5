"""The translation worker: takes texts one after the other and has each translated into all its targets at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from daemon.casing import stopped
from daemon.engines.base import Task
from daemon.engines.on_device.lane import Lane, OpenTranslator
from daemon.engines.on_device.progress import Progress
from daemon.engines.on_device.shown import shown
from daemon.events import Translation, TranslationError
from daemon.figures.carried import carry
from daemon.language_tags import base
from daemon.mailbox import Mailbox, Overflow
from daemon.phrases import phrases_of

#: Longest wait for all targets of one text. A translator has a shorter deadline of its own.
_ROUND_S = 10.0
#: A lane that nobody uses ends after this time, or at once when there are more than so many: each holds
#: dictionaries and processes.
_IDLE_S = 120.0
_MAX_LANES = 8
_SWEEP_S = 15.0
_CAPACITY = 256


@dataclass(frozen=True, slots=True)
class Round:
    """One text and who wants it."""

    text: str
    task: Task
    answer: Callable[[dict[str, Translation]], None]
    #: Whether nobody wants it any more.
    stale: Callable[[], bool] = lambda: False
    #: A newer one takes its place.
    interim: bool = False
    #: It is shown with a stop, which was kept from the translators: translations that lack one get it.
    stopped: bool = False


class TranslationWorker:
    """See the module. `submit` and `prepare` may be called by any thread."""

    def __init__(
        self,
        open_translator: OpenTranslator,
        progress: Progress,
        tell_faults: Callable[[Iterable[str]], None],
        *,
        figures: bool = False,
    ) -> None:
        """Take what is told, again and again, what to mend of the translators in use, although they translate."""
        self._open_translator = open_translator
        self._progress = progress
        self._tell_faults = tell_faults
        self._figures = figures
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._wanted = Task("", ())
        #: When that came to be wanted, by CLOCK_MONOTONIC.
        self._wanted_s = 0.0
        self._rounds: Mailbox[Round] = Mailbox(
            "translation", _CAPACITY, Overflow.REFUSE, lambda each: "interim" if each.interim else None
        )

    def submit(self, round_: Round) -> bool:
        """Have a text translated; False if too many wait."""
        return self._rounds.put(round_)

    def prepare(self, task: Task) -> None:
        """Have the lanes of a task opened before there is a text for them."""
        if task != self._wanted:
            self._wanted, self._wanted_s = task, time.monotonic()
            self._rounds.put(Round("", task, lambda _nothing: None))

    def load(self, task: Task) -> dict[str, str]:
        """Open the lanes of a task; return what is missing: target → what to install."""
        self._wanted = task
        lanes = [pair for way in task.ways for pair in self._lanes_for(way).items()]
        for _target, lane in lanes:
            lane.opened.wait()
        self._look_for_faults()
        return {target: lane.missing for target, lane in lanes if lane.missing}

    def run(self) -> None:
        """Work until closed."""
        while not self._rounds.closed:
            round_ = self._rounds.get(_SWEEP_S)
            if round_ is not None and not round_.stale():
                round_.answer(self._translate(round_))
            self._look_for_faults()
            self._end_idle_lanes()
        for lane in list(self._lanes.values()):
            lane.close()

    def close(self) -> None:
        """Have it and its lanes end; does not wait."""
        self._rounds.close()

    def join(self, deadline_s: float) -> None:
        """Wait for the lanes' end until that moment of CLOCK_MONOTONIC."""
        for lane in list(self._lanes.values()):
            lane.join(max(0.0, deadline_s - time.monotonic()))

    def _translate(self, round_: Round) -> dict[str, Translation]:
        if not round_.text:
            for way in round_.task.ways:
                self._lanes_for(way)
            return {}
        lanes = self._lanes_for(round_.task)
        ends = time.monotonic() + _ROUND_S
        phrases, draft = round_.task.phrases, round_.interim
        text = shown(round_.text, round_.task.source, phrases_of(phrases), figures=self._figures)
        answers = {target: lane.submit(text, phrases, draft=draft) for target, lane in lanes.items()}
        made = {target: _result(answer, ends) for target, answer in answers.items()}
        return {target: _carried(round_, text, target, result) for target, result in made.items()}

    def _lanes_for(self, task: Task) -> dict[str, Lane]:
        return {target: self._lane(base(task.source), base(target)) for target in task.targets}

    def _lane(self, source: str, target: str) -> Lane:
        if (source, target) not in self._lanes:
            self._lanes[source, target] = Lane(source, target, self._open_translator, self._progress, self._wake)
        lane = self._lanes[source, target]
        lane.used_s = time.monotonic()
        return lane

    def _wake(self) -> None:
        """Have it look what was opened. Where too many texts wait for that, it looks after each of them anyway."""
        self._rounds.put(Round("", Task("", ()), lambda _nothing: None))

    def _look_for_faults(self) -> None:
        """Tell what to mend of the lanes of the task, and of those that texts have used since it came.

        Not before all of them are open: what stays as it was would be taken back for a moment.
        """
        wanted = self._directions()
        used = [lane for key, lane in self._lanes.items() if key in wanted or lane.used_s >= self._wanted_s]
        if wanted <= self._lanes.keys() and all(lane.opened.is_set() for lane in used):
            self._tell_faults(fault for lane in used for fault in lane.faults)

    def _directions(self) -> set[tuple[str, str]]:
        return {(base(way.source), base(target)) for way in self._wanted.ways for target in way.targets}

    def _end_idle_lanes(self) -> None:
        wanted = self._directions()
        idle = sorted((lane.used_s, key) for key, lane in self._lanes.items() if key not in wanted)
        for used_s, key in idle:
            if len(self._lanes) > _MAX_LANES or time.monotonic() - used_s > _IDLE_S:
                self._lanes.pop(key).close()


def _carried(round_: Round, told: str, target: str, result: Translation) -> Translation:
    """Return a translation of what a translator was told with figures as its language writes them."""
    if not result.text:
        return result
    text = carry(told, result.text, round_.task.source, target)
    return replace(result, text=stopped(text) if round_.stopped else text)


def _result(answer: Future[Translation], ends: float) -> Translation:
    try:
        return answer.result(max(0.0, ends - time.monotonic()))
    except TimeoutError:
        text = f"the translator did not answer within {_ROUND_S:g} s"
        return Translation(error=TranslationError("translator_failed", text))
