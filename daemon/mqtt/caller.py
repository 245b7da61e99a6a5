"""Who connects to the broker: a device with its commands and its will, or somebody who only reads along."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.mqtt import topics
from daemon.mqtt.suspicion import MOST_BYTES


@dataclass(frozen=True, slots=True)
class Caller:
    """What the broker is told of us, and what we want of it."""

    #: MQTT client id.
    id: str
    #: User name if there is a password and `mqtt.username` is empty.
    account: str
    #: Most bytes of a payload; one more is handed on, to show that there was more.
    most_bytes: int
    #: Topic on which the broker says `offline` when we are gone; None: nobody misses us.
    will: str | None = None
    #: Whether stored (retained) messages are wanted with each connection. Then `Received.retained` marks only those.
    stored: bool = False


def device(name: str) -> Caller:
    """Return a device that takes commands."""
    return Caller(name, name, MOST_BYTES, will=topics.base(name) + topics.AVAILABILITY)
