"""A server of the Speech service's protocol for tests: real sockets, a recognizer of `spoken_code`, any trouble.

It translates a word into ``<language>:<word>``, and its speech says nothing but comes in the right form.
"""

from __future__ import annotations

import contextlib
import http
import socket
import ssl
import struct
import threading
import xml.etree.ElementTree as ET
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

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
    RecognitionStatus,
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
from daemon.wire.upgrade import Upgrade, parse_upgrade, with_query
from tests.support.spoken_code import Decoder, Word

#: Speech of one phrase, and the pieces in which it is sent.
SPEECH_RATE_HZ = 24_000
SPEECH = bytes(range(256)) * 60
_PIECE = 4_000
ABORT = "abort"


@dataclass
class Scenario:
    """What goes wrong; the default is nothing. What is consumed happens once for each entry."""

    #: HTTP statuses of the first requests for a connection, and what their answers say.
    statuses: deque[int] = field(default_factory=deque)
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: The first so many requests are never answered.
    unanswered: int = 0
    #: After so many words of a connection: a close code, or `ABORT`; consumed.
    cuts: deque[tuple[int, int | str]] = field(default_factory=deque)
    reason: str = ""
    #: Nothing more is said after so many words, in the first so many turns.
    silent_after: int | None = None
    silent_turns: int = 1
    #: What is never said, by type.
    unsaid: tuple[type, ...] = ()
    #: Each turn ends after so many phrases.
    phrases_a_turn: int | None = None
    ends_at_once: bool = False
    #: Every answer is so late, seconds.
    slow_s: float = 0.0
    #: Raw messages before every result.
    garbage: tuple[str | bytes, ...] = ()
    foreign_ids: bool = False
    twice: bool = False
    negative: bool = False
    #: Phrases come in pairs, the later one first, with an old hypothesis after them.
    disordered: bool = False
    status: RecognitionStatus = RecognitionStatus.SUCCESS
    translation_error: str | None = None
    speech: bytes = SPEECH
    vocabulary: Vocabulary | None = None


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


class SpeechServer:
    """A context: serves on a loopback port inside."""

    def __init__(self, scenario: Scenario | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.scenario = scenario or Scenario()
        self.upgrades: list[Upgrade] = []
        self.turns: list[Turn] = []
        self.messages: list[ClientMessage] = []
        self.raw: list[str | bytes] = []
        self.synthesized: list[str] = []
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self._tls = tls
        self._open: set[ServerConnection] = set()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://localhost:{self.port}"

    def __enter__(self) -> Self:
        self._server = serve(
            self._serve,
            "127.0.0.1",
            self.port,
            ssl=self._tls,
            process_request=self._admit,
            compression=None,
            close_timeout=0.2,
        )
        self.port = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="speech server")
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.stopping.set()
        for connection in list(self._open):
            abort(connection)
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join(5)

    def wait_for(self, condition, deadline_s: float = 10.0) -> None:
        """Wait until something that the server saw makes a condition true."""
        with self.changed:
            if not self.changed.wait_for(condition, deadline_s):
                raise TimeoutError(f"not within {deadline_s:g} s; turns: {self.turns}; upgrades: {self.upgrades}")

    def cut_all(self) -> None:
        """Abort every connection."""
        for connection in list(self._open):
            abort(connection)

    # ------------------------------------------------------------ inside

    def note(self, change) -> None:
        with self.changed:
            change()
            self.changed.notify_all()

    def _admit(self, connection, request):
        upgrade = parse_upgrade(request.path, request.headers.raw_items())
        self.note(lambda: self.upgrades.append(upgrade))
        if self.scenario.unanswered:
            self.scenario.unanswered -= 1
            self._open.add(connection)
            self.stopping.wait()
            return None
        if self.scenario.statuses:
            status = self.scenario.statuses.popleft()
            if status != http.HTTPStatus.SWITCHING_PROTOCOLS:
                response = connection.respond(status, self.scenario.body)
                response.headers.update(self.scenario.headers)
                return response
        return None

    def _serve(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        upgrade = parse_upgrade(connection.request.path, connection.request.headers.raw_items())
        with contextlib.suppress(ConnectionClosed, OSError):
            Conversation(self, connection, upgrade).run()
        self._open.discard(connection)


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
