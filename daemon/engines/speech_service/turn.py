"""One utterance's way through the service: its sound out, paced; results in; each wait within its deadline."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from daemon.engines.base import EngineEvent, EngineFailure, EngineFinal
from daemon.engines.speech_service.allowance import Allowance
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.link import Link
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.results import Results
from daemon.engines.speech_service.tasks import end
from daemon.engines.speech_service.turn_clock import Pace, TurnClock
from daemon.engines.speech_service.utterance_speech import UtteranceSpeech
from daemon.engines.speech_service.utterances import Utterance, bytes_of
from daemon.wire.context import SpeechContext
from daemon.wire.from_client import Audio, AudioStart, TurnContext
from daemon.wire.messages import (
    Hypothesis,
    OtherMessage,
    Phrase,
    ServerMessage,
    SpeechEnd,
    SpeechStart,
    SynthesisAudio,
    SynthesisEnd,
    SynthesisResponse,
    TurnEnd,
    TurnStart,
)
from daemon.wire.sound import SoundShape
from daemon.wire.units import new_id, ticks
from hw.api import SPEECH_FORMAT

#: Sound goes out in pieces of so much, as with the service's own client: fewer would cost delay, more would cost work.
CHUNK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: A server that ends so many turns in a row without a phrase will never get on.
_RENEWALS = 3
_NS_PER_MS = 1_000_000
_MS_PER_S = 1_000
#: Silence after which a service ends a phrase if it is not told, at least, and what fits into it beside no word.
_SEGMENTATION_S = 0.6
_NO_WORD_S = 0.2


@dataclass(frozen=True, slots=True)
class Around:
    """What all turns share: the engine's name, how the service is called, whom results are said to."""

    engine: str
    where: str
    deadlines: Deadlines
    speed: float
    say: Callable[[EngineEvent], None]
    speech: UtteranceSpeech
    oddities: Oddities
    allowance: Allowance


