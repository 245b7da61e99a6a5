"""What is on its way to the broker, and what is sent again when a connection is lost. Used by one thread.

Three kinds, each with its own short window, so that none holds up another and paho never has to queue:

- *retained topics*: only the newest payload counts; one of each in flight; all again on every connect.
- *letters*: events and answers, in order, bounded; again on the next connect until the broker has them.
- *finals*: read from the outbox in order, at most sixteen in flight.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from daemon.events import Notice
from daemon.mqtt import payloads, topics
from daemon.mqtt.messages import Connected, Publication, Refused
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.store import Row

_LOG = logging.getLogger(__name__)

_FINALS_IN_FLIGHT = 16
_LETTERS_IN_FLIGHT = 8
#: Events and answers that wait for the broker; the oldest go.
_LETTERS = 64
#: Refused finals that are known, for one connection; an older one may be offered once more.
_PASSED = 256
#: Bytes of a PUBLISH packet besides topic and payload: header, packet id and our properties, generously.
_OVERHEAD = 64

Send = Callable[[int, Publication], bool]


@dataclass(slots=True)
class _Retained:
    payload: bytes
    rule: topics.Rule
    #: Whether the broker is still to get this payload, and whether one of this topic is on its way.
    due: bool = True
    in_flight: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Letter:
    topic: str
    payload: bytes
    rule: topics.Rule
    correlation: bytes | None = None


class Delivery:
    """Sends through `send` what the broker is to have. Nothing here waits."""

    def __init__(self, device: str, outbox: Outbox, send: Send, *, retain_text: bool) -> None:
        #: Letters given up because too many waited.
        self.dropped = 0
        self._device = device
        self._outbox = outbox
        self._send = send
        self._retain_text = retain_text
        self._session: int | None = None
        self._window = 0
        self._maximum: int | None = None
        self._retained: dict[str, _Retained] = {}
        #: Retained topics that `forget` has erased until the next connection.
        self._withheld: frozenset[str] = frozenset()
        self._letters: deque[_Letter] = deque()
        self._letters_in_flight: list[_Letter] = []
        #: Of these, what is not to be sent again: its words were taken back.
        self._letters_forgotten: set[_Letter] = set()
        self._replays: deque[Row] = deque()
        self._finals: dict[str, Row] = {}
        self._passed: deque[str] = deque(maxlen=_PASSED)
        self._position = 0
        self._generation = outbox.generation

    @property
    def online(self) -> bool:
        """Whether there is a connection."""
        return self._session is not None

    @property
    def idle(self) -> bool:
        """Whether the broker has everything."""
        busy = any(topic.in_flight or topic.due for topic in self._retained.values())
        return not (busy or self._letters or self._letters_in_flight or self._finals)

    @property
    def answers_wait(self) -> bool:
        """Whether so many letters wait that more commands are better read later: letters that find no room go."""
        return len(self._letters) >= _LETTERS_IN_FLIGHT

    # -------------------------------------------------------------- what is to be sent

    def retain(self, name: str, payload: bytes, expires_s: int | None = None) -> None:
        """Have this be the payload of a retained topic from now on, unless it is withheld."""
        if name in self._withheld:
            return
        rule = topics.rule(name)
        if expires_s is not None:
            rule = replace(rule, expires_s=expires_s)
        known = self._retained.get(name)
        in_flight = known is not None and known.in_flight
        self._retained[name] = _Retained(payload, rule, in_flight=in_flight)

    def post(self, name: str, payload: bytes) -> None:
        """Send an event or an answer once, now or when there is a connection."""
        self.reply(topics.whole(self._device, name), payload, topics.rule(name))

    def reply(self, topic: str, payload: bytes, rule: topics.Rule, correlation: bytes | None = None) -> None:
        """Send to a topic that is given whole."""
        self._letters.append(_Letter(topic, payload, rule, correlation))
        while len(self._letters) > _LETTERS:
            self._letters.popleft()
            self.dropped += 1

    @property
    def replaying(self) -> bool:
        """Whether finals that somebody asked for are still to be sent."""
        return bool(self._replays)

    def replay(self, rows: list[Row]) -> None:
        """Send finals again, on ``replay``."""
        self._replays.extend(rows)

    def forget(self) -> None:
        """Take back every word: what waits, and what the broker retains."""
        self._replays.clear()
        self._letters.clear()
        self._letters_forgotten.update(self._letters_in_flight)
        self._finals.clear()
        card = topics.discovery(self._device)
        for name in (topics.LAST, card):
            self._retained[name] = _Retained(b"", topics.Rule(1, retained=True))
        self._withheld = frozenset((card,)) if self.online else frozenset()

    def show(self, name: str, payload: bytes) -> None:
        """Send a QoS 0 message now or never."""
        publication = Publication(topics.whole(self._device, name), payload, topics.rule(name))
        if self._session is not None and self._fits(publication):
            self._hand_over(publication)

    # -------------------------------------------------------------- what comes back

    def connected(self, event: Connected) -> None:
        """Begin anew on a connection: whatever the broker has not confirmed is sent again, in order."""
        self.disconnected()
        self._session, self._window, self._maximum = event.session, event.window, event.maximum_packet
        for topic in self._retained.values():
            topic.due = True
        self._retain_newest()

    def disconnected(self) -> None:
        """Take back what was on its way."""
        self._session = None
        self._withheld = frozenset()
        for topic in self._retained.values():
            topic.due, topic.in_flight = topic.due or topic.in_flight, False
        again = [letter for letter in self._letters_in_flight if letter not in self._letters_forgotten]
        self._letters.extendleft(reversed(again))
        self._letters_in_flight.clear()
        self._letters_forgotten.clear()
        self._finals.clear()
        self._passed.clear()
        self._position = 0
        self._outbox.settle()

    def acknowledged(self, token: object) -> None:
        """Take note that the broker has a message."""
        if isinstance(token, Row):
            if self._finals.pop(token.id, None) is not None:
                self._outbox.acknowledge(token)
        else:
            self._landed(token)

    def refused(self, event: Refused) -> None:
        """Take note that the broker does not want a message. A final stays in the outbox for the next connection."""
        if isinstance(event.token, Row):
            self._finals.pop(event.token.id, None)
            self._passed.append(event.token.id)
        else:
            self._landed(event.token)

    def _landed(self, token: object) -> None:
        if isinstance(token, str) and token in self._retained:
            self._retained[token].in_flight = False
        elif isinstance(token, _Letter) and token in self._letters_in_flight:
            self._letters_in_flight.remove(token)
            self._letters_forgotten.discard(token)

    # -------------------------------------------------------------- sending

    def pump(self) -> None:
        """Send what the windows allow."""
        if self._session is None:
            return
        self._pump_retained()
        self._pump_letters()
        self._pump_finals()
        if not self._finals:
            self._outbox.settle()

    def _pump_retained(self) -> None:
        for name, topic in self._retained.items():
            if not topic.due or topic.in_flight:
                continue
            publication = Publication(topics.whole(self._device, name), topic.payload, topic.rule, token=name)
            if not self._fits(publication):
                topic.due = False
            elif self._hand_over(publication):
                topic.due, topic.in_flight = False, True

    def _pump_letters(self) -> None:
        while self._replays and len(self._letters) < _LETTERS_IN_FLIGHT:
            self._letters.append(self._replay_letter(self._replays.popleft()))
        while self._letters and len(self._letters_in_flight) < _LETTERS_IN_FLIGHT:
            letter = self._letters[0]
            publication = Publication(letter.topic, letter.payload, letter.rule, letter, letter.correlation)
            if self._fits(publication):
                if not self._hand_over(publication):
                    return
                self._letters_in_flight.append(letter)
            self._letters.popleft()

    def _replay_letter(self, row: Row) -> _Letter:
        topic = topics.base(self._device) + topics.REPLAY
        fitting = row.payload if self._maximum is None else payloads.shortened(row.payload, self._room(topic))
        return _Letter(topic, fitting or row.payload, topics.RULES[topics.REPLAY])

    def _pump_finals(self) -> None:
        if self._generation != self._outbox.generation:
            self._generation, self._position = self._outbox.generation, 0
        room = _FINALS_IN_FLIGHT - len(self._finals)
        # Some of what is read may be in flight already, if the outbox has changed its store.
        rows = self._outbox.unacknowledged(self._position, room + len(self._finals)) if room > 0 else []
        for row in rows:
            if row.id not in self._finals and row.id not in self._passed and not self._publish_final(row):
                return
            self._position = row.position
            if len(self._finals) >= _FINALS_IN_FLIGHT:
                return

    def _publish_final(self, row: Row) -> bool:
        topic = topics.base(self._device) + topics.FINAL
        payload = row.payload if self._maximum is None else payloads.shortened(row.payload, self._room(topic))
        if payload is None:
            self._give_up(row)
            return True
        if not self._hand_over(Publication(topic, payload, topics.RULES[topics.FINAL], token=row)):
            return False
        self._finals[row.id] = row
        if (row.epoch, row.seq) == (self._outbox.epoch, self._outbox.seq):
            self._retain_newest()
            self._pump_retained()
        return True

    def _give_up(self, row: Row) -> None:
        """Let go of a final that this broker can never take."""
        _LOG.error("final %s does not fit into the %s bytes that the broker takes", row.id, self._maximum)
        self._outbox.acknowledge(row)
        fields: dict[str, str | int | float | bool | None] = {"epoch": row.epoch, "from_seq": row.seq}
        self._outbox.notices.append(Notice("outbox_dropped", {**fields, "to_seq": row.seq, "reason": "too_large"}))

    def _retain_newest(self) -> None:
        """Have the newest final on ``final/last`` for the rest of its hour."""
        newest = self._outbox.newest()
        lasts_s = topics.RULES[topics.LAST].expires_s or 0
        left_s = lasts_s - int(self._outbox.age_s(newest)) if newest else 0
        if newest is None or left_s <= 0:
            self._retained.pop(topics.LAST, None)
            return
        self.retain(topics.LAST, payloads.last(newest.payload, with_text=self._retain_text), min(left_s, lasts_s))

    def _hand_over(self, publication: Publication) -> bool:
        """Send, if the window has room; False if not."""
        full = publication.rule.qos > 0 and self._in_flight >= self._window
        return self._session is not None and not full and self._send(self._session, publication)

    @property
    def _in_flight(self) -> int:
        retained = sum(topic.in_flight for topic in self._retained.values())
        return retained + len(self._letters_in_flight) + len(self._finals)

    def _room(self, topic: str) -> int:
        return (self._maximum or 0) - len(topic.encode()) - _OVERHEAD

    def _fits(self, publication: Publication) -> bool:
        if self._maximum is None or len(publication.payload) <= self._room(publication.topic):
            return True
        _LOG.error("%s: %d bytes are more than the broker takes", publication.topic, len(publication.payload))
        self.dropped += 1
        return False
