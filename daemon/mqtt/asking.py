"""Asks a device elsewhere to change its settings, and waits for its answer: for `dragoman config set --device`."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from daemon.mailbox import Mailbox, Overflow
from daemon.mqtt import payloads, topics
from daemon.mqtt.caller import Caller
from daemon.mqtt.keeper import Keeper
from daemon.mqtt.messages import Connected, Disconnected, LinkEvent, Publication, Received, Refused, Timing, Unheard
from daemon.settings import MqttSection

#: Seconds for an answer: the device may just be connecting again.
PATIENCE_S = 10.0
#: Seconds until it is asked again.
_AGAIN_S = 1.0
_GOODBYE_S = 1.0
#: Largest answer that is read, bytes.
_MOST_BYTES = 65_536
_WAITING = 256


class NoAnswer(Exception):
    """The device did not answer. The text says why, as far as it can be known."""


def change_settings(
    settings: MqttSection, account: str, device: str, values: Mapping[str, Any], patience_s: float = PATIENCE_S
) -> dict[str, Any]:
    """Return the device's answer to a merge patch. `account` as in `Caller`. Raises `NoAnswer`."""
    question = _Question(device, values)
    events: Mailbox[LinkEvent] = Mailbox("asking", _WAITING, Overflow.REFUSE)

    def hear(event: LinkEvent) -> None:
        events.put(event)

    caller = Caller(f"dragoman-{secrets.token_hex(4)}", account, _MOST_BYTES, stored=True)
    keeper = Keeper(settings, caller, hear, subscriptions=question.subscriptions, timing=Timing())
    keeper.start()
    try:
        answer = _wait(question, events, keeper, time.monotonic() + patience_s)
    finally:
        keeper.stop(_GOODBYE_S)
    if answer is None:
        raise NoAnswer(question.silence(patience_s))
    return answer


def _wait(question: _Question, events: Mailbox[LinkEvent], keeper: Keeper, ends_s: float) -> dict[str, Any] | None:
    """Ask until there is an answer. A device that was just connecting heard nothing; one that did answers once."""
    session: int | None = None
    while (left_s := ends_s - time.monotonic()) > 0:
        event = events.get(min(left_s, _AGAIN_S))
        if isinstance(event, Connected):
            session = event.session
        elif event is not None and (answer := question.answer_in(event)) is not None:
            return answer
        if session is not None and (event is None or isinstance(event, Connected)):
            keeper.send(session, question.publication)
    return None


class _Question:
    def __init__(self, device: str, values: Mapping[str, Any]) -> None:
        self._device = device
        self._base = topics.base(device)
        self._transaction = secrets.token_hex(8)
        self._online = False
        self.subscriptions = (self._base + topics.CONFIG_RESPONSE, self._base + topics.AVAILABILITY)
        payload = payloads.encode({"transaction": self._transaction, "values": values})
        self.publication = Publication(f"{self._base}{topics.CONFIG}/set", payload, topics.Rule(1), self)

    def answer_in(self, event: LinkEvent) -> dict[str, Any] | None:
        """Return the answer if this is it. Raises `NoAnswer` if there will be none."""
        if isinstance(event, Disconnected):
            raise NoAnswer(event.detail)
        if isinstance(event, Unheard) and event.topic.endswith(topics.CONFIG_RESPONSE):
            raise NoAnswer(f"the broker does not let it read {event.topic}: {event.reason}; check its access rules")
        if isinstance(event, Refused):
            raise NoAnswer(f"the broker does not take {event.topic}: {event.reason}; check its access rules")
        if not isinstance(event, Received):
            return None
        if event.topic.endswith(topics.AVAILABILITY):
            self._online = event.payload == payloads.ONLINE
            return None
        return self._own(event.payload)

    def silence(self, patience_s: float) -> str:
        """Return what to say when nothing came."""
        if self._online:
            return f"{self._device} is online but did not answer within {patience_s:g} s: see its journal"
        return f"no answer from {self._device} within {patience_s:g} s: it is offline, or its id is another"

    def _own(self, payload: bytes) -> dict[str, Any] | None:
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            return None
        mine = isinstance(answer, dict) and answer.get("transaction") == self._transaction
        return answer if mine else None
