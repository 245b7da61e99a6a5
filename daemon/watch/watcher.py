"""A watcher at work: keeps the connection, feeds what it knows, has it shown."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from daemon.mailbox import Mailbox
from daemon.mqtt import topics
from daemon.mqtt.caller import Caller
from daemon.mqtt.keeper import Keeper
from daemon.mqtt.messages import Connected, Disconnected, LinkEvent, Received, Refused, Timing
from daemon.settings import MqttSection
from daemon.watch.faces import Face
from daemon.watch.model import MOST_BYTES, Watch
from hw.text import clean

#: Somebody sits in front of it: a broker that is back is found soon.
TIMING = Timing(longest_retry_s=10.0)
#: What waits to be read; of more, the oldest goes, and is asked for again where it was a final.
_WAITING = 1_024
#: Messages taken in one go.
_BATCH = 200
#: Between two pictures, seconds: at least, where much happens; at most, where nothing does but time. And how often to
#: look whether the terminal has changed its size.
_SOONEST_S, _LATEST_S, _LOOK_S = 0.05, 1.0, 0.25
#: Seconds to say goodbye to the broker.
_GOODBYE_S = 1.0


class LinkDied(Exception):
    """The thread of the connection has ended by a fault."""


class Watcher:
    """Follows devices until interrupted. `account`: user name where there is a password and none is configured."""

    def __init__(
        self,
        settings: MqttSection,
        face: Face,
        names: Sequence[str] = (),
        *,
        account: str,
        earlier: int = 0,
        timing: Timing = TIMING,
    ) -> None:
        client = f"dragoman-watch-{secrets.token_hex(4)}"
        self._watch = Watch(client, names, earlier=earlier)
        self._face = face
        self._events: Mailbox[LinkEvent] = Mailbox("watch", _WAITING, coalesce=_key)
        self._session = 0
        self._connection = ""
        #: When it was shown last, CLOCK_MONOTONIC, seconds, and whether something came since.
        self._shown_at = 0.0
        self._news = True
        self._keeper = Keeper(
            settings,
            Caller(client, account, MOST_BYTES, stored=True),
            self._hear,
            subscriptions=self._watch.subscriptions,
            timing=timing,
        )

    def run(self) -> None:
        """Show what there is, for ever: `KeyboardInterrupt` ends it. Raises `LinkDied`."""
        try:
            self._face.open()
            self._keeper.start()
            while True:
                self._turn()
        finally:
            self._face.close()
            self._keeper.stop(_GOODBYE_S)

    def _turn(self) -> None:
        wait_s = max(0.0, self._shown_at + _SOONEST_S - time.monotonic()) if self._news else _LOOK_S
        for _number in range(_BATCH):
            event = self._events.get(wait_s)
            if event is None:
                break
            self._take(event)
            wait_s = 0.0
        if not self._keeper.alive:
            raise LinkDied("the connection to the broker has ended by a fault, which is named above")
        for publication in self._watch.requests(time.monotonic()):
            self._keeper.send(self._session, publication)
        self._show(time.monotonic())

    def _show(self, now: float) -> None:
        due_at = self._shown_at + (_SOONEST_S if self._news else _LATEST_S)
        if now >= due_at or self._face.outdated:
            self._face.show(self._watch, self._connection)
            self._shown_at, self._news = now, False

    def _hear(self, event: LinkEvent) -> None:
        """Take an event from the link's thread."""
        self._events.put(event)

    def _take(self, event: LinkEvent) -> None:
        self._news = True
        if isinstance(event, Received):
            self._watch.take(event, time.monotonic())
        elif isinstance(event, Connected):
            self._session, self._connection = event.session, ""
            self._watch.connected()
        elif isinstance(event, Disconnected):
            self._connection = clean(event.detail)
            self._watch.disconnected()
        elif isinstance(event, Refused):
            self._watch.refused(event)


def _key(event: LinkEvent) -> str | None:
    """Let messages go before the link's own events where too much waits; of a device's interims only one waits."""
    if not isinstance(event, Received):
        return None
    return event.topic if event.topic.endswith(f"/{topics.INTERIM}") else f"{event.topic} {hash(event.payload)}"
