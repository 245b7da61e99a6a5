"""Which broker a command speaks to: that of the settings, unless its options name another."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from daemon.cli.arguments import USAGE, CommandError
from daemon.config import Settings, load
from daemon.settings import MqttSection

_HIGHEST_PORT = 65_535
#: Option → setting that it stands over.
_SETTINGS = {
    "host": "mqtt.host",
    "port": "mqtt.port",
    "username": "mqtt.username",
    "password_file": "mqtt.password_file",
    "ca_file": "mqtt.ca_file",
    "tls": "mqtt.tls",
}


def add_broker(parser: argparse.ArgumentParser) -> None:
    """Let another broker be named."""
    parser.add_argument("--host", help="the broker (default: mqtt.host of the settings, as for all that follow)")
    parser.add_argument("--port", type=int, help="its port")
    parser.add_argument("--username", metavar="NAME", help="user name")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="file that holds the password")
    parser.add_argument("--ca-file", metavar="FILE", type=Path, help="certificates to trust; turns TLS on")
    parser.add_argument("--tls", action="store_true", default=None, help="encrypt")


def names_broker(arguments: argparse.Namespace) -> bool:
    """Tell whether one of those options was given."""
    return any(getattr(arguments, name) is not None for name in _SETTINGS)


def settings_with_broker(arguments: argparse.Namespace) -> Settings:
    """Return the settings with those options over them. Raises `CommandError` if no broker is known."""
    if arguments.port is not None and not 1 <= arguments.port <= _HIGHEST_PORT:
        raise CommandError(f"--port {arguments.port} is not from 1 to {_HIGHEST_PORT}", USAGE)
    given = {key: getattr(arguments, name) for name, key in _SETTINGS.items()}
    overrides: dict[str, Any] = {
        key: str(value) if isinstance(value, Path) else value for key, value in given.items() if value is not None
    }
    settings = load(arguments.config, overrides=overrides)
    if not settings.mqtt.host:
        raise CommandError("no broker is known: name it by --host, or set mqtt.host", USAGE)
    _warn_of_plaintext(settings.mqtt)
    return settings


def _warn_of_plaintext(mqtt: MqttSection) -> None:
    from daemon.mqtt.access import is_exposed  # noqa: PLC0415 -- `--help` does without it

    if is_exposed(mqtt) and mqtt.password_file and not mqtt.allow_plaintext:
        text = f"no password is sent to {mqtt.host} without TLS: use --tls or --ca-file, or set mqtt.allow_plaintext"
        print(f"dragoman: {text}", file=sys.stderr)
