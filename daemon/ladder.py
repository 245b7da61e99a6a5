"""The ladder: several engines, the best first, that look like one to the streaming client.

Each rung is open and gets ready by itself. The utterances go to the best rung that is ready; when that one fails, or is
late, the next takes over, and the streaming client, told by `EngineReady` or by a failure that is worth another try,
replays what has no final yet from its first sample. A better rung is returned to between utterances, when it has been
ready for a while: its own standing connection is the probe, which costs nothing.

Called by the streaming client's thread and by the rungs' own; one lock orders them, and nothing waits under it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from daemon.board import Board
from daemon.engines.base import (
    Cure,
    Engine,
    EngineEvent,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineReady,
    Sink,
    Task,
    TextTranslated,
)
from daemon.events import Notice, OutputEvent, SpeechRequest, SynthesizedSpeech, Translation, TranslationError
from daemon.rungs import Budgets, OnRung, Rung, Rungs, speaks
from daemon.supervisor import Pulse

#: A better rung is returned to when it has been ready for so long, seconds.
_SETTLED_S = 5.0
_TICK_S = 0.1


class Ladder:
    """An `Engine` made of engines. `announce` is told of each change of rung, the board of rungs that are away.

    With `keep_open` false a lower rung is opened only when no better one is ready: it saves the memory of its models
    and costs the time to load them.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        board: Board,
        *,
        announce: Callable[[OutputEvent], None],
        budgets: Budgets | None = None,
        keep_open: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rungs = Rungs(engines, clock)
        self._current: Rung | None = None
        self._board = board
        self._announce = announce
        self._budgets = budgets or Budgets()
        self._keep_open = keep_open
        self._clock = clock
        self._lock = threading.RLock()
        self._open: dict[int, OnRung] = {}
        #: Utterance → the best place that may still do it, where better ones have failed on it.
        self._lowest: dict[int, int] = {}
        self._speakers: dict[str, Rung] = {}
        self._sink: Sink = lambda _event: None
        self._closing = threading.Event()

    @property
    def name(self) -> str:
        """The rung in use; before there is one, the best."""
        return (self._current or self._rungs[0]).name

    @property
    def served(self) -> EngineReady | None:
        """What the rungs that are ready can do together: what one refuses the next does."""
        return self._rungs.served

    # ------------------------------------------------------------ Engine

    def open(self, sink: Sink) -> None:
        """See `Engine`."""
        self._sink = sink
        for rung in self._rungs if self._keep_open else self._rungs[:1]:
            self._open_rung(rung)

    def begin(self, utterance: int, task: Task) -> None:
        """See `Engine`."""
        with self._lock:
            self._climb()
            rung = self._rung_for(utterance)
            if rung is not None:
                self._open[utterance] = OnRung(rung, self._clock())
                rung.engine.begin(utterance, task)

    def feed(self, utterance: int, pcm: bytes) -> None:
        """See `Engine`."""
        self._ask(utterance, lambda engine: engine.feed(utterance, pcm))

    def pause(self, utterance: int) -> None:
        """See `Engine`."""
        self._ask(utterance, lambda engine: engine.pause(utterance))

    def resume(self, utterance: int) -> None:
        """See `Engine`."""
        self._ask(utterance, lambda engine: engine.resume(utterance))

    def finish(self, utterance: int) -> None:
        """See `Engine`."""
        with self._lock:
            if utterance in self._open:
                self._open[utterance].finished = self._clock()
                self._open[utterance].rung.engine.finish(utterance)

    def cancel(self, utterance: int) -> None:
        """See `Engine`."""
        with self._lock:
            self._lowest.pop(utterance, None)
            if (known := self._open.pop(utterance, None)) is not None:
                known.rung.engine.cancel(utterance)

    def translate(self, request: str, text: str, task: Task) -> None:
        """See `Engine`, and `Rungs.for_text`."""
        with self._lock:
            rung = self._rungs.for_text(task)
        if rung is not None:
            rung.engine.translate(request, text, task)  # not under the lock: it may answer at once
            return
        error = Translation(error=TranslationError("engine_away", "no engine is ready now: try again"))
        self._sink(TextTranslated(request, dict.fromkeys(task.targets, error)))

    def speak(self, request: SpeechRequest) -> None:
        """See `Engine`. The best rung that is ready and speaks the language."""
        with self._lock:
            rung = self._rungs.best(speaks(request.lang))
            if rung is not None:
                self._speakers[request.id] = rung
        if rung is not None:
            rung.engine.speak(request)  # not under the lock, as in `translate`
            return
        error = f"no engine that is ready speaks {request.lang}"
        self._sink(SynthesizedSpeech(request.id, request.lang, b"", 16_000, last=True, error=error))

    def hush(self, request: str) -> None:
        """See `Engine`."""
        with self._lock:
            rung = self._speakers.get(request)
            if rung is not None:
                rung.engine.hush(request)

    def close(self) -> None:
        """See `Engine`."""
        self._closing.set()
        with self._lock:
            opened = [rung for rung in self._rungs if rung.opened]
        for rung in opened:
            rung.engine.close()

    def _ask(self, utterance: int, call: Callable[[Engine], None]) -> None:
        with self._lock:
            if utterance in self._open:
                call(self._open[utterance].rung.engine)

    # ------------------------------------------------------------ what the rungs say

    def _open_rung(self, rung: Rung | None) -> None:
        if rung is not None and not rung.opened:
            rung.opened = True
            rung.engine.open(lambda event: self._hear(rung, event))

    def _hear(self, rung: Rung, event: EngineEvent) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            if isinstance(event, EngineReady):
                self._rung_ready(rung, event)
            elif isinstance(event, EngineFailure):
                self._rung_failure(rung, event)
            elif isinstance(event, EngineHypothesis | EngineFinal):
                self._result(rung, event)
            else:
                if isinstance(event, SynthesizedSpeech) and event.last:
                    self._speakers.pop(event.id, None)
                self._sink(event)

    def _result(self, rung: Rung, event: EngineHypothesis | EngineFinal) -> None:
        known = self._open.get(event.utterance)
        if known is None or known.rung is not rung:
            return  # another rung has it now
        known.answered = True
        if isinstance(event, EngineFinal):
            del self._open[event.utterance]
            self._lowest.pop(event.utterance, None)
            event = replace(event, engine=rung.name)
        self._sink(event)

    def _rung_ready(self, rung: Rung, event: EngineReady) -> None:
        rung.is_ready(event, self._clock())
        self._board.solved("engine_away", rung.name)
        if self._current is None or self._current is rung or self._current.ready is None:
            self._switch_to(rung, "ready")
        else:
            self._give_back(rung, "engine_ready", f"{rung.name} is ready, and begins with what waited for it")

    def _rung_failure(self, rung: Rung, event: EngineFailure) -> None:
        if event.utterance is not None:
            self._utterance_failure(rung, event, event.utterance)
            return
        rung.failed(event, self._clock())
        self._board.problem("engine_away", event.text, about=rung.name)
        successor = self._rungs.best()
        if rung is self._current and successor is not None:
            self._switch_to(successor, event.code)
        elif successor is None:
            self._sink(event if self._rungs.hopeless else replace(event, cure=Cure.RETRY))
            self._open_rung(self._rungs.next_unopened())
        elif event.cure is not Cure.RETRY or self._rungs.best(below=rung.place) is not None:
            self._give_back(rung, event.code, event.text)  # otherwise they wait for it to come back

    def _give_back(self, rung: Rung, code: str, text: str) -> None:
        """Have begun anew what a rung had that is not the one in use: better ones failed on it."""
        for utterance, known in list(self._open.items()):
            if known.rung is rung:
                del self._open[utterance]
                self._sink(EngineFailure(rung.name, code, text, Cure.RETRY, utterance))

    def _utterance_failure(self, rung: Rung, event: EngineFailure, utterance: int) -> None:
        known = self._open.get(utterance)
        if known is None or known.rung is not rung:
            return
        del self._open[utterance]
        if self._rungs.best(below=rung.place) is not None:
            self._lowest[utterance] = rung.place + 1
            self._sink(replace(event, cure=Cure.RETRY))
            return
        coming = self._rungs.coming(rung.place)
        if event.cure is not Cure.RETRY and coming is not None:  # it waits for that one to be ready
            self._lowest[utterance] = rung.place + 1
            self._open[utterance] = OnRung(coming, self._clock(), known.finished)
        else:
            self._lowest.pop(utterance, None)
            self._sink(event)
        self._open_rung(coming)

    # ------------------------------------------------------------ which rung

    def _rung_for(self, utterance: int) -> Rung | None:
        lowest = self._lowest.get(utterance)
        return (self._rungs.best(below=lowest - 1) if lowest is not None else None) or self._current

    def _climb(self) -> None:
        """Return to a better rung, if nothing is under way and it has been ready for a while."""
        best = self._rungs.best()
        if best is None or self._current is None or best.place >= self._current.place or self._open:
            return
        if self._clock() - best.ready_since >= _SETTLED_S:
            self._switch_to(best, "better")

    def _switch_to(self, rung: Rung, reason: str) -> None:
        before, self._current = self._current, rung
        for utterance, known in self._open.items():  # also those of that rung: they begin anew, or are given up
            known.rung.engine.cancel(utterance)
        self._open.clear()
        if before is not None and before is not rung:
            self._announce(Notice("engine_changed", {"engine": rung.name, "before": before.name, "reason": reason}))
        if rung.ready is not None:
            self._sink(rung.ready)

    # ------------------------------------------------------------ too late

    def run(self, pulse: Pulse) -> None:
        """Watch the budgets until stopped; the supervisor runs it where there are any."""
        while pulse.wait(_TICK_S):
            self.check_budgets()

    def check_budgets(self) -> None:
        """Take utterances away from a rung that is late with them; it rests for a while. Between utterances, climb."""
        with self._lock:
            self._climb()  # not first when the next one begins: told of another rung, the client begins it again
            for utterance, known in list(self._open.items()):  # a change of rung takes all with it
                code = known.late(self._clock(), self._budgets) if utterance in self._open else ""
                if code and self._rungs.best(below=known.rung.place) is not None:
                    self._take_away(utterance, known, code)
                elif code:
                    self._open_rung(self._rungs.coming(known.rung.place))

    def _take_away(self, utterance: int, known: OnRung, code: str) -> None:
        rung = known.rung
        rung.engine.cancel(utterance)
        del self._open[utterance]
        self._lowest[utterance] = rung.place + 1
        rung.rest(self._clock())
        successor = self._rungs.best()
        if successor is not None and rung is self._current and successor is not rung:
            self._switch_to(successor, code)
            return
        self._sink(EngineFailure(rung.name, code, f"{rung.name} was too late with an utterance", Cure.RETRY, utterance))
