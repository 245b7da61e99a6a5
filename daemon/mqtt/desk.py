"""Where commands arrive and answers leave. Used by the thread that owns the outbox.

Every command is answered, the same command only once: a transaction that was answered gets that answer again, also
after a restart, so that a `restart` which the broker delivers twice does not loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from daemon.board import utc_now
from daemon.config_error import SettingError
from daemon.events import Fields, Notice
from daemon.mqtt import payloads, topics
from daemon.mqtt.control import Answer, refused
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.inbound import Plain, Rejected, Replay, Request, read
from daemon.mqtt.messages import Received
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.transactions import Transactions

#: Refusals without a command to answer are only counted; these too, for their sender is not there.
_SILENT = frozenset({"retained", "empty"})
#: Refusals that are no fault of what was asked: the device stops, the disk is full.
_PASSING = frozenset({"failed", "not_kept"})


@dataclass(frozen=True, slots=True)
class Books:
    """Where answers are remembered."""

    commands: Transactions
    #: What groups said has a book of its own: commands would push it out, and it would be followed again.
    groups: Transactions


class Carrier(Protocol):
    """Whoever carries out requests in a worker of its own."""

    def ask(self, request: Request, answer: Callable[[Answer], None]) -> bool:
        """Take a request; False if too many wait."""


class Desk:
    """Reads commands, answers those that concern the outbox itself, hands on the others.

    `answer` is called by the carrier's worker and brings the answer back into this thread, to `answered`.
    """

    def __init__(  # noqa: PLR0913 -- one caller, which names the last ones
        self,
        device: str,
        outbox: Outbox,
        delivery: Delivery,
        books: Books,
        carrier: Carrier,
        answer: Callable[[Answer], None],
        *,
        remote_replay: bool,
        rev: Callable[[], int],
        groups: Collection[str] = (),
    ) -> None:
        #: Commands taken, and messages refused by code, since the start.
        self.taken = 0
        self.refused: Counter[str] = Counter()
        self._device = device
        self._outbox = outbox
        self._delivery = delivery
        self._books = books
        self._carrier = carrier
        self._answer = answer
        self._remote_replay = remote_replay
        self._rev = rev
        self._groups = groups

    def receive(self, message: Received) -> None:
        """Deal with a message, whatever it holds."""
        request = read(message, self._device, self._groups)
        if isinstance(request, Rejected):
            self._reject(request)
            return
        book = self._book(request)
        known = book.answer(request.name, request.transaction)
        # What a group said before is forgotten: said once more after something else, it is news again.
        if known is None and book.begin(request.name, request.transaction, alone=request.group is not None):
            self.taken += 1
            self._perform(request)
        elif known is not None and request.group is None:  # a group speaks at every connect, and needs no answer
            self._send(request, payloads.repeated(known))

    def answered(self, answer: Answer) -> None:
        """Keep and send an answer."""
        request = answer.request
        payload = self._payload(answer)
        if request.group is not None and any(error.code in _PASSING for error in answer.errors):
            self._book(request).abandon(request.name, request.transaction)  # it is said again at the next connect
        else:
            self._book(request).end(request.name, request.transaction, payload)
        self._send(request, payload)
        self._tell_of(answer)

    def _book(self, request: Request) -> Transactions:
        return self._books.commands if request.group is None else self._books.groups

    def _reject(self, rejected: Rejected) -> None:
        self.refused[rejected.code] += 1
        if not rejected.name or rejected.code in _SILENT:
            return
        request = Request(rejected.name, rejected.transaction, Plain(), rejected.response_topic, rejected.correlation)
        answer = refused(request, rejected.code, rejected.message, rejected.path)
        self._send(request, self._payload(answer))
        self._tell_of(answer)

    def _tell_of(self, answer: Answer) -> None:
        """Tell everybody that settings were refused. Those that were taken are told of by whoever applies them."""
        if answer.errors and answer.request.of_settings:
            fields: Fields = {"transaction": answer.request.transaction, "rev": self._rev()}
            fields |= {"paths": [error.path for error in answer.errors]}
            fields |= {"codes": [error.code for error in answer.errors]}
            self._delivery.post(topics.EVENT, payloads.event(Notice("config_rejected", fields), utc_now()))

    def _perform(self, request: Request) -> None:
        if isinstance(request.arguments, Replay):
            self.answered(self._replay(request, request.arguments))
        elif request.name == "restart":
            self._restart(request)
        elif request.name == "forget":
            self._forget(request)
        else:
            self._hand_on(request, self._answer)

    def _forget(self, request: Request) -> None:
        """Erase what holds words, answers to `translate`, too; the carrier does the rest. Answer what could not be."""
        self._delivery.forget()
        kept = [file for file in (self._outbox.forget(), self._books.commands.forget("translate")) if file]
        errors = tuple(SettingError("", "not_kept", _left(file)) for file in kept)
        self._hand_on(request, lambda done: self._answer(replace(done, errors=done.errors + errors)))

    def _restart(self, request: Request) -> None:
        """Keep the answer before anything happens: after the restart it is too late."""
        payload = self._payload(Answer(request, {}))
        self._books.commands.end(request.name, request.transaction, payload)
        if self._hand_on(request, _ignore):
            self._send(request, payload)

    def _hand_on(self, request: Request, answer: Callable[[Answer], None]) -> bool:
        if self._carrier.ask(request, answer):
            return True
        self._book(request).abandon(request.name, request.transaction)
        busy = refused(request, "busy", "too many commands wait: try again in a moment")
        self._send(request, self._payload(busy))
        return False

    def _replay(self, request: Request, asked: Replay) -> Answer:
        if not self._remote_replay:
            return refused(request, "not_permitted", "privacy.remote_replay = false: nobody may ask for earlier finals")
        if self._delivery.replaying:
            return refused(request, "busy", "another replay is under way: try again in a moment")
        epoch = asked.epoch or self._outbox.epoch
        rows = self._outbox.since(asked.from_seq, asked.limit, epoch)
        self._delivery.replay(rows)
        ends = {"from_seq": rows[0].seq, "to_seq": rows[-1].seq} if rows else {"from_seq": None, "to_seq": None}
        return Answer(request, {"epoch": epoch, "count": len(rows), **ends})

    def _send(self, request: Request, payload: bytes) -> None:
        self._delivery.post(request.answer_topic, payload)
        if request.response_topic is not None:
            rule = topics.rule(request.answer_topic)
            self._delivery.reply(request.response_topic, payload, rule, request.correlation)

    def _payload(self, answer: Answer) -> bytes:
        request, result = answer.request, answer.result
        if "translations" in result:
            result = {"translations": payloads.translations(result["translations"])}
        if request.of_settings:
            result = {"rev": self._rev(), "applied": [], "restart_required": [], **result}
        if request.group is not None:
            result = {"group": request.group, **result}
        head = {"transaction": request.transaction, "status": "error" if answer.errors else "ok"}
        return payloads.encode({**head, **result, "errors": [_error(error) for error in answer.errors]})


def _left(file: Path) -> str:
    return (
        f"forgotten, but {file} cannot be erased: see that its disk can be written, "
        "and forget once more before the next start, which would bring the words back"
    )


def _ignore(_answer: Answer) -> None:
    """Take an answer that was sent already."""


def _error(error: SettingError) -> dict[str, str]:
    return {"path": error.path, "code": error.code, "message": error.message}
