"""What is said to the broker to be let in: TLS, certificates, the password, and when the password is sent."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


class Encrypted(ssl.SSLSocket):
    """Closes itself when the handshake fails, and keeps in mind what went wrong later: paho does neither."""

    #: OpenSSL's name of what ended the connection. With TLS 1.3 a client certificate is refused after the handshake.
    fault = ""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 -- as in the class above
        """As in the class above. Raises `OSError`."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """As in the class above. Raises `OSError`."""
        try:
            return super().recv(buflen, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            self.fault = error.reason or str(error)
            raise

    def send(self, data: Any, flags: int = 0) -> int:
        """As in the class above. Raises `OSError`; where the broker said why before it hung up, what it said."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError, ConnectionError):
                self.recv(1)
            raise


def is_unix(settings: MqttSection) -> bool:
    """Whether the broker is behind a Unix socket."""
    return settings.host.startswith("/")


def is_encrypted(settings: MqttSection) -> bool:
    """Whether TLS is on."""
    return settings.tls or bool(settings.ca_file or settings.certificate_file)


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


def withholds_password(settings: MqttSection, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a password that is not sent, because it could be read on the network."""
    unsafe = is_exposed(settings) and not settings.allow_plaintext
    return unsafe and _password_file(settings, environment) is not None


def access(settings: MqttSection, device: str, environment: Mapping[str, str] = os.environ) -> Access:
    """Read everything anew, so that a renewed certificate or password is used by the next connection.

    Raises `AccessError`.
    """
    _check_unix(settings)
    tls = _tls(settings) if is_encrypted(settings) else None
    if is_exposed(settings) and not settings.allow_plaintext:
        return Access(settings.username or None, None, tls)
    password = _password(settings, environment)
    username = settings.username or (device if password is not None else None)
    return Access(username, password, tls)


def _check_unix(settings: MqttSection) -> None:
    if not is_unix(settings):
        return
    if settings.transport != "tcp":
        raise AccessError(f"{settings.host} is a Unix socket and carries no WebSockets: set mqtt.transport to tcp")
    if is_encrypted(settings):
        files = "mqtt.tls, mqtt.ca_file and mqtt.certificate_file"
        raise AccessError(f"{settings.host} is a Unix socket, where TLS has no host to verify: unset {files}")


def _password_file(settings: MqttSection, environment: Mapping[str, str]) -> Path | None:
    if settings.password_file:
        return Path(settings.password_file)
    directory = environment.get("CREDENTIALS_DIRECTORY")
    file = Path(directory or "") / CREDENTIAL
    return file if directory and file.exists() else None


def _password(settings: MqttSection, environment: Mapping[str, str]) -> str | None:
    file = _password_file(settings, environment)
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n") if file is not None else None
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"the broker's password cannot be read: {error}; check mqtt.password_file") from error


def _tls(settings: MqttSection) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = Encrypted
        if settings.certificate_file:
            # An empty password: OpenSSL would ask at the terminal for that of an encrypted key.
            context.load_cert_chain(settings.certificate_file, settings.key_file or None, password="")
    except (OSError, ValueError) as error:
        files = ", ".join(filter(None, (settings.ca_file, settings.certificate_file, settings.key_file)))
        raise AccessError(f"TLS cannot use {files}: {error}; check mqtt.ca_file, certificate_file, key_file") from error
    return context
