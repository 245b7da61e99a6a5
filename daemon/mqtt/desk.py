"""Where commands arrive and answers leave. Used by the thread that owns the outbox.

Every command is answered, the same command only once: a transaction that was answered gets that answer again, also
after a restart, so that a `restart` which the broker delivers twice does not loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from daemon.mqtt import payloads, topics
from daemon.mqtt.control import Answer
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.inbound import Plain, Rejected, Replay, Request, read
from daemon.mqtt.messages import Received
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.transactions import Transactions

#: Refusals without a command to answer are only counted; these too, for their sender is not there.
_SILENT = frozenset({"retained"})


class Carrier(Protocol):
    """Whoever carries out requests in a worker of its own."""

    def ask(self, request: Request, answer: Callable[[Answer], None]) -> bool:
        """Take a request; False if too many wait."""


class Desk:
    """Reads commands, answers those that concern the outbox itself, hands on the others.

    `answer` is called by the carrier's worker and brings the answer back into this thread, to `answered`.
    """

    def __init__(
        self,
        device: str,
        outbox: Outbox,
        delivery: Delivery,
        transactions: Transactions,
        carrier: Carrier,
        answer: Callable[[Answer], None],
        *,
        remote_replay: bool,
    ) -> None:
        #: Commands taken, and messages refused by code, since the start.
        self.taken = 0
        self.refused: Counter[str] = Counter()
        self._device = device
        self._outbox = outbox
        self._delivery = delivery
        self._transactions = transactions
        self._carrier = carrier
        self._answer = answer
        self._remote_replay = remote_replay

    def receive(self, message: Received) -> None:
        """Deal with a message, whatever it holds."""
        command = read(message, self._device)
        if isinstance(command, Rejected):
            self._reject(command)
            return
        known = self._transactions.answer(command.name, command.transaction)
        if known is not None:
            self._send(command, known)
        elif self._transactions.begin(command.name, command.transaction):
            self.taken += 1
            self._perform(command)

    def answered(self, answer: Answer) -> None:
        """Keep and send an answer."""
        request = answer.request
        payload = _payload(request.transaction, answer)
        self._transactions.end(request.name, request.transaction, payload)
        self._send(request, payload)

    def _reject(self, rejected: Rejected) -> None:
        self.refused[rejected.code] += 1
        if not rejected.name or rejected.code in _SILENT:
            return
        request = Request(rejected.name, rejected.transaction, Plain(), rejected.response_topic, rejected.correlation)
        answer = Answer(request, {}, rejected.code, rejected.message, rejected.path)
        self._send(request, _payload(request.transaction, answer))

    def _perform(self, request: Request) -> None:
        if isinstance(request.arguments, Replay):
            self.answered(self._replay(request, request.arguments))
        elif request.name == "restart":
            self._restart(request)
        else:
            if request.name == "forget":
                self._outbox.forget()
                self._delivery.forget()
            self._hand_on(request, self._answer)

    def _restart(self, request: Request) -> None:
        """Keep the answer before anything happens: after the restart it is too late."""
        payload = _payload(request.transaction, Answer(request, {}))
        self._transactions.end(request.name, request.transaction, payload)
        if self._hand_on(request, _ignore):
            self._send(request, payload)

    def _hand_on(self, request: Request, answer: Callable[[Answer], None]) -> bool:
        if self._carrier.ask(request, answer):
            return True
        self._transactions.abandon(request.name, request.transaction)
        busy = Answer(request, {}, "busy", "too many commands wait: try again in a moment")
        self._send(request, _payload(request.transaction, busy))
        return False

    def _replay(self, request: Request, asked: Replay) -> Answer:
        if not self._remote_replay:
            return Answer(
                request, {}, "not_permitted", "privacy.remote_replay = false: nobody may ask for earlier finals"
            )
        if self._delivery.replaying:
            return Answer(request, {}, "busy", "another replay is under way: try again in a moment")
        epoch = asked.epoch or self._outbox.epoch
        rows = self._outbox.since(asked.from_seq, asked.limit, epoch)
        self._delivery.replay(rows)
        ends = {"from_seq": rows[0].seq, "to_seq": rows[-1].seq} if rows else {"from_seq": None, "to_seq": None}
        return Answer(request, {"epoch": epoch, "count": len(rows), **ends})

    def _send(self, request: Request, payload: bytes) -> None:
        self._delivery.post(f"{topics.RESPONSE}/{request.name}", payload)
        if request.response_topic is not None:
            self._delivery.reply(request.response_topic, payload, topics.RULES[topics.RESPONSE], request.correlation)


def _ignore(_answer: Answer) -> None:
    """Take an answer that was sent already."""


def _payload(transaction: str | None, answer: Answer) -> bytes:
    result: Mapping[str, Any] = answer.result
    if "translations" in result:
        result = {"translations": payloads.translations(result["translations"])}
    errors = [{"path": answer.path, "code": answer.code, "message": answer.message}] if answer.code else []
    head = {"transaction": transaction, "status": "error" if errors else "ok"}
    return payloads.encode({**head, **result, "errors": errors})
