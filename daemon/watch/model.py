"""Everything a watcher knows, made of messages alone. Pure; time comes in as an argument."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from daemon.mqtt import payloads, topics
from daemon.mqtt.messages import Publication, Received, Refused
from daemon.watch.device import Device, Item
from daemon.watch.gaps import Ask
from daemon.watch.reading import NAMES, device_of, read

#: Devices that are followed; the topics of more are somebody's mischief, or a reason to name those that are wanted.
MOST_DEVICES = 64
#: Largest payload that is read, bytes: the link takes no larger packet.
MOST_BYTES = 65_536
_REPLAY = f"{topics.COMMAND}/{topics.REPLAY}"


class Watch:
    """Follows the named devices, or all. `client` is our client id; `earlier`: finals from before our time to show."""

    def __init__(self, client: str, names: Sequence[str] = (), *, earlier: int = 0) -> None:
        #: Messages that were no message of the contract, and devices too many.
        self.ignored = 0
        self._names = tuple(names)
        self._earlier = earlier
        numbers = itertools.count(1)
        self._transaction = lambda: f"{client}-{next(numbers)}"
        self._connected = False
        self._devices = {name: self._new(name) for name in self._names}

    @property
    def devices(self) -> list[Device]:
        """All of them, those that were named in that order, others by name."""
        if self._names:
            return list(self._devices.values())
        return [self._devices[name] for name in sorted(self._devices)]

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return tuple(f"{topics.ROOT}/{device}/{name}" for device in self._names or ("+",) for name in NAMES)

    def take(self, message: Received, now: float) -> None:
        """Take a message, whatever it holds. `now`: CLOCK_MONOTONIC, seconds."""
        place = device_of(message.topic)
        heard = None if place is None or len(message.payload) > MOST_BYTES else read(place[1], message.payload)
        device = None if place is None or heard is None else self._device(place[0])
        if device is None or heard is None:
            self.ignored += 1
            return
        device.take(heard, now, stored=message.retained)

    def connected(self) -> None:
        """Take note that the broker let us in. What it has stored of devices that we know already is news."""
        self._connected = True
        for device in self._devices.values():
            device.reconnected()

    def disconnected(self) -> None:
        """Take note that the connection is lost."""
        self._connected = False
        for device in self._devices.values():
            device.disconnected()

    def refused(self, event: Refused) -> None:
        """Take note that the broker does not pass a request on."""
        if isinstance(event.token, Ask) and event.token.device in self._devices:
            self._devices[event.token.device].refused(event.token, event.reason)

    def requests(self, now: float) -> Iterator[Publication]:
        """Yield what is to be asked for now."""
        if not self._connected:
            return
        for device in self._devices.values():
            for ask in device.advance(now):
                yield _publication(ask)

    def fresh(self) -> Iterator[tuple[str, Item]]:
        """Yield, once, what has become readable, with its device."""
        for device in self.devices:
            for item in device.fresh():
                yield device.name, item

    def _device(self, name: str) -> Device | None:
        if name not in self._devices and not self._names and len(self._devices) < MOST_DEVICES:
            self._devices[name] = self._new(name)
        return self._devices.get(name)

    def _new(self, name: str) -> Device:
        return Device(name, self._transaction, earlier=self._earlier)


def _publication(ask: Ask) -> Publication:
    fields = {"transaction": ask.transaction, "epoch": ask.epoch, "from_seq": ask.from_seq, "limit": ask.limit}
    return Publication(topics.base(ask.device) + _REPLAY, payloads.encode(fields), topics.Rule(1), token=ask)
