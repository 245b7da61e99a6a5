"""What is needed to be let in: key, token, certificates. Read anew for each connection, so that new ones are used."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from daemon.engines.base import Cure
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.network import is_loopback


@dataclass(frozen=True, slots=True)
class Access:
    """For one connection."""

    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


def access(engine: str, settings: ServiceSettings, url: str, environment: Mapping[str, str] = os.environ) -> Access:
    """Return what the settings say. Raises `ServiceFault`, cured only by a person."""
    secure = url.startswith("wss:")
    if not secure and not settings.allow_plaintext and not is_loopback(urlsplit(url).hostname or ""):
        raise _wrong(engine, "plaintext", f"{url} would send speech unencrypted: use wss://, or set allow_plaintext")
    key = _secret(engine, "key", settings.key_file, environment)
    token = _secret(engine, "token", settings.token_file, environment)
    return Access(key, token, _tls(engine, settings) if secure else None)


def credential(engine: str, kind: str) -> str:
    """Return the name of the systemd credential: ``azure-key``, ``home-token``."""
    return f"{engine}-{kind}"


def _secret(engine: str, kind: str, file: str, environment: Mapping[str, str]) -> str:
    directory = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(file) if file else Path(directory or "") / credential(engine, kind)
    if not file and (not directory or not path.exists()):
        return ""
    try:
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(engine, "no_credential", f"the {kind} cannot be read: {error}; check {kind}_file") from error
    if not secret.isprintable():
        raise _wrong(engine, "no_credential", f"{path} holds more than one line, or no {kind}; check {kind}_file")
    return secret


def _tls(engine: str, settings: ServiceSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.certificate_key_file or None)
    except (OSError, ValueError) as error:
        files = ", ".join(filter(None, (settings.ca_file, settings.certificate_file, settings.certificate_key_file)))
        raise _wrong(engine, "certificate", f"TLS cannot use {files}: {error}; check ca_file") from error
    return context


def _wrong(engine: str, code: str, text: str) -> ServiceFault:
    return ServiceFault(code, f"engine.{engine}: {text}", Cure.CONFIGURE)
