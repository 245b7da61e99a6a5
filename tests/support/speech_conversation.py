"""One connection to a server of the Speech service's protocol: turns, words by `spoken_code`, speech, and trouble."""

from __future__ import annotations

import contextlib
import socket
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from websockets.sync.server import ServerConnection

from daemon.wire.context import Mode, SpeechContext
from daemon.wire.from_client import (
    Audio,
    AudioCommit,
    AudioStart,
    ClientMessage,
    SpeechConfig,
    Ssml,
    SynthesisContext,
    TurnContext,
    UpdateLanguages,
    parse_client,
)
from daemon.wire.from_server import encode_server
from daemon.wire.messages import (
    Hypothesis,
    Phrase,
    ServerMessage,
    SpeechEnd,
    SpeechStart,
    SynthesisAudio,
    SynthesisEnd,
    SynthesisResponse,
    Translated,
    TurnEnd,
    TurnStart,
    Vocabulary,
)
from daemon.wire.sound import SoundShape, riff_header
from daemon.wire.units import new_id, ticks
from daemon.wire.upgrade import Upgrade, with_query
from tests.support.speech_scenario import ABORT, SPEECH_RATE_HZ
from tests.support.spoken_code import Decoder, Word

if TYPE_CHECKING:
    from tests.support.speech_server import SpeechServer

#: Speech is sent in pieces of so many bytes.
_PIECE = 4_000


@dataclass
class Turn:
    """One that a client has begun."""

    request_id: str
    context: SpeechContext
    connection: int
    shape: SoundShape | None = None
    decoder: Decoder = field(default_factory=Decoder)
    started: bool = False
    phrases: int = 0
    held: list[Phrase] = field(default_factory=list)
    over: bool = False
    complete: bool = False


