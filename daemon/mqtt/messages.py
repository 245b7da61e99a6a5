"""What the output and the connection to the broker tell each other."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.mqtt.topics import Rule


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the connection."""

    #: A ping goes out after so long without traffic and must be answered within so long again: a broker that hangs is
    #: noticed within twice this and a second. The broker misses us after 1.5 x this, and then the will's delay.
    keepalive_s: int = 10
    connect_s: float = 5.0
    first_retry_s: float = 1.0
    longest_retry_s: float = 60.0
    #: A connection that lasted so long makes the next retry quick again.
    settled_s: float = 30.0
    #: How long the broker waits for us before it tells others that we are gone; a restart is no absence.
    will_delay_s: int = 5
    #: How long the broker keeps our subscriptions and what came for us. Not longer: old commands are unwelcome.
    session_s: int = 300


@dataclass(frozen=True, slots=True)
class Publication:
    """One message for the broker. `token` comes back when a QoS 1 message is taken or refused."""

    topic: str
    payload: bytes
    rule: Rule
    token: object = None
    #: MQTT 5 correlation data of the request that this answers.
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker let us in. `session` numbers the connections; it goes with each publication."""

    session: int
    #: Whether the broker still knew us.
    remembered: bool
    #: QoS 1 messages that it takes before it has acknowledged the first (receive maximum).
    window: int
    #: Largest packet that it takes, bytes; None: no limit.
    maximum_packet: int | None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """There is no connection (any more), or another attempt at one failed."""

    #: ``mqtt_unreachable``, ``mqtt_refused``, ``mqtt_client_clash`` or ``clock_unsynced``.
    code: str
    #: What failed, and what to do.
    detail: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker has a message."""

    token: object
    topic: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker does not want a message; sending it again on this connection would be no use."""

    token: object
    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """The broker does not let us read a topic, for as long as this connection lasts."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the broker, as it came."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str | None = None
    correlation: bytes | None = None


LinkEvent = Connected | Disconnected | Acknowledged | Refused | Unheard | Received
