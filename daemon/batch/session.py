"""One-off work with the daemon's own gate, streaming client and engine: files, a pipe, a microphone, typed text.

A file is fed as fast as the engine takes it, one utterance after the other, so nothing is left out for speed and
memory does not grow with the length of the file.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self, TypeVar

from daemon.board import Board, PartState, Snapshot
from daemon.engines.base import Engine, Task, TextTranslated
from daemon.events import EndReason, GateEvent, OutputEvent, SpeechRequest, Translation
from daemon.gate.confirmers.base import Confirmer
from daemon.gate.gate import Gate
from daemon.settings import GateSection, LanguagesSection
from daemon.streaming import StreamingClient
from daemon.supervisor import Supervisor
from hw.api import FRAME_MS, AudioFrame, DeviceError, Microphone, patiently

#: How often a wait looks whether it is over; results end it sooner.
_LOOK_S = 0.05
_READ_S = 0.2
_CLOSE_S = 4.5
#: An engine that has failed and is not back within so long is not waited for any further.
_AWAY_S = 60.0
#: Typed text is answered within so long, or never.
_TEXT_S = 30.0

_Read = TypeVar("_Read")


class SessionFailed(Exception):
    """The engine cannot do this work. The text says why and what to do."""


class Session:
    """A context: the engine is open inside. `publish` gets the results, in another thread.

    `realtime`: the sound comes from a microphone, so that keeping up matters more than the last bit of quality.
    `patience_s`: how long results are waited for while the engine is away.
    """

    def __init__(
        self,
        engine: Engine,
        languages: LanguagesSection,
        gate: GateSection,
        publish: Callable[[OutputEvent], None],
        *,
        interims: bool = False,
        realtime: bool = False,
        confirmer: Confirmer | None = None,
        patience_s: float = _AWAY_S,
    ) -> None:
        self._gate_settings = gate
        self._confirmer = confirmer
        self._languages = languages
        self._publish = publish
        self._progress = threading.Event()
        self._stopping = threading.Event()
        self._reading = False
        self._patience_s = patience_s
        #: What went wrong where the results go.
        self._broken: Exception | None = None
        self._answers: dict[str, dict[str, Translation]] = {}
        self._board = Board()
        self._supervisor = Supervisor()
        self._client = StreamingClient(
            engine,
            languages,
            self._board,
            publish=self._result,
            on_text=self._answer,
            interims=interims,
            hurry=realtime,
        )

    def __enter__(self) -> Self:
        self._supervisor.start("streaming", self._client.run, essential=True, wake=self._client.wake)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._supervisor.stop(_CLOSE_S)

    def stop(self) -> None:
        """Have `hear` and `listen` finish the open utterance and return."""
        self._stopping.set()

    def interrupt(self) -> None:
        """As `stop`, from a signal handler of the thread that reads the input: a read that waits is broken off, too."""
        self._stopping.set()
        if self._reading:
            raise KeyboardInterrupt

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    @property
    def state(self) -> Snapshot:
        """How the engine is, and which problems there are."""
        return self._board.snapshot()

    def hear(self, sound: Iterable[bytes], on_position: Callable[[float], None] = lambda _s: None) -> None:
        """Take frames of sound to their end, and wait for their last final. May raise `SessionFailed`, and as `sound`.

        `on_position` is told how many seconds have been fed.
        """
        gate = Gate(self._gate_settings, self._confirmer)
        with self._finishing(gate):
            for count, pcm in enumerate(self.until_stopped(sound), start=1):
                self._tell(gate.hear(AudioFrame(pcm, time.monotonic_ns())))
                self._wait(lambda: self._client.unfinished == 0)
                on_position(count * FRAME_MS / 1000)

    def listen(self, microphone: Microphone) -> None:
        """Take sound from a microphone until `stop`, then as `hear`. Raises `SessionFailed`, `DeviceError`."""
        gate = Gate(self._gate_settings, self._confirmer)
        patiently(microphone.open)
        with self._finishing(gate):
            try:
                while not self._stopping.is_set():
                    frame = microphone.read(_READ_S)
                    if frame is not None:
                        self._tell(gate.hear(frame))
                    self._check()
            finally:
                microphone.close()

    def translate(self, text: str) -> dict[str, Translation]:
        """Translate typed text into every target. Raises `SessionFailed`."""
        self._wait(lambda: self._board.snapshot().parts["engine"] is PartState.OK)
        request = f"t{time.monotonic_ns()}"
        languages = self._languages
        task = Task(languages.source, languages.targets, phrases=languages.phrases)
        self._client.translate_text(request, text, task)
        self._wait(lambda: request in self._answers, deadline_s=_TEXT_S)
        return self._answers.pop(request)

    def speak(self, request: SpeechRequest) -> None:
        """Have a text synthesized; its blocks are published."""
        self._client.speak(request)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until results have made something true. Raises `SessionFailed`."""
        self._wait(condition)

    def until_stopped(self, source: Iterable[_Read]) -> Iterator[_Read]:
        """Yield what an input gives until it ends, or until `stop` or `interrupt`."""
        items = iter(source)
        while True:
            try:
                self._reading = True
                item = None if self._stopping.is_set() else next(items, None)
            except KeyboardInterrupt:
                return
            finally:
                self._reading = False
            if item is None:
                return
            yield item

    # ------------------------------------------------------------ inside

    @contextmanager
    def _finishing(self, gate: Gate) -> Iterator[None]:
        """Have the last utterance finished, also where the sound is cut off by a fault, which is raised again."""
        try:
            yield
        except (OSError, DeviceError):
            self._finish(gate)
            raise
        self._finish(gate)

    def _finish(self, gate: Gate) -> None:
        self._tell(gate.end(EndReason.STOPPED))
        self._wait(lambda: self._client.outstanding == 0)

    def _tell(self, events: Iterable[GateEvent]) -> None:
        for event in events:
            self._client.hear(event)

    def _result(self, event: OutputEvent) -> None:
        try:
            self._publish(event)
        except Exception as error:  # noqa: BLE001 -- raised again in the thread that waits for results
            self._broken = self._broken or error
        self._progress.set()

    def _answer(self, event: TextTranslated) -> None:
        self._answers[event.request] = event.translations
        self._progress.set()

    def _wait(self, condition: Callable[[], bool], deadline_s: float | None = None) -> None:
        ends = None if deadline_s is None else time.monotonic() + deadline_s
        away_since: float | None = None
        while not condition():
            self._check()
            away_since = self._check_back(away_since)
            if ends is not None and time.monotonic() > ends:
                raise SessionFailed(f"the engine did not answer within {deadline_s:.0f} s")
            self._progress.wait(_LOOK_S)
            self._progress.clear()
        self._check_results()  # the last one may be what could not be written

    def _check_results(self) -> None:
        """Raise what results ran into where they went."""
        if self._broken is not None:
            raise self._broken

    def _check_back(self, since: float | None) -> float | None:
        """Return since when the engine has been away, CLOCK_MONOTONIC, seconds; None if it is not.

        Raises `SessionFailed` if that is too long: at once where the end is asked for.
        """
        away = [problem.detail for problem in self._board.snapshot().problems if problem.code == "engine_failed"]
        if not away:
            return None
        now = time.monotonic()
        since = now if since is None else since
        if self.stopped or now - since >= self._patience_s:
            raise SessionFailed("; ".join(away))
        return since

    def _check(self) -> None:
        """Raise `SessionFailed` if the engine will never answer, or what its results ran into."""
        self._check_results()
        now = self._board.snapshot()
        if now.parts["engine"] is PartState.FAILED or self._supervisor.failed.is_set():
            reasons = "; ".join(problem.detail for problem in now.problems)
            raise SessionFailed(reasons or "the streaming client died: see the log")


@contextmanager
def interruptible(session: Session) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM finish the open utterance rather than lose it; the second one ends at once."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        session.interrupt()

    before = {number: signal.signal(number, on_interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
