"""Who is let in: a token or a client certificate; and TLS. Read once, at the start. Faults are `ConfigError`."""

from __future__ import annotations

import hmac
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daemon.config_error import ConfigError, SettingError
from daemon.gateway import passes
from daemon.network import is_loopback
from daemon.settings import GatewaySection
from daemon.wire.upgrade import Upgrade

_MOST_PORT = 65_535
#: Shorter ones can be guessed.
_LEAST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Access:
    """Where to listen, and whom to let in."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    #: Any of them will do; none: no token is asked for.
    tokens: tuple[str, ...] = field(default=(), repr=False)

    def admits(self, upgrade: Upgrade) -> bool:
        """Tell whether a request comes with one of the tokens, as key or as bearer token, or with an issued one."""
        passing = [passes.is_good(upgrade.token, token, time.time()) for token in self.tokens]
        return self.has_key(upgrade) or self._is_one(upgrade.token) or any(passing)

    def has_key(self, upgrade: Upgrade) -> bool:
        """Tell whether a request comes with one of the tokens as key, and may be issued a bearer token."""
        return not self.tokens or self._is_one(upgrade.key)

    def issued(self) -> str:
        """Return a bearer token."""
        return passes.issued(self.tokens[0] if self.tokens else "", time.time())

    def _is_one(self, word: str) -> bool:
        # Every one is compared, so that the time taken tells nothing.
        fitting = [hmac.compare_digest(word.encode(), token.encode()) for token in self.tokens]
        return any(fitting)


def access(settings: GatewaySection, environment: Mapping[str, str] = os.environ) -> Access:
    """Return what the settings say. Raises `ConfigError`."""
    host, port = _listen(settings.listen)
    tokens = _tokens(settings, environment)
    tls = _tls(settings, environment)
    if not is_loopback(host):
        if tls is None:
            raise _wrong(
                "listen",
                "plaintext",
                f"gateway.listen is {settings.listen}, and without TLS only this machine is served: "
                "set gateway.certificate_file, or listen on 127.0.0.1",
            )
        if not tokens and not settings.client_ca_file:
            raise _wrong(
                "listen",
                "no_token",
                f"gateway.listen is {settings.listen}, and everybody on the network could use the gateway: "
                "set gateway.token_file or gateway.client_ca_file",
            )
    return Access(host, port, tls, tokens)


def _listen(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if int(port) > _MOST_PORT:
        raise _wrong("listen", "too_large", f"gateway.listen is {listen}; the port must be 0 to {_MOST_PORT}")
    return host.strip("[]"), int(port)


def _credential(name: str, file: str, environment: Mapping[str, str]) -> Path | None:
    """Return the file of the settings, or the systemd credential if there is one."""
    if file:
        return Path(file)
    directory = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(directory or "") / name
    return path if directory and path.exists() else None


def _tokens(settings: GatewaySection, environment: Mapping[str, str]) -> tuple[str, ...]:
    path = _credential("gateway-token", settings.token_file, environment)
    if path is None:
        return ()
    try:
        tokens = tuple(path.read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong("token_file", "no_credential", f"gateway.token_file cannot be read: {error}") from error
    if not tokens or min(map(len, tokens)) < _LEAST_TOKEN:
        text = f"gateway.token_file: {path} must hold tokens of {_LEAST_TOKEN} characters or more, one a line"
        raise _wrong("token_file", "no_credential", text)
    return tokens


def _tls(settings: GatewaySection, environment: Mapping[str, str]) -> ssl.SSLContext | None:
    certificate = _credential("gateway-certificate", settings.certificate_file, environment)
    key = _credential("gateway-certificate-key", settings.certificate_key_file, environment)
    if certificate is None:
        if settings.client_ca_file:
            text = "gateway.client_ca_file needs gateway.certificate_file beside it"
            raise _wrong("client_ca_file", "conflict", text)
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=settings.client_ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        files = ", ".join(str(path) for path in (certificate, key, settings.client_ca_file) if path)
        text = f"gateway.certificate_file: TLS cannot use {files}: {error}"
        raise _wrong("certificate_file", "certificate", text) from error
    if settings.client_ca_file:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _wrong(key: str, code: str, text: str) -> ConfigError:
    return ConfigError([SettingError(f"gateway.{key}", code, text)])
