"""Why there is no connection to the broker, in words for a person, and what to do about it."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from daemon.mqtt.access import AccessError, is_unix, withholds_password
from daemon.mqtt.messages import Disconnected
from daemon.settings import MqttSection

#: Bad user name or password, not authorized, banned, bad authentication method; client identifier not valid.
_NOT_LET_IN = (0x85, 0x86, 0x87, 0x8A, 0x8C)
#: OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID: with a clock that was never set, every certificate is from the future.
_NOT_YET_VALID = 9
#: X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH.
_OTHER_NAME = (62, 64)


def explain(error: Exception, settings: MqttSection) -> Disconnected:
    """Return why there is no connection, and what to do about it."""
    if isinstance(error, AccessError):
        return Disconnected("mqtt_refused", str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrust(settings, error)
    if isinstance(error, ssl.SSLError):
        return tls_failure(settings, getattr(error, "reason", None) or str(error))
    if isinstance(error, socket.gaierror):
        return unreachable(settings, f"no such host ({error.strerror})")
    if isinstance(error, IndexError | UnicodeDecodeError):  # paho takes the answer to an upgrade apart unchecked
        return unreachable(settings, "it does not answer as a WebSocket server")
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return unreachable(settings, reason)


def _distrust(settings: MqttSection, error: ssl.SSLCertVerificationError) -> Disconnected:
    if error.verify_code == _NOT_YET_VALID:
        detail = f"the certificate of {where(settings)} is not yet valid: this machine's clock is not set (yet)"
        return Disconnected("clock_unsynced", detail)
    key = "mqtt.host" if error.verify_code in _OTHER_NAME else "mqtt.ca_file"
    return unreachable(settings, f"{error.verify_message}: check {key}")


def tls_failure(settings: MqttSection, reason: str) -> Disconnected:
    """Return what to say of a fault that OpenSSL names so; an alert is the broker's word on our certificate."""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        if settings.certificate_file:
            said = f"does not accept the client certificate {settings.certificate_file} ({reason}): check that file"
        else:
            said = f"asks for a client certificate ({reason}): set mqtt.certificate_file and mqtt.key_file"
        return Disconnected("mqtt_refused", f"the broker {where(settings)} {said}")
    # A broker of TLS 1.2 has no better word for a client certificate that it misses.
    silent = "HANDSHAKE_FAILURE" in reason and not settings.certificate_file
    hint = "; it may ask for a client certificate, mqtt.certificate_file" if silent else ""
    return unreachable(settings, f"TLS failed ({reason}){hint}")


def clash(device: str) -> Disconnected:
    """Return what to say when somebody else connects under our name."""
    detail = f"the broker drops this device for another client of the id {device!r}: give one of them another device.id"
    return Disconnected("mqtt_client_clash", detail)


def refusal(settings: MqttSection, reason: Any) -> Disconnected:
    """Return what to say when the broker answers with a reason code (paho's) that is a failure."""
    if reason.value in _NOT_LET_IN:
        advice = not_sent(settings) or "check mqtt.username, mqtt.password_file and the broker's accounts"
        return Disconnected("mqtt_refused", f"the broker {where(settings)} does not let us in: {reason}; {advice}")
    return unreachable(settings, str(reason))


def not_sent(settings: MqttSection, environment: Mapping[str, str] = os.environ) -> str:
    """Return what to say where there is a password that the broker was not sent; empty where it was, or none is set."""
    if not withholds_password(settings, environment):
        return ""
    return (
        f"no password was sent to {settings.host}, for without TLS everybody on the network could read it: "
        "set mqtt.tls or mqtt.ca_file, or allow it: mqtt.allow_plaintext = true"
    )


def where(settings: MqttSection) -> str:
    """Return the broker's address for a person."""
    if is_unix(settings):
        return settings.host
    path = settings.path if settings.transport == "websockets" else ""
    return f"{settings.host}:{settings.port}{path}"


def unreachable(settings: MqttSection, reason: str) -> Disconnected:
    """Return what to say when there is nobody to talk to, or no way there."""
    detail = (
        f"the broker {where(settings)} cannot be reached: {reason}; "
        "check that it runs and that mqtt.host, mqtt.port, mqtt.transport and mqtt.tls are right"
    )
    return Disconnected("mqtt_unreachable", detail)