class Conversation:
    """One connection."""

    def __init__(self, server: SpeechServer, connection: ServerConnection, upgrade: Upgrade) -> None:
        self.server = server
        self.scenario = server.scenario
        self.connection = connection
        self.upgrade = upgrade
        self.number = len(server.upgrades)
        self.words = 0
        self.turn: Turn | None = None
        self.output_format = ""
        self.silent = False

    def run(self) -> None:
        for message in self.connection:
            said = parse_client(message)
            self.server.note(lambda said=said, message=message: self._note(said, message))
            self.answer(said)

    def _note(self, said: ClientMessage, message: str | bytes) -> None:
        self.server.messages.append(said)
        self.server.raw.append(message)

    def answer(self, message: ClientMessage) -> None:
        match message:
            case TurnContext():
                context = with_query(message.context, self.upgrade)
                self.turn = Turn(message.request_id, context, self.number)
                self.server.note(lambda: self.server.turns.append(self.turn))
                self.fall_silent()
            case AudioStart():
                self.turn.shape = message.shape
                self.start_turn()
                self.sound(message.pcm)
            case Audio() if self.turn is not None and message.request_id == self.turn.request_id:
                self.sound(message.pcm) if message.pcm else self.end_of_sound()
            case UpdateLanguages() if self.turn is not None:
                context = self.turn.context
                self.turn.context = SpeechContext(context.language, message.targets, voices=context.voices)
            case SynthesisContext():
                self.output_format = message.output_format
            case Ssml():
                self.speak_text(message)
            case SpeechConfig() | AudioCommit() | _:
                pass

    # ------------------------------------------------------------ recognition

    def start_turn(self) -> None:
        if not self.turn.started:
            self.turn.started = True
            self.send(TurnStart(self.turn.request_id, new_id()))
            if self.scenario.ends_at_once:
                self.end_turn(self.turn)

    def sound(self, pcm: bytes) -> None:
        turn = self.turn
        self.start_turn()
        if turn.over:
            return
        for event in turn.decoder.feed(pcm):
            if event == "word":
                self.word(turn)
            elif event == "phrase":
                self.phrase(turn)

    def word(self, turn: Turn) -> None:
        self.words += 1
        if len(turn.decoder.phrase) == 1:
            self.send(SpeechStart(turn.request_id, ticks(turn.decoder.phrase[0].begin_s)))
        if turn.context.interims:
            self.result(Hypothesis(turn.request_id, *said(turn.decoder.phrase), self.translated(turn)))
        if self.scenario.cuts and self.words >= self.scenario.cuts[0][0]:
            self.cut(self.scenario.cuts.popleft()[1])
        self.fall_silent()

    def phrase(self, turn: Turn) -> None:
        error = self.scenario.translation_error
        translations = self.translated(turn) if error is None else ()
        phrase = Phrase(turn.request_id, *said(turn.decoder.phrase), translations, "", self.scenario.status, error)
        turn.decoder.phrase.clear()
        turn.phrases += 1
        if self.scenario.disordered:
            self.out_of_order(turn, phrase)
        else:
            self.whole_phrase(phrase)
        self.speak(turn)
        if turn.phrases == self.scenario.phrases_a_turn or turn.context.mode is Mode.INTERACTIVE:
            self.end_turn(turn)

    def whole_phrase(self, phrase: Phrase) -> None:
        self.result(phrase)
        if self.scenario.twice:
            self.result(phrase)

    def out_of_order(self, turn: Turn, phrase: Phrase) -> None:
        turn.held.append(phrase)
        if len(turn.held) < 2:
            return
        late = turn.held[0]
        for held in reversed(turn.held):
            self.whole_phrase(held)
        turn.held.clear()
        self.result(Hypothesis(turn.request_id, late.text, late.offset_ticks, late.duration_ticks, late.translations))

    def end_of_sound(self) -> None:
        turn = self.turn
        turn.complete = True
        if turn.over:
            return
        self.start_turn()
        self.sound(bytes(640))
        if turn.decoder.phrase:
            self.phrase(turn)
        for held in turn.held:
            self.whole_phrase(held)
        if not turn.over:
            self.send(SpeechEnd(turn.request_id, ticks(turn.decoder.heard_s)))
            self.end_turn(turn)

    def end_turn(self, turn: Turn) -> None:
        turn.over = True
        self.send(TurnEnd(turn.request_id))

    def translated(self, turn: Turn) -> tuple[Translated, ...]:
        words = turn.decoder.phrase
        return tuple(
            Translated(target, " ".join(f"{target}:{word.text}" for word in words)) for target in turn.context.targets
        )

    # ------------------------------------------------------------ speech

    def speak(self, turn: Turn) -> None:
        if not turn.context.voices:
            return
        for piece in pieces(self.scenario.speech):
            self.send(SynthesisAudio(turn.request_id, piece))
        self.send(SynthesisEnd(turn.request_id))

    def speak_text(self, message: Ssml) -> None:
        text = "".join(ET.fromstring(message.text).itertext())  # noqa: S314 -- what our own client sent
        self.server.note(lambda: self.server.synthesized.append(text))
        stream = new_id()
        self.send(TurnStart(message.request_id))
        self.send(SynthesisResponse(message.request_id, stream))
        for piece in pieces(self.scenario.speech * max(1, len(text) // 20)):
            self.send(SynthesisAudio(message.request_id, piece, stream))
        self.send(TurnEnd(message.request_id))

    # ------------------------------------------------------------ trouble

    def result(self, message: Hypothesis | Phrase) -> None:
        for garbage in self.scenario.garbage:
            self.connection.send(garbage)
        if self.scenario.foreign_ids:
            self.send(type(message)(new_id(), "foreign", message.offset_ticks, message.duration_ticks))
        if self.scenario.negative:
            message = type(message)(message.request_id, message.text, -ticks(1), ticks(2), message.translations)
        if self.scenario.bare_first:
            self.connection.send(encode_server(message, Vocabulary.RECOGNITION))
        self.send(message)

    def fall_silent(self) -> None:
        if self.words == self.scenario.silent_after and len(self.server.turns) <= self.scenario.silent_turns:
            self.silent = True

    def send(self, message: ServerMessage) -> None:
        if self.silent or isinstance(message, self.scenario.unsaid):
            return
        if self.scenario.slow_s:
            self.server.stopping.wait(self.scenario.slow_s)
        vocabulary = self.scenario.vocabulary or self.upgrade.vocabulary
        self.connection.send(encode_server(message, vocabulary))

    def cut(self, how: int | str) -> None:
        if how == ABORT:
            abort(self.connection)
        else:
            self.connection.close(how, self.scenario.reason)


def said(words: list[Word]) -> tuple[str, int, int]:
    """Return text, offset and duration of a phrase."""
    begin, end = words[0].begin_s, words[-1].end_s
    return " ".join(word.text for word in words), ticks(begin), ticks(end - begin)


def pieces(speech: bytes) -> list[bytes]:
    if not speech:
        return []
    data = riff_header(SoundShape(SPEECH_RATE_HZ)) + speech
    return [data[at : at + _PIECE] for at in range(0, len(data), _PIECE)]


def abort(connection: ServerConnection) -> None:
    """End a connection as a cable that is pulled out and a machine that forgets: without a word, at once."""
    with contextlib.suppress(OSError):
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.shutdown(socket.SHUT_RDWR)
