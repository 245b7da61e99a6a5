"""Tells the network: results, events, how the device is. Finals go into the outbox first, whatever the broker does."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daemon.board import Board
from daemon.config import Settings
from daemon.events import DropReason, Final, Interim, OutputEvent, SynthesizedSpeech, UtteranceDropped
from daemon.mailbox import Mailbox, Overflow
from daemon.mqtt.control import Answer
from daemon.mqtt.desk import Carrier
from daemon.mqtt.messages import LinkEvent, Received, Timing
from daemon.mqtt.publisher import Publisher
from daemon.mqtt.sources import About, Entrance, Pace, Sources
from daemon.settings import MqttSection, PrivacySection
from daemon.supervisor import Pulse

#: Finals and events that wait for the worker; beside them there may be one interim and one wake-up.
_CAPACITY = 64 + 2
#: Messages from the network that wait; more are dropped and counted.
_INBOUND = 512
#: Seconds for what is still here to reach the broker at the end, for `offline`, and for the farewell.
_DRAIN_S, _OFFLINE_S, _LEAVE_S = 0.8, 0.4, 0.7


class _Wake:
    """Ends the worker's wait: the board or the connection has changed, or it is to stop."""


class MqttOutput:
    """One consumer of results. `offer` and `wake` may be called by any thread; `run` is the worker.

    Called in the worker's thread: `metrics` once a minute, `about` once a second, `effective` (the settings in force)
    and `restart_required` (the keys that wait for the next start) often. Without `control` nothing is listened to.
    """

    def __init__(  # noqa: PLR0913 -- the composition root names each
        self,
        settings: MqttSection,
        privacy: PrivacySection,
        device: str,
        board: Board,
        *,
        boot: str,
        state_directory: Path | None,
        metrics: Callable[[], dict[str, Any]],
        about: Callable[[], About],
        effective: Callable[[], Settings],
        restart_required: Callable[[], tuple[str, ...]] = tuple,
        control: Carrier | None = None,
        timing: Timing | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._privacy = privacy
        self._device = device
        self._board = board
        self._boot = boot
        self._state_directory = state_directory
        self._metrics = metrics
        self._about = about
        self._effective = effective
        self._restart_required = restart_required
        self._control = control
        self._timing = timing or Timing()
        self._pace = pace or Pace()
        self._inbox: Mailbox[OutputEvent | _Wake] = Mailbox("mqtt", _CAPACITY, Overflow.REFUSE, _key)
        self._link_events: deque[LinkEvent] = deque()
        self._received: Mailbox[Received] = Mailbox("mqtt-inbound", _INBOUND, Overflow.REFUSE)
        self._answers: deque[Answer] = deque()
        #: Utterances whose final found no room: they are reported as dropped.
        self._turned_away: deque[int] = deque(maxlen=_CAPACITY)
        board.listen(lambda _snapshot: self.wake())

    def offer(self, event: OutputEvent) -> None:
        """Take an event for the network; never waits."""
        if isinstance(event, SynthesizedSpeech):
            return
        if not self._inbox.put(event) and isinstance(event, Final) and not self._inbox.closed:
            self._turned_away.append(event.utterance)

    def wake(self) -> None:
        """End the worker's wait."""
        self._inbox.put(_Wake())

    @property
    def queue_peak(self) -> int:
        """Most events that ever waited."""
        return self._inbox.peak

    @property
    def queue_drops(self) -> int:
        """Events that found no room."""
        return self._inbox.dropped

    def run(self, pulse: Pulse) -> None:
        """Publish until stopped; then drain, say ``stopped`` and ``offline``, and disconnect, within two seconds."""
        publisher = self._publisher()
        try:
            publisher.start()
            while pulse.beat():
                self._turn(publisher, publisher.patience_s())
            self._finish(publisher)
        finally:
            publisher.close(_LEAVE_S)

    def _publisher(self) -> Publisher:
        path = self._state_directory / "outbox.sqlite" if self._state_directory else None
        return Publisher(
            self._settings,
            self._privacy,
            self._device,
            self._board,
            boot=self._boot,
            path=path,
            sources=Sources(self._figures, self._about, self._effective, self._restart_required),
            notify=self._from_link,
            timing=self._timing,
            pace=self._pace,
            entrance=Entrance(self._control, self._answered) if self._control else None,
        )

    def _figures(self) -> dict[str, Any]:
        queues = {"mqtt_queue_peak": self.queue_peak, "mqtt_queue_drops": self.queue_drops}
        return {**self._metrics(), **queues, "mqtt_inbound_drops": self._received.dropped}

    def _from_link(self, event: LinkEvent) -> None:
        if isinstance(event, Received):
            self._received.put(event)
        else:
            self._link_events.append(event)
        self.wake()

    def _answered(self, answer: Answer) -> None:
        self._answers.append(answer)
        self.wake()

    def _turn(self, publisher: Publisher, patience_s: float) -> None:
        """Wait for something to happen, and do what it asks for."""
        for _room in range(_CAPACITY):
            event = self._inbox.get(patience_s)
            if event is None:
                break
            patience_s = 0.0
            if not isinstance(event, _Wake):
                publisher.take(event)
        while self._turned_away:
            publisher.take(UtteranceDropped(self._turned_away.popleft(), DropReason.BACKLOG))
        while self._link_events:
            publisher.from_link(self._link_events.popleft())
        for _room in range(_INBOUND):
            message = None if self._answers or publisher.answers_wait else self._received.get(0)
            if message is None:
                break
            publisher.from_link(message)
        while self._answers:
            publisher.answered(self._answers.popleft())
        publisher.turn()

    def _finish(self, publisher: Publisher) -> None:
        self._turn(publisher, 0)
        self._say(publisher, publisher.say_stopped, _DRAIN_S)
        self._say(publisher, publisher.say_offline, _OFFLINE_S)
        self._inbox.close()

    def _say(self, publisher: Publisher, say: Callable[[], None], deadline_s: float) -> None:
        """Say something and wait until the broker has it, if there is a connection."""
        say()
        ends = time.monotonic() + deadline_s
        while publisher.sending and time.monotonic() < ends:
            self._turn(publisher, 0.05)


def _key(event: OutputEvent | _Wake) -> str | None:
    if isinstance(event, Interim):
        return "interim"
    return "wake" if isinstance(event, _Wake) else None
