"""A WebSocket by hand (RFC 6455), as much of it as a CONNECT and its answer need: for `daemon.mqtt.probe`."""

from __future__ import annotations

import base64
import hashlib
import os
import socket

from daemon.mqtt.dialling import web_host
from daemon.settings import MqttSection

#: What the hash of the key is made with (RFC 6455, 1.3).
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MOST_BYTES = 8_192
#: FIN and "binary frame" (RFC 6455, 5.2); MQTT comes in those (MQTT 5.0, 6).
_BINARY = 0x82
_MASKED, _TWO_BYTES_OF_LENGTH = 0x80, 126


class WebSocket:
    """Sends and receives whole frames over a connection, which it does not own."""

    def __init__(self, connection: socket.socket, settings: MqttSection) -> None:
        """Ask for the upgrade. Raises `OSError`, a `ConnectionError` if the server does not agree to it."""
        self._connection = connection
        self._received = b""
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(_request(settings, key))
        while b"\r\n\r\n" not in self._received:
            self._receive("does not answer as a WebSocket server")
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *headers = head.decode("latin-1").split("\r\n")
        if first.split(" ")[1:2] != ["101"]:
            raise ConnectionError(f"it does not upgrade to a WebSocket at mqtt.path, {settings.path}: {first[:80]!r}")
        digest = hashlib.sha1((key + _GUID).encode()).digest()  # noqa: S324 -- RFC 6455 wants it; no secret is in it
        if _header(headers, "sec-websocket-accept") != base64.b64encode(digest).decode():
            raise ConnectionError("its answer to the upgrade is none to our key")

    def sendall(self, data: bytes) -> None:
        """Send a frame of at most 65,535 bytes, masked as a client's are."""
        mask = os.urandom(4)
        size = len(data)
        short = size < _TWO_BYTES_OF_LENGTH
        length = bytes([_MASKED | size]) if short else bytes([_MASKED | _TWO_BYTES_OF_LENGTH]) + size.to_bytes(2, "big")
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self._connection.sendall(bytes([_BINARY]) + length + mask + body)

    def recv(self, _most: int) -> bytes:
        """Return what the next frame carries; nothing if it is no binary one."""
        self._receive_at_least(2)
        kind, size = self._received[:2]
        begins = 2
        if size == _TWO_BYTES_OF_LENGTH:
            begins = 4
            self._receive_at_least(begins)
            size = int.from_bytes(self._received[2:4], "big")
        self._receive_at_least(begins + size)
        body = self._received[begins : begins + size]
        self._received = self._received[begins + size :]
        return body if kind == _BINARY else b""

    def _receive_at_least(self, size: int) -> None:
        while len(self._received) < size:
            self._receive("ended the connection within a frame")

    def _receive(self, otherwise: str) -> None:
        more = self._connection.recv(1_024)
        if not more or len(self._received) > _MOST_BYTES:
            raise ConnectionError(f"it {otherwise}")
        self._received += more


def _request(settings: MqttSection, key: str) -> bytes:
    lines = (
        f"GET {settings.path} HTTP/1.1",
        f"Host: {web_host(settings)}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: mqtt",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _header(lines: list[str], name: str) -> str:
    return next((value.strip() for key, _, value in (line.partition(":") for line in lines) if key.lower() == name), "")
