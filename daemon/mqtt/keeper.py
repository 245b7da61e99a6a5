"""Keeps a connection to the broker up, in a thread of its own: a connect may hang in the network for seconds."""

from __future__ import annotations

import contextlib
import logging
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from daemon.mailbox import Mailbox, Overflow
from daemon.mqtt.caller import Caller
from daemon.mqtt.link import Link
from daemon.mqtt.messages import Disconnected, LinkEvent, Publication, Timing
from daemon.mqtt.trouble import clash
from daemon.settings import MqttSection

_LOG = logging.getLogger(__name__)

#: Publications that wait for the link.
_OUTGOING = 64
#: Doublings of the retry's ceiling with which two devices of one name begin to wait for each other.
_CLASH_ATTEMPT = 5
#: Not every broker says that another client took our session (mosquitto 2.0.11 only closes it): when it let us in and
#: dropped us so many times in a row, that is what to suspect.
_SUSPICIOUS = 3
#: Seconds for the broker to close the connection once we said goodbye.
_GOODBYE_S = 0.5


@dataclass(slots=True)
class Counters:
    """What happened since the start."""

    connects: int = 0
    failures: int = 0
    callback_errors: int = 0
    #: QoS 0 messages not sent because earlier ones still waited for the network.
    congested: int = 0


class Keeper:
    """Connects, and connects again. `notify` is called in the keeper's thread; it only puts into a mailbox."""

    def __init__(
        self,
        settings: MqttSection,
        caller: Caller,
        notify: Callable[[LinkEvent], None],
        *,
        subscriptions: tuple[str, ...] = (),
        timing: Timing | None = None,
    ) -> None:
        self.counters = Counters()
        self._settings = settings
        self._caller = caller
        self._notify = notify
        self._subscriptions = subscriptions
        self._timing = timing or Timing()
        self._outgoing: Mailbox[tuple[int, Publication]] = Mailbox("mqtt-link", _OUTGOING, Overflow.REFUSE)
        self._number = 0
        self._stopping = threading.Event()
        self._waker, self._woken = socket.socketpair()
        for end in (self._waker, self._woken):
            end.settimeout(0)
        self._thread = threading.Thread(target=self._run, name="mqtt-link", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread runs: it ends only by `stop`, or by a fault."""
        return self._thread.is_alive()

    def send(self, session: int, publication: Publication) -> bool:
        """Hand over a message for a connection; False if there is no room. Never waits.

        It is dropped if that connection is over: who needs it sent learns so from `Disconnected`.
        """
        taken = self._outgoing.put((session, publication))
        with contextlib.suppress(OSError):  # full: awake already; closed: ended
            self._waker.send(b"\0")
        return taken

    def stop(self, deadline_s: float) -> bool:
        """Send what was handed over, say goodbye and end; False if the thread still hangs in a connect by then."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")
        if self._thread.ident is None:
            self._give_back()
            return True
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _give_back(self) -> None:
        self._waker.close()
        self._woken.close()

    # -------------------------------------------------------------- the keeper's thread

    def _run(self) -> None:
        try:
            self._keep_connected()
        except Exception as error:  # noqa: BLE001 -- the output sees that the thread is gone and starts anew
            _LOG.exception("the MQTT link failed")
            self._notify(Disconnected("mqtt_unreachable", f"the MQTT link failed: {error!r}; it is started again"))
        finally:
            self._give_back()

    def _keep_connected(self) -> None:
        attempt = short_lives = 0
        while not self._stopping.is_set():
            self._number += 1
            link = Link(self._settings, self._caller, self._timing, self._number, self._notify)
            began = time.monotonic()
            let_in = self._live(link)
            settled = let_in and time.monotonic() - began > self._timing.settled_s
            self.counters.callback_errors += link.callback_errors
            if self._stopping.is_set():
                return
            self.counters.failures += 1
            short_lives = short_lives + 1 if let_in and not settled else 0
            trouble = clash(self._caller.id) if short_lives >= _SUSPICIOUS else link.trouble
            self._notify(trouble)
            attempt = 1 if settled else attempt + 1
            if trouble.code == "mqtt_client_clash":
                attempt = max(attempt, _CLASH_ATTEMPT)
            self._stopping.wait(self._retry_s(attempt))

    def _retry_s(self, attempt: int) -> float:
        """Full jitter: anywhere below a ceiling that doubles, so that a house full of devices does not come as one."""
        first, longest = self._timing.first_retry_s, self._timing.longest_retry_s
        return random.uniform(first, max(first, min(longest, first * 2.0 ** min(attempt, 16))))  # noqa: S311 -- jitter

    def _live(self, link: Link) -> bool:
        """Use one connection until it ends; return whether the broker had let us in."""
        let_in = False
        try:
            going = link.open(self._subscriptions)
            while going and not self._stopping.is_set():
                going = link.turn(self._woken)
                self.counters.connects += link.connected and not let_in
                let_in = let_in or link.connected
                self._publish(link)
            if going and link.connected:
                self._leave(link)
        finally:
            link.close()
        return let_in

    def _publish(self, link: Link) -> None:
        while (waiting := self._outgoing.get(timeout_s=0)) is not None:
            session, publication = waiting
            if session == self._number and link.connected:
                self.counters.congested += not link.publish(publication)

    def _leave(self, link: Link) -> None:
        self._publish(link)
        link.say_goodbye()
        ends = time.monotonic() + _GOODBYE_S
        while time.monotonic() < ends and link.turn(self._woken):
            pass
