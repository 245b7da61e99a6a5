"""Why there is no connection to the broker, in words for a person, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from daemon.mqtt.access import AccessError
from daemon.mqtt.messages import Disconnected
from daemon.settings import MqttSection

#: Bad user name or password, not authorized, banned, bad authentication method; client identifier not valid.
_NOT_LET_IN = (0x85, 0x86, 0x87, 0x8A, 0x8C)
#: OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID: with a clock that was never set, every certificate is from the future.
_NOT_YET_VALID = 9


def explain(error: Exception, settings: MqttSection) -> Disconnected:
    """Return why there is no connection, and what to do about it."""
    if isinstance(error, AccessError):
        return Disconnected("mqtt_refused", str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == _NOT_YET_VALID:
            detail = f"the certificate of {_where(settings)} is not yet valid: this machine's clock is not set (yet)"
            return Disconnected("clock_unsynced", detail)
        return unreachable(settings, f"{error.verify_message}: check mqtt.ca_file")
    if isinstance(error, ssl.SSLError):
        return unreachable(settings, f"TLS failed ({getattr(error, 'reason', None) or error})")
    if isinstance(error, socket.gaierror):
        return unreachable(settings, f"no such host ({error.strerror})")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return unreachable(settings, reason)


def clash(device: str) -> Disconnected:
    """Return what to say when somebody else connects under our name."""
    detail = f"the broker drops this device for another client of the id {device!r}: give one of them another device.id"
    return Disconnected("mqtt_client_clash", detail)


def refusal(settings: MqttSection, reason: Any) -> Disconnected:
    """Return what to say when the broker answers with a reason code (paho's) that is a failure."""
    if reason.value in _NOT_LET_IN:
        return Disconnected(
            "mqtt_refused",
            f"the broker {_where(settings)} does not let us in: {reason}; "
            "check mqtt.username, mqtt.password_file and the broker's accounts",
        )
    return unreachable(settings, str(reason))


def _where(settings: MqttSection) -> str:
    return settings.host if settings.host.startswith("/") else f"{settings.host}:{settings.port}"


def unreachable(settings: MqttSection, reason: str) -> Disconnected:
    """Return what to say when there is nobody to talk to, or no way there."""
    detail = (
        f"the broker {_where(settings)} cannot be reached: {reason}; "
        "check that it runs and that mqtt.host, mqtt.port and mqtt.tls are right"
    )
    return Disconnected("mqtt_unreachable", detail)
