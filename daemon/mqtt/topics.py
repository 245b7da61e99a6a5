"""Names of the topics, how each is delivered, and the id of this device.

Everything lies under ``dragoman/<device>/``; the names here are what follows that base.
"""

from __future__ import annotations

import hashlib
import re
import socket
from dataclasses import dataclass
from pathlib import Path

#: First level of every topic.
ROOT = "dragoman"
#: Second levels that are not devices: the retained settings of groups, and response topics of clients.
RESERVED = frozenset({"group", "client"})
_LONGEST_ID = 32
_MACHINE_ID = Path("/etc/machine-id")

AVAILABILITY = "availability"
STATE = "state"
INFO = "info"
INTERIM = "interim"
FINAL = "final"
LAST = "final/last"
CAPTION = "caption"
REPLAY = "replay"
EVENT = "event"
METRICS = "metrics"
COMMAND = "cmd"
RESPONSE = "response"
CONFIG = "config"
CONFIG_SCHEMA = "config/schema"
CONFIG_RESPONSE = "config/response"

#: What comes before a group's name; after it comes ``/config``.
GROUPS = f"{ROOT}/group/"
#: First level of Home Assistant's topics, which stand outside the base.
HOME_ASSISTANT = "homeassistant"
#: Where Home Assistant says that it has started.
HOME_ASSISTANT_STATUS = f"{HOME_ASSISTANT}/status"


@dataclass(frozen=True, slots=True)
class Rule:
    """How messages of a topic travel."""

    qos: int
    retained: bool = False
    #: MQTT 5 message expiry, seconds; None: never.
    expires_s: int | None = None


#: Topic → its rule. ``caption``, ``response`` and ``homeassistant`` stand for everything below them.
RULES = {
    AVAILABILITY: Rule(1, retained=True),
    STATE: Rule(1, retained=True),
    INFO: Rule(1, retained=True),
    INTERIM: Rule(0, expires_s=5),
    FINAL: Rule(1),
    LAST: Rule(1, retained=True, expires_s=3600),
    CAPTION: Rule(0),
    REPLAY: Rule(1),
    EVENT: Rule(1),
    METRICS: Rule(0),
    RESPONSE: Rule(1),
    CONFIG: Rule(1, retained=True),
    CONFIG_SCHEMA: Rule(1, retained=True),
    CONFIG_RESPONSE: Rule(1),
    HOME_ASSISTANT: Rule(1, retained=True),
}


def base(device: str) -> str:
    """Return the base of a device's topics, with the last slash."""
    return f"{ROOT}/{device}/"


def rule(name: str) -> Rule:
    """Return the rule of a topic given without its base. Raises `KeyError` for a topic that is not in the contract."""
    return RULES[name] if name in RULES else RULES[name.split("/", maxsplit=1)[0]]


def whole(device: str, name: str) -> str:
    """Return a topic with its base, if it has one."""
    return name if name.startswith(f"{HOME_ASSISTANT}/") else base(device) + name


def commands(device: str, groups: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what a device subscribes to. `groups`: those whose settings it follows."""
    own = base(device)
    return (
        f"{own}{COMMAND}/+",
        f"{own}{CONFIG}/set",
        f"{own}{CONFIG}/+/set",
        HOME_ASSISTANT_STATUS,
        *(f"{GROUPS}{group}/{CONFIG}" for group in groups),
    )


def discovery(device: str) -> str:
    """Return where a device announces itself to Home Assistant."""
    return f"{HOME_ASSISTANT}/device/{device}/config"


def caption(lang: str) -> str:
    """Return the plain-text topic of a target language, or of ``source``."""
    return f"{CAPTION}/{lang}"


def device_id(configured: str = "", host_name: str | None = None, machine_id: str | None = None) -> str:
    """Return the id of this device: the configured one, or host name, ``-`` and four hex digits of the machine id.

    Raises `ValueError` if the configured id is reserved. The machine id itself is confidential (machine-id(5)), so
    only a hash of it leaves the machine.
    """
    if configured in RESERVED:
        raise ValueError(f"device.id = {configured!r} is reserved: choose another")
    if configured:
        return configured
    digest = hashlib.sha256(f"dragoman {_machine_id() if machine_id is None else machine_id}".encode()).hexdigest()
    suffix = f"-{digest[:4]}"
    words = re.sub(r"[^a-z0-9]+", "-", (host_name or socket.gethostname()).lower()).strip("-")
    return words[: _LONGEST_ID - len(suffix)].rstrip("-") + suffix if words else "dragoman" + suffix


def _machine_id() -> str:
    try:
        return _MACHINE_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
