"""What is published when: one run of the MQTT output's worker. Used by one thread, save for its keeper's."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from daemon.board import Board, utc_now
from daemon.events import Fields, Final, Interim, Notice, OutputEvent, UtteranceDropped, asked_by, speech_of
from daemon.mqtt import caller, payloads, plain_captions, topics
from daemon.mqtt.access import is_exposed
from daemon.mqtt.announcements import Announcements
from daemon.mqtt.control import Answer
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.desk import Books, Desk
from daemon.mqtt.keeper import Keeper
from daemon.mqtt.messages import Acknowledged, Connected, Disconnected, LinkEvent, Received, Refused, Timing, Unheard
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.refusals import Refusals
from daemon.mqtt.ring import Limits
from daemon.mqtt.sources import Entrance, Pace, Sources
from daemon.mqtt.standing import Standing
from daemon.mqtt.transactions import Transactions
from daemon.settings import MqttSection, PrivacySection

_LOG = logging.getLogger(__name__)

#: Problems of the connection; at most one of them stands on the board.
_LINK_PROBLEMS = ("mqtt_unreachable", "mqtt_refused", "mqtt_client_clash", "clock_unsynced")
#: Longest wait of the worker, seconds: it looks after its clocks and its keeper so often.
_LONGEST_WAIT_S = 1.0
#: Finals whose speech may not have finished.
_SPOKEN = 16


class Publisher:
    """Takes results and the link's events; publishes by the contract."""

    def __init__(  # noqa: PLR0913 -- one caller, which names most
        self,
        settings: MqttSection,
        privacy: PrivacySection,
        device: str,
        board: Board,
        *,
        boot: str,
        path: Path | None,
        sources: Sources,
        notify: Callable[[LinkEvent], None],
        timing: Timing,
        pace: Pace,
        entrance: Entrance | None = None,
    ) -> None:
        self._settings = settings
        self._board = board
        self._boot = boot
        self._sources = sources
        self._timing = timing
        self._pace = pace
        groups = sources.settings().device.groups
        subscriptions = topics.commands(device, groups) if entrance else ()
        self._keeper = Keeper(settings, caller.device(device), notify, subscriptions=subscriptions, timing=timing)
        self._outbox = Outbox(path, boot, Limits(hours=privacy.keep_finals_h))
        self._delivery = Delivery(device, self._outbox, self._keeper.send, retain_text=privacy.retain_last)
        self._standing = Standing(
            board, self._outbox, self._delivery, boot=boot, config_rev=self._rev, final_seq_s=pace.final_seq_s
        )
        self._refusals = Refusals(board, device)
        told = path.with_name("home-assistant.json") if path else None
        self._announcements = Announcements(device, self._outbox, self._delivery, sources, pace, told)
        self._desk = self._open_desk(device, privacy, path, entrance) if entrance else None
        self._captions = plain_captions.PlainCaptions()
        self._interim: Interim | None = None
        #: Id of a final's speech inside → what the network knows it by.
        self._spoken: deque[tuple[str, Fields]] = deque(maxlen=_SPOKEN)
        self._interim_at = 0.0
        self._metrics_at = time.monotonic() + pace.metrics_s
        self._recover_at = time.monotonic() + pace.recover_s
        self._lost_at: float | None = None

    def _open_desk(self, device: str, privacy: PrivacySection, path: Path | None, entrance: Entrance) -> Desk:
        books = Books(
            Transactions(path.with_name("transactions.json") if path else None),
            Transactions(path.with_name("groups.json") if path else None),
        )
        return Desk(
            device,
            self._outbox,
            self._delivery,
            books,
            entrance.carrier,
            entrance.answer,
            remote_replay=privacy.remote_replay,
            rev=self._rev,
            groups=self._sources.settings().device.groups,
        )

    def _rev(self) -> int:
        return self._sources.settings().rev

    def start(self) -> None:
        """Begin to connect."""
        if is_exposed(self._settings):
            allowed = self._settings.allow_plaintext
            sent = "the password too" if allowed else "no password is sent"
            or_allow = "" if allowed else ", or allow it: mqtt.allow_plaintext = true"
            self._board.problem(
                "mqtt_plaintext",
                f"what is said goes to {self._settings.host} readable for everybody on the network, {sent}: "
                f"set mqtt.tls or mqtt.ca_file{or_allow}",
                accepted=allowed,
            )
        self._delivery.retain(topics.AVAILABILITY, payloads.ONLINE)
        self._keeper.start()

    @property
    def sending(self) -> bool:
        """Whether there is a connection and something that the broker does not have yet."""
        return self._delivery.online and not self._delivery.idle

    @property
    def answers_wait(self) -> bool:
        """Whether commands are better read later."""
        return self._delivery.answers_wait

    def patience_s(self) -> float:
        """Return how long there is nothing to do unless something happens."""
        due = [self._metrics_at] + ([self._interim_at] if self._interim else [])
        return max(0.0, min(_LONGEST_WAIT_S, min(due) - time.monotonic()))

    def close(self, deadline_s: float) -> None:
        """Say goodbye to the broker and close the outbox."""
        if not self._keeper.stop(deadline_s):
            _LOG.warning("the MQTT link still waits for the network; it ends by itself")
        self._outbox.close()

    # -------------------------------------------------------------- results

    def take(self, event: OutputEvent) -> None:
        """Publish a result or an event, or keep it until that is possible."""
        if isinstance(event, Final):
            self._take_final(event)
        elif isinstance(event, Interim):
            self._interim = event
        elif isinstance(event, UtteranceDropped):
            self._over(event.utterance)
            self._delivery.post(topics.EVENT, payloads.dropped(event, utc_now()))
        elif isinstance(event, Notice):
            self._delivery.post(topics.EVENT, payloads.event(self._as_known(event), utc_now()))

    def _as_known(self, notice: Notice) -> Notice:
        """Name speech as the network knows it: a final's after the final, a command's by its transaction."""
        if not isinstance(speech := notice.fields.get("id"), str):
            return notice
        return replace(notice, fields=notice.fields | dict(self._spoken).get(speech, {"id": asked_by(speech)}))

    def _take_final(self, result: Final) -> None:
        at = utc_now()
        row = self._outbox.append(
            lambda epoch, seq: payloads.final(result, epoch=epoch, seq=seq, boot=self._boot, at=at)
        )
        name: Fields = {"id": payloads.final_id(row.epoch, row.seq), "utterance": result.utterance}
        self._spoken.append((speech_of(result.utterance), name))
        # Before the captions: a broker with Nagle's algorithm on holds back for 40 ms what follows a small packet.
        self._delivery.pump()
        self._over(result.utterance)
        self._show_captions(result)

    def _over(self, utterance: int) -> None:
        """Let no interim follow the end of its utterance."""
        if self._interim is not None and self._interim.utterance <= utterance:
            self._interim = None

    def _show_interim(self, now: float) -> None:
        if self._interim is None or not self._delivery.online:
            self._interim = None
        elif now >= self._interim_at:
            self._delivery.show(topics.INTERIM, payloads.interim(self._interim, utc_now()))
            self._show_captions(self._interim)
            self._interim, self._interim_at = None, now + self._pace.interim_s

    def _show_captions(self, result: Interim | Final) -> None:
        for lang, text in self._captions.of(result).items():
            self._delivery.show(topics.caption(lang), text)

    # -------------------------------------------------------------- the link

    def from_link(self, event: LinkEvent) -> None:
        """Take note of what became of the connection or a message."""
        if isinstance(event, Acknowledged):
            self._delivery.acknowledged(event.token)
            self._refusals.taken(event.topic)
        elif isinstance(event, Connected):
            self._connected(event)
        elif isinstance(event, Disconnected):
            self._disconnected(event)
        elif isinstance(event, Received):
            self._received(event)
        elif isinstance(event, Refused):
            self._delivery.refused(event)
            self._refusals.refused(event.topic, event.reason)
        elif isinstance(event, Unheard):
            self._refusals.unheard(event.topic, event.reason)

    def _received(self, message: Received) -> None:
        if message.topic == topics.HOME_ASSISTANT_STATUS:
            self._announcements.home_assistant_is(message.payload, time.monotonic())
        elif self._desk is not None:
            self._desk.receive(message)

    def answered(self, answer: Answer) -> None:
        """Send the answer to a command."""
        if self._desk is not None:
            self._desk.answered(answer)

    def _connected(self, event: Connected) -> None:
        for code in _LINK_PROBLEMS:
            self._board.solved(code)
        self._refusals.forget()
        self._announcements.connected()
        self._announcements.turn(time.monotonic())
        self._delivery.connected(event)
        if self._forgotten(event):
            self.take(Notice("broker_state_lost"))
        self._lost_at = None

    def _forgotten(self, event: Connected) -> bool:
        """Whether the broker lost a session that it was to keep, and with it whatever it had acknowledged."""
        away_s = time.monotonic() - self._lost_at if self._lost_at is not None else float("inf")
        return not event.remembered and away_s < self._timing.session_s

    def _disconnected(self, event: Disconnected) -> None:
        if self._delivery.online:
            self._lost_at = time.monotonic()
        self._delivery.disconnected()
        self._refusals.forget()
        self._board.problem(event.code, f"{event.detail}; finals are kept and sent later")
        for code in _LINK_PROBLEMS:
            if code != event.code:
                self._board.solved(code)

    # -------------------------------------------------------------- by the clock

    def turn(self) -> None:
        """Do what is due, and send what the broker may have. Raises `RuntimeError` if the link's thread has died."""
        now = time.monotonic()
        if not self._keeper.alive:
            raise RuntimeError("the thread of the MQTT link has died")
        self._show_interim(now)
        self._show_metrics(now)
        if now >= self._recover_at:
            self._recover_at = now + self._pace.recover_s
            self._outbox.recover()
        while self._outbox.notices:
            self.take(self._outbox.notices.pop(0))
        self._standing.tell_board()
        self._announcements.turn(now)
        self._delivery.pump()
        self._standing.tell_network(now)
        self._delivery.pump()

    def _show_metrics(self, now: float) -> None:
        if now < self._metrics_at:
            return
        self._metrics_at = now + self._pace.metrics_s
        try:
            figures = self._sources.metrics()
        except Exception:  # noqa: BLE001 -- a gauge of another room that fails must not stop what people read
            _LOG.exception("no metrics")
            figures = {}
        counters = self._keeper.counters
        own: dict[str, Any] = {
            "outbox": self._outbox.figures(),
            "mqtt_connects": counters.connects,
            "mqtt_failures": counters.failures,
            "mqtt_callback_errors": counters.callback_errors,
            "mqtt_dropped": self._delivery.dropped + counters.congested,
        }
        if self._desk is not None:
            own |= {"commands": self._desk.taken, "commands_refused": dict(self._desk.refused)}
        self._delivery.show(topics.METRICS, payloads.metrics({**figures, **own}, utc_now()))

    # -------------------------------------------------------------- the end

    def say_stopped(self) -> None:
        """Have ``state`` say that the daemon stops, after whatever is still to be sent."""
        self._standing.stop()
        self.turn()

    def say_offline(self) -> None:
        """Have ``availability`` say that nobody is here any more."""
        self._delivery.retain(topics.AVAILABILITY, payloads.OFFLINE)
        self._delivery.pump()