class Turn:
    """See the module. `context` is what is asked; the server may end it and go on in a new one."""

    def __init__(self, utterance: Utterance, context: SpeechContext, link: Link, around: Around) -> None:
        self.utterance = utterance
        self._context = context
        self._link = link
        self._around = around
        self._results = Results(
            utterance.number, utterance.task, around.where, around.oddities, tail_ticks=ticks(_tail_s(context))
        )
        self._clock = TurnClock(around.where, around.deadlines)
        self._moved = asyncio.Event()
        self._ended = asyncio.Event()
        self._all_sent = self._has_settled = False
        self.request_id = ""

    async def run(self) -> None:
        """Do it all; returns when the server has ended the turn and nothing is left. Raises `ServiceFault`."""
        watch = asyncio.ensure_future(self._watch())
        work = asyncio.ensure_future(self._work())
        try:
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            for task in (watch, work):
                if task.done():
                    task.result()
        finally:
            await end(watch, work)
            self._around.speech.end(self.utterance.number)

    def hear(self, message: ServerMessage) -> None:
        """Take what the server said of this turn."""
        self._clock.heard(time.monotonic(), started=isinstance(message, TurnStart))
        match message:
            case Hypothesis():
                hypothesis = self._results.hypothesis(message)
                if hypothesis is not None and not self.utterance.over:
                    self._around.say(hypothesis)
            case Phrase():
                self._phrase(message)
            case SynthesisAudio():
                self._around.speech.piece(self.utterance.number, message.data)
            case SynthesisEnd() if message.error:
                self._around.oddities.note("synthesis_failed", f"{self._around.where}: {message.error}")
                self._around.speech.failed(self.utterance.number, message.error)
            case TurnEnd():
                self._results.turn_ended()
                self._ended.set()
                self.utterance.wake()
            case OtherMessage():
                self._around.oddities.note("unknown_message", f"{self._around.where} sent {message.path[:40]!r}")
            case TurnStart():
                self._moved.set()  # another deadline counts now, possibly an earlier one
            case SpeechStart() | SpeechEnd() | SynthesisEnd() | SynthesisResponse():
                pass

    # ------------------------------------------------------------ inside

    async def _work(self) -> None:
        renewals = 0
        while True:
            covered = self._results.covered_ticks
            await self._send_all()
            await self._ended.wait()
            got_on = self._results.covered_ticks > covered
            nothing_left = self.utterance.over or not got_on or self._results.complete(self.utterance.ticks)
            if self._all_sent and nothing_left:
                break  # otherwise the server may have ended it before it had heard all
            renewals = 0 if got_on else renewals + 1
            if renewals >= _RENEWALS:
                raise ServiceFault("turn_ended", f"{self._around.where} ends every turn before the sound ends")
            self._results.renewed()
        self._settle()

    async def _send_all(self) -> None:
        """Send the sound that has no phrase yet, until it is complete or the server ends the turn."""
        self.request_id = new_id()
        self._ended.clear()
        self._clock = TurnClock(self._around.where, self._around.deadlines)
        self._sent()
        await self._link.send(TurnContext(self.request_id, self._context))
        await self._link.send(AudioStart(self.request_id, SoundShape(SPEECH_FORMAT.rate_hz)))
        begin = at = bytes_of(self._results.base_ticks)
        pace = Pace(self._around.speed, time.monotonic())
        while not self._ended.is_set():
            pcm = await self.utterance.available(at, CHUNK_BYTES, self._ended)
            if not pcm:
                break
            await asyncio.sleep(pace.wait_s(time.monotonic(), (at - begin) / SPEECH_FORMAT.bytes_per_second))
            self._around.allowance.take(len(pcm) / SPEECH_FORMAT.bytes_per_second)
            await self._link.send(Audio(self.request_id, pcm))
            at += len(pcm)
            self._sent()
        self._all_sent = not self._ended.is_set()
        if self._all_sent:
            self._clock.completed(time.monotonic())
            self._moved.set()
        await self._link.send(Audio(self.request_id, b""))
        self._settle_if_complete()

    def _sent(self) -> None:
        """Start the server's time, if it does not run."""
        was_idle = self._clock.due() is None
        self._clock.said(time.monotonic())
        if was_idle:
            self._moved.set()

    async def _watch(self) -> None:
        """Raise what is late."""
        while True:
            self._moved.clear()
            due = self._clock.due()
            wait_s = None if due is None else due[0] - time.monotonic()
            if due is not None and wait_s is not None and wait_s <= 0:
                raise due[1]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):  # not wait_for: before Python 3.12 it may lose a cancellation
                    await self._moved.wait()

    def _phrase(self, message: Phrase) -> None:
        if self.utterance.over:
            if message.text and self._has_settled:  # not what was taken away from it
                self._around.oddities.note("late_phrase", f"{self._around.where} sent a phrase after the last one")
            return
        self._results.phrase(message)
        if self._results.failure is not None:
            code, text, cure = self._results.failure
            self._last_word(EngineFailure(self._around.engine, code, text, cure, self.utterance.number))
            return
        self._settle_if_complete()

    def _settle_if_complete(self) -> None:
        if self._all_sent and self._results.complete(self.utterance.ticks):
            self._settle()

    def _settle(self) -> None:
        """Say the final, if it has not been said."""
        if self.utterance.over:
            return
        results, began_ns = self._results, self.utterance.complete_ns or time.monotonic_ns()
        translations = results.translations
        engine_ms = round((time.monotonic_ns() - began_ns) / _NS_PER_MS)
        for target, translation in translations.items():
            self._around.speech.translated(self.utterance.number, target, translation.text)
        self._last_word(EngineFinal(self.utterance.number, results.language, results.source, translations, engine_ms))

    def _last_word(self, event: EngineEvent) -> None:
        self._has_settled = True
        self.utterance.end()
        self._around.say(event)


def _tail_s(context: SpeechContext) -> float:
    """Return within how much of the end of the sound a phrase is the last one: it was ended by silence, or the end."""
    silence_ms = context.segmentation_silence_ms
    return min(_SEGMENTATION_S, _SEGMENTATION_S if silence_ms is None else silence_ms / _MS_PER_S) + _NO_WORD_S
