"""The way to a broker: a TCP connection or a Unix socket, and how the broker is named to a web server before it."""

from __future__ import annotations

import socket

from daemon.mqtt.access import is_encrypted, is_unix
from daemon.settings import MqttSection


def dial(settings: MqttSection, timeout_s: float) -> socket.socket:
    """Return a connected socket with that timeout, without TLS as yet. Raises `OSError`."""
    if is_unix(settings):
        return _dial_unix(settings.host, timeout_s)
    connection = socket.create_connection((settings.host, settings.port), timeout_s)
    # A final follows captions within a millisecond; Nagle would hold it back until those are acknowledged.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _dial_unix(path: str, timeout_s: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout_s)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def web_host(settings: MqttSection) -> str:
    """Return the value of the Host header (RFC 9110, 7.2): brackets around IPv6, no port where it is the usual one."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    usual = 443 if is_encrypted(settings) else 80
    return host if settings.port == usual else f"{host}:{settings.port}"
