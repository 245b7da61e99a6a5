"""The buffered streaming client: from the gate's utterances to results, whatever the engine does.

An utterance's sound is kept until its final has come. When the engine comes back after a failure, everything that is
outstanding is replayed from its first sample, in order. Every utterance that began ends in exactly one final or one
drop; one that nobody was shown, and in which nothing was said, ends silently.

One thread, the worker's, owns all state; gate and engine only put into its mailbox.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from daemon.board import Board
from daemon.echo_guard import EchoGuard
from daemon.engine_report import EngineReport
from daemon.engines.base import (
    Cure,
    Engine,
    EngineEvent,
    EngineFailure,
    EngineFinal,
    EngineHypothesis,
    EngineReady,
    Task,
    TextRequest,
    TextTranslated,
)
from daemon.events import (
    DropReason,
    GateEvent,
    OutputEvent,
    SpeechCut,
    SpeechRequest,
    SynthesizedSpeech,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceEnded,
    UtteranceWithdrawn,
)
from daemon.held import HeldUtterance, HeldUtterances, hints
from daemon.mailbox import Mailbox, Overflow
from daemon.results import INTERIM_PERIOD_S, Results
from daemon.settings import LanguagesSection
from daemon.supervisor import Pulse
from daemon.tasks import spoken, task_of
from daemon.voicing import Voicing

_LOG = logging.getLogger(__name__)

#: Closed utterances that no engine has finished are kept up to so many seconds of sound; then the oldest goes.
BACKLOG_S = 30.0
#: An utterance that one engine failed on so often is given up: it may be what engines fail of.
_ATTEMPTS = 3
#: A closed utterance that a ready engine says nothing of for so long is given up.
_FINAL_DEADLINE_NS = 60_000_000_000
#: At a stop, how long the engine may still work on what is outstanding.
_DRAIN_NS = 2_000_000_000
_INBOX = 8_192
_TICK_S = 0.5

_Message = GateEvent | EngineEvent | SpeechRequest | SpeechCut | LanguagesSection | TextRequest


class StreamingClient:
    """See the module. `publish` gets the results, in the worker's thread; `interims` and `hurry` as in `Task`."""

    def __init__(  # noqa: PLR0913 -- all but three are keywords
        self,
        engine: Engine,
        languages: LanguagesSection,
        board: Board,
        *,
        publish: Callable[[OutputEvent], None],
        on_text: Callable[[TextTranslated], None] = lambda _answer: None,
        echoes: EchoGuard | None = None,
        interims: bool = True,
        hurry: bool = True,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._manner = Task("", (), interims=interims, hurry=hurry)
        self._engine = engine
        self._languages = languages
        self._report = EngineReport(board)
        self._results = Results(publish, clock_ns)
        self._clock_ns = clock_ns
        self._inbox: Mailbox[_Message | None] = Mailbox("streaming", _INBOX, Overflow.REFUSE)
        self._held = HeldUtterances()
        self._ready: EngineReady | None = None
        self._voicing = Voicing(engine, publish, echoes or EchoGuard(clock_ns))
        self._handlers: dict[type, Callable[[Any], None]] = {
            UtteranceBegan: self._begin,
            UtteranceAudio: self._audio,
            **hints(engine),
            UtteranceEnded: self._end,
            UtteranceWithdrawn: self._withdraw,
            EngineReady: self._engine_ready,
            EngineHypothesis: self._hypothesis,
            EngineFinal: self._final,
            EngineFailure: self._engine_failure,
            **self._report.handlers,
            SynthesizedSpeech: self._voicing.pass_on,
            TextTranslated: on_text,
            SpeechRequest: self._voicing.speak,
            LanguagesSection: self._configure,
            SpeechCut: self._voicing.cut,
            TextRequest: lambda asked: engine.translate(asked.request, asked.text, asked.task),
        }
        self._tell_what_is_served()

    # ------------------------------------------------------------ called by other threads

    def hear(self, event: GateEvent) -> None:
        """Take what the gate says."""
        self._inbox.put(event)

    def hear_engine(self, event: EngineEvent) -> None:
        """Take what the engine says: its sink."""
        self._inbox.put(event)

    def speak(self, request: SpeechRequest | SpeechCut) -> None:
        """Have a text spoken by the speech output, or not any further."""
        self._inbox.put(request)

    def translate_text(self, request: str, text: str, task: Task) -> None:
        """Have typed text translated; the answer goes to `on_text`."""
        self._inbox.put(TextRequest(request, text, task))

    def configure(self, languages: LanguagesSection) -> None:
        """Use other languages from the next utterance on."""
        self._inbox.put(languages)

    @property
    def outstanding(self) -> int:
        """Messages not dealt with, utterances without their final, texts whose speech is not complete."""
        return self._inbox.unfinished + len(self._held) + len(self._voicing)

    @property
    def ready(self) -> EngineReady | None:
        """What the engine can do; None while it is away."""
        return self._ready

    @property
    def unfinished(self) -> int:
        """Utterances that are complete and have no final yet."""
        return self._held.unfinished

    @property
    def backlog_s(self) -> float:
        """Seconds of sound without its final."""
        return self._held.audio_s

    @property
    def inbox_peak(self) -> int:
        """The most messages that ever waited."""
        return self._inbox.peak

    # ------------------------------------------------------------ the worker

    def run(self, pulse: Pulse) -> None:
        """Work until stopped, then give up what is outstanding."""
        self._report.loading()
        self._engine.open(self.hear_engine)
        try:
            while pulse.beat():
                self.step(_TICK_S)
            self._drain()
        finally:
            for number in list(self._held):
                self._drop(number, DropReason.STOPPED)
            self._engine.close()  # last: by the time that one has ended that hangs, nobody may be told any more

    def wake(self) -> None:
        """End the wait of the worker, for its stop."""
        self._inbox.put(None)

    def _drain(self) -> None:
        """Hear what has been said, and give the engine a moment for what it has."""
        ends_ns = self._clock_ns() + _DRAIN_NS
        while (len(self._inbox) or (self._ready and self._held)) and self._clock_ns() < ends_ns:
            self.step(_TICK_S / 10)

    def step(self, timeout_s: float) -> bool:
        """Handle one message; False if none came in time."""
        message = self._inbox.get(min(timeout_s, INTERIM_PERIOD_S) if self._results.waiting else timeout_s)
        if message is not None:
            self._handlers[type(message)](message)
        self._inbox.done()
        self._results.show_newest()
        self._give_up_the_late()
        return message is not None

    # ------------------------------------------------------------ from the gate

    def _begin(self, event: UtteranceBegan) -> None:
        task = task_of(self._languages, self._manner)
        self._held[event.utterance] = held = HeldUtterance(event, task, self._languages)
        self._hand_over(held)

    def _audio(self, event: UtteranceAudio) -> None:
        held = self._held.get(event.utterance)
        if held is not None:
            held.keep(event.pcm)
            if self._ready:
                self._engine.feed(event.utterance, event.pcm)

    def _end(self, event: UtteranceEnded) -> None:
        if (held := self._held.get(event.utterance)) is None:
            return
        held.ended, held.ended_ns = event, self._clock_ns()
        if self._ready:
            self._engine.finish(event.utterance)
        for utterance in self._held.too_many(BACKLOG_S):
            self._give_up(utterance, DropReason.BACKLOG)

    def _withdraw(self, event: UtteranceWithdrawn) -> None:
        if event.utterance in self._held:
            self._give_up(event.utterance, DropReason.WITHDRAWN)

    # ------------------------------------------------------------ from the engine

    def _hypothesis(self, event: EngineHypothesis) -> None:
        held = self._held.get(event.utterance)
        if held is not None and event.source:
            self._results.hypothesis(held, event)

    def _final(self, event: EngineFinal) -> None:
        if (held := self._held.get(event.utterance)) is None:
            return
        if not event.source:
            self._results.nothing(held, event.rejected)
            del self._held[event.utterance]
            return
        if self._voicing.is_echo(event.source, held.began.first_voiced_ns):
            self._drop(event.utterance, DropReason.ECHO)
            return
        final = self._results.final(held, event, event.engine or self._engine.name)
        self._report.understood()
        # That nothing is to be spoken any more holds at once.
        self._voicing.speak_final(final, self._languages.speak and spoken(held.languages, final.source_lang))
        del self._held[event.utterance]

    def _engine_ready(self, event: EngineReady) -> None:
        if self._ready:  # the next of several took over at once
            self._held.blame_oldest(self._ready.engine)
        self._ready = event
        self._report.ready()
        self._tell_what_is_served()
        for held in list(self._held.values()):
            self._hand_over(held)

    def _hand_over(self, held: HeldUtterance) -> None:
        """Give the engine all there is of an utterance."""
        if max(held.failures.values(), default=0) >= _ATTEMPTS:
            self._give_up(held.number, DropReason.ENGINE_FAILED)
        elif self._ready:
            held.hand_to(self._engine, self._clock_ns())

    def _engine_failure(self, event: EngineFailure) -> None:
        _LOG.warning("%s: %s", event.code, event.text, extra={"CODE": event.code, "ENGINE": event.engine})
        if event.utterance is not None:
            self._utterance_failure(event.utterance, event)
            return
        if self._ready:
            self._held.blame_oldest(event.engine)
        self._ready = None
        self._report.failed(event)

    def _utterance_failure(self, utterance: int, event: EngineFailure) -> None:
        held = self._held.get(utterance)
        if held is not None and event.cure is Cure.RETRY:
            held.failures[event.engine] += 1
            self._hand_over(held)
        elif held is not None:
            self._report.refused(event)
            self._drop(utterance, DropReason.ENGINE_FAILED)

    def _configure(self, languages: LanguagesSection) -> None:
        self._languages = languages
        self._tell_what_is_served()

    def _tell_what_is_served(self) -> None:
        self._report.serves(self._engine.name, self._languages, self._ready)

    def _drop(self, utterance: int, reason: DropReason) -> None:
        self._results.drop(self._held[utterance], reason)
        del self._held[utterance]

    def _give_up(self, utterance: int, reason: DropReason) -> None:
        """Drop it, and have the engine forget it."""
        self._engine.cancel(utterance)
        self._drop(utterance, reason)

    def _give_up_the_late(self) -> None:
        if self._ready:
            for utterance in self._held.late(self._clock_ns(), _FINAL_DEADLINE_NS):
                self._give_up(utterance, DropReason.ENGINE_FAILED)
