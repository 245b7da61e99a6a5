"""Addresses: that of this machine, for people who look for the device, and which mean this machine."""

from __future__ import annotations

import contextlib
import ipaddress
import socket

#: An address that is routed like any other and belongs to nobody (RFC 5737): no packet is sent to it.
_ANYWHERE = "192.0.2.1"
_DISCARD = 9


def own_address() -> str:
    """Return the address that others reach this machine by; empty without a network."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_ANYWHERE, _DISCARD))
        return str(probe.getsockname()[0])
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; a name that only resolves to it does not count."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
