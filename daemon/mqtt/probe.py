"""Asks a broker to let somebody in, once, and goes: for `dragoman doctor`.

By hand rather than by a `Link`: a second connection with the device's id would throw the running daemon out, and its
will would say `offline`. Here the broker chooses the id, and nothing is published (MQTT 5.0, 3.1 and 3.2).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping

from daemon.mqtt.access import Access, access
from daemon.mqtt.dialling import dial
from daemon.mqtt.websocket import WebSocket
from daemon.settings import MqttSection

_CONNECT, _CONNACK, _DISCONNECT = 0x10, 0x20, b"\xe0\x00"
_CLEAN_START, _HAS_PASSWORD, _HAS_USERNAME = 0x02, 0x40, 0x80
_VERSION_5 = 5
_KEEPALIVE_S = 30
#: Reason codes that a person can do something about (MQTT 5.0, table 3-1), and 3.1.1's "unacceptable version".
_REASONS = {
    0x01: "it speaks MQTT 3.1.1 only",
    0x84: "it does not speak MQTT 5",
    0x86: "wrong user name or password",
    0x87: "not authorized",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8C: "bad authentication method",
}


class NotLetIn(Exception):
    """The broker answered, but with a refusal or with something that is not MQTT. The text says which."""


def knock(settings: MqttSection, device: str, environment: Mapping[str, str], timeout_s: float) -> None:
    """Connect, be let in, leave. Raises `NotLetIn`, `AccessError`, `OSError` (TLS's errors are kinds of it)."""
    key = access(settings, device, environment)
    with _connection(settings, key, timeout_s) as connection:
        _handshake(WebSocket(connection, settings) if settings.transport == "websockets" else connection, key)


@contextlib.contextmanager
def _connection(settings: MqttSection, key: Access, timeout_s: float) -> Iterator[socket.socket]:
    with dial(settings, timeout_s) as plain:
        if key.tls is None:
            yield plain
            return
        with key.tls.wrap_socket(plain, server_hostname=settings.host) as encrypted:
            yield encrypted


def _handshake(connection: socket.socket | WebSocket, key: Access) -> None:
    connection.sendall(connect_packet(key.username, key.password))
    answer = connection.recv(64)
    # Type, remaining length, flags, reason code; the length is of two bytes where the first has its top bit set.
    reason_at = 3 + (answer[1] >> 7) if len(answer) > 1 else 3
    if len(answer) <= reason_at or answer[0] != _CONNACK:
        raise NotLetIn("it does not answer as a broker does")
    reason = answer[reason_at]
    if reason:
        raise NotLetIn(_REASONS.get(reason, f"reason code 0x{reason:02x}"))
    connection.sendall(_DISCONNECT)


def connect_packet(username: str | None, password: str | None) -> bytes:
    """Return a CONNECT with a clean start, no will, and an id that the broker chooses."""
    flags = _CLEAN_START
    payload = _text("")
    if username is not None:
        flags |= _HAS_USERNAME
        payload += _text(username)
    if password is not None:
        flags |= _HAS_PASSWORD
        payload += _text(password)
    head = _text("MQTT") + bytes([_VERSION_5, flags]) + _KEEPALIVE_S.to_bytes(2, "big") + b"\x00"  # no properties
    return bytes([_CONNECT]) + _length(len(head) + len(payload)) + head + payload


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _length(size: int) -> bytes:
    """Return a variable byte integer: seven bits a byte, the lowest first, the top bit set on all but the last."""
    digits = []
    while True:
        size, digit = divmod(size, 0x80)
        digits.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(digits)
