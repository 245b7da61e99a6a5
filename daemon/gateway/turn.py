"""One turn: sound in, what a client gets to hear of it out.

Order of messages, as the service's own clients know it: ``turn.start``, ``speech.startDetected`` with the first voice,
then for each utterance hypotheses, its phrase and possibly speech; at the end ``speech.endDetected`` and ``turn.end``.
Phrases come in the order of speaking even where several engines work at once. Offsets count from the beginning of the
turn's sound: clients add what lay before it by themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import ceil

from daemon.engines.base import EngineHypothesis
from daemon.events import GateEvent, UtteranceAudio, UtteranceBegan, UtteranceEnded, UtteranceWithdrawn
from daemon.gateway.conversion import HeardSound
from daemon.gateway.cutting import Cutter
from daemon.gateway.job import Answer
from daemon.gateway.metrics import Metrics
from daemon.gateway.order import Order
from daemon.gateway.pieces import Pieces
from daemon.gateway.pool import Pool
from daemon.gateway.profanity import spoken
from daemon.gateway.results import Piece, hypothesis_of, phrase_of
from daemon.gateway.speech_line import SpeechLine
from daemon.wire.context import Mode
from daemon.wire.messages import (
    Phrase,
    RecognitionStatus,
    ServerMessage,
    SpeechEnd,
    SpeechStart,
    SynthesisAudio,
    SynthesisEnd,
    TurnEnd,
    TurnStart,
    Vocabulary,
)
from daemon.wire.sound import SoundShape
from daemon.wire.units import new_id, ticks
from hw.api import SPEECH_FORMAT

#: A client keeps what no phrase covers; the service's own gives its session up at 66 s. So a pause this long gets a
#: phrase without words.
_UNCOVERED_S = 40.0
#: More sound than this without a phrase is not taken: the client's connection fills up until engines have caught up.
_BEHIND_S = 60.0
#: Nor are there hypotheses of what is so far behind: they would only delay the phrases.
_LATE_S = 20.0


class Turn:
    """See the module.

    `say` never waits; `resting` is called whenever all that was spoken has been answered. Engines are shared fairly
    between owners.
    """

    def __init__(
        self,
        request_id: str,
        owner: object,
        order: Order,
        cutter: Cutter,
        pool: Pool,
        metrics: Metrics,
        say: Callable[[ServerMessage], None],
        resting: Callable[[], None],
    ) -> None:
        self.request_id = request_id
        self.order = order
        #: Set once ``turn.end`` was said, or the turn was given up.
        self.over = asyncio.Event()
        #: Seconds of sound that were heard.
        self.heard_s = 0.0
        self._owner = owner
        self._cutter = cutter
        self._pool = pool
        self._metrics = metrics
        self._say = say
        self._resting = resting
        self._speech = SpeechLine(pool, self._send_speech, self._speech_ended)
        self._incoming: HeardSound | None = None
        self._pieces = Pieces()
        self._targets = order.task.targets
        self._began_to_speak = self._complete = self._phrased = False
        #: Whether the client waits for a word on all of its sound, be there speech in it or not.
        self._rest_counts = False
        #: In dictation and on older addresses a client does not say whether it waits for one phrase only.
        unsaid = order.context.mode is Mode.DICTATION or order.vocabulary is Vocabulary.V1
        self._may_be_single = order.single or unsaid
        self._covered_s = self._spoke_until_s = 0.0
        self._room = asyncio.Event()
        say(TurnStart(request_id, new_id()))
        metrics.turns.inc()

    # ------------------------------------------------------------ from the client

    def start_sound(self, shape: SoundShape) -> None:
        """Take note how its samples are. Raises `WireError`."""
        self._incoming = HeardSound(shape)

    def hear(self, data: bytes) -> None:
        """Take more sound. Raises `WireError`."""
        if self._complete or self.over.is_set():
            return
        if self._incoming is None:
            self._incoming = HeardSound(SoundShape())
        self._hear(self._incoming.convert(data))

    async def room(self) -> None:
        """Wait until more sound can be taken."""
        while not self.over.is_set() and self._pieces.sound_s > _BEHIND_S:
            self._room.clear()
            await self._room.wait()

    def translate_into(self, targets: tuple[str, ...]) -> None:
        """Translate what is spoken from now on into these."""
        self._targets = targets

    def commit(self) -> None:
        """End the utterance here."""
        if not self._complete:
            self._apply(self._cutter.cut())

    def finish(self, *, more_comes: bool = False) -> None:
        """Answer the rest, then end the turn: its sound is complete, or more comes in the client's next turn."""
        if self._complete or self.over.is_set():
            return
        if self._incoming is not None:
            self._hear(self._incoming.flush())
        if not self.over.is_set() and not self._complete:
            self._apply(self._cutter.cut())
            self._complete = True
            self._rest_counts = not (more_comes or self.order.whole)
            self._settle()

    def cancel(self) -> None:
        """Give the turn up: nothing more is said."""
        for piece in self._pieces:
            self._pool.cancel(piece.job)
        self._pieces.clear()
        self._speech.stop()
        self.over.set()
        self._room.set()

    @property
    def is_complete(self) -> bool:
        """Whether its sound is."""
        return self._complete

    @property
    def is_resting(self) -> bool:
        """Whether all that was spoken has been answered."""
        return not self._pieces and self._speech.idle

    @property
    def is_in_a_pause(self) -> bool:
        """Whether no utterance is open."""
        return not self._pieces.is_one_open

    # ------------------------------------------------------------ utterances

    def _hear(self, pcm: bytes) -> None:
        seconds = len(pcm) / SPEECH_FORMAT.bytes_per_second
        self.heard_s += seconds
        self._metrics.audio_s.inc(seconds)
        self._apply(self._cutter.hear(pcm))
        if self._pieces or self._complete:
            return
        if self._may_be_single and not self._phrased and self.heard_s >= self.order.initial_silence_s:
            self._silence(RecognitionStatus.INITIAL_SILENCE, self._cutter.decided_s)
            if self.order.single:
                self._complete_after_one()
        elif self._cutter.decided_s - self._covered_s >= _UNCOVERED_S:
            self._silence(RecognitionStatus.NO_MATCH, self._cutter.decided_s)

    def _apply(self, events: Iterable[GateEvent]) -> None:
        for event in events:
            match event:
                case UtteranceBegan():
                    self._begin(event)
                case UtteranceAudio():
                    if (piece := self._pieces.find(event.utterance)) is not None:
                        self._pool.feed(piece.job, event.pcm)
                case UtteranceEnded():
                    if (piece := self._pieces.find(event.utterance)) is not None:
                        piece.ends_s = event.end_s
                        self._pool.finish(piece.job)
                case UtteranceWithdrawn():
                    self._withdraw(event.utterance)
                case _:
                    pass  # hints of the gate

    def _begin(self, event: UtteranceBegan) -> None:
        if self._complete:  # a single-shot turn has what it was for
            return
        if not self._began_to_speak:
            self._began_to_speak = True
            self._say(SpeechStart(self.request_id, ticks(event.start_s)))
        interims = self.order.task.interims and self._pieces.sound_s <= _LATE_S
        task = replace(self.order.task, targets=self._targets, interims=interims)
        answered = partial(self._answered, event.utterance)
        job = self._pool.begin(self._owner, task, answered, behind_its_own=bool(self._pieces))
        self._pieces.append(Piece(event.utterance, event.start_s, job, pre_roll_s=event.pre_roll_s))

    def _withdraw(self, number: int) -> None:
        piece = self._pieces.find(number)
        if piece is not None:
            self._pieces.remove(piece)
            self._pool.cancel(piece.job)
            self._flush()

    # ------------------------------------------------------------ answers

    def _answered(self, number: int, answer: Answer) -> None:
        piece = self._pieces.find(number)
        if piece is None:
            return
        if isinstance(answer, EngineHypothesis):
            if piece is self._pieces[0]:
                self._say(hypothesis_of(self.request_id, piece, answer, self.order.manner))
            return
        piece.last = answer
        self._flush()

    def _flush(self) -> None:
        """Say the phrases that are due, in order."""
        while self._pieces and self._pieces[0].last is not None and not self.over.is_set():
            piece = self._pieces.popleft()
            self._phrase(piece)
        if self._pieces:
            self._pool.comes_next(self._pieces[0].job)
        self._room.set()
        self._settle()

    def _phrase(self, piece: Piece) -> None:
        phrase = phrase_of(self.request_id, piece, self.order.manner)
        self._covered_s = self._spoke_until_s = piece.end_s
        self._say_phrase(phrase)
        texts = {each.language: each.text for each in phrase.translations}
        for target, _voice in self.order.voices:
            if text := spoken(texts.get(target, "")):
                self._speech.say(target, text)
        if self.order.single:
            self._complete_after_one()

    def _silence(self, status: RecognitionStatus, until_s: float) -> None:
        """Say that there was nothing up to there, so that the client lets go of it."""
        begin_s, self._covered_s = self._covered_s, max(self._covered_s, until_s)
        span = ticks(begin_s), ticks(self._covered_s) - ticks(begin_s)
        self._say_phrase(Phrase(self.request_id, "", *span, status=status))

    def _say_phrase(self, phrase: Phrase) -> None:
        self._phrased = True
        self._say(phrase)
        self._metrics.phrases.labels(phrase.status.value).inc()

    # ------------------------------------------------------------ speech and the end

    def _send_speech(self, data: bytes) -> None:
        self._say(SynthesisAudio(self.request_id, data))

    def _speech_ended(self) -> None:
        self._say(SynthesisEnd(self.request_id))
        self._settle()

    def _complete_after_one(self) -> None:
        self._complete = True
        for piece in self._pieces:
            self._pool.cancel(piece.job)
        self._pieces.clear()
        self._settle()

    def _settle(self) -> None:
        """End the turn if everything is said; tell that there is nothing to do."""
        if not self.is_resting or self.over.is_set():
            return
        if self._complete:
            self._end()
        self._resting()

    def _end(self) -> None:
        if self._rest_counts:
            self._cover_rest()
        self._say(SpeechEnd(self.request_id, ticks(self._spoke_until_s or self.heard_s)))
        self._say(TurnEnd(self.request_id))
        self.over.set()
        self._room.set()

    def _cover_rest(self) -> None:
        """Say what became of the sound after the last phrase: for all of it clients wait, or ask in another turn."""
        end_s = ceil(round(self.heard_s * 1_000, 3)) / 1_000  # the native client counts whole milliseconds
        if self._may_be_single and not self._phrased:
            self._silence(RecognitionStatus.INITIAL_SILENCE, end_s)
        elif self.heard_s > self._covered_s and not self.order.single:
            self._silence(RecognitionStatus.END_OF_DICTATION, end_s)
