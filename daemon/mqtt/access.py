"""What is said to the broker to be let in: TLS, certificates, the password, and when the password is sent."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.settings import MqttSection

#: Name of the systemd credential (`LoadCredential=mqtt-password:…`).
CREDENTIAL = "mqtt-password"


class AccessError(Exception):
    """A password, certificate or key cannot be used. The text names the file and says what to do."""


@dataclass(frozen=True, slots=True)
class Access:
    """What is needed to connect once."""

    username: str | None
    password: str | None
    tls: ssl.SSLContext | None


class _Socket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho leaves it open then."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- as in the class above
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def is_encrypted(settings: MqttSection) -> bool:
    """Whether TLS is on."""
    return settings.tls or bool(settings.ca_file)


def is_loopback(host: str) -> bool:
    """Whether a host, as it stands in the settings, is this machine; a name that only resolves to it does not count."""
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_exposed(settings: MqttSection) -> bool:
    """Whether what is said to the broker can be read on the network."""
    return not is_encrypted(settings) and not is_loopback(settings.host)


def access(settings: MqttSection, device: str, environment: Mapping[str, str] = os.environ) -> Access:
    """Read everything anew, so that a renewed certificate or password is used by the next connection.

    Raises `AccessError`.
    """
    tls = _tls(settings) if is_encrypted(settings) else None
    if is_exposed(settings) and not settings.allow_plaintext:
        return Access(settings.username or None, None, tls)
    password = _password(settings, environment)
    username = settings.username or (device if password is not None else None)
    return Access(username, password, tls)


def _password(settings: MqttSection, environment: Mapping[str, str]) -> str | None:
    if settings.password_file:
        file = Path(settings.password_file)
    else:
        directory = environment.get("CREDENTIALS_DIRECTORY")
        file = Path(directory or "") / CREDENTIAL
        if not directory or not file.exists():
            return None
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"the broker's password cannot be read: {error}; check mqtt.password_file") from error


def _tls(settings: MqttSection) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _Socket
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file or None)
    except (OSError, ValueError) as error:
        files = ", ".join(filter(None, (settings.ca_file, settings.certificate_file, settings.key_file)))
        raise AccessError(f"TLS cannot use {files}: {error}; check mqtt.ca_file, certificate_file, key_file") from error
    return context
