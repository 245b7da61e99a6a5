"""``dragoman watch``: live captions of any device on the network, over MQTT."""

from __future__ import annotations

import argparse
import importlib.util
import re
import signal
import sys
from pathlib import Path
from typing import Any

from daemon.cli.arguments import DONE, USAGE, CommandError, add_config
from daemon.config import Settings, load
from daemon.settings import LANGUAGE_TAG, MqttSection
from daemon.watch.faces import Face, Plain
from daemon.watch.view import SOURCE

HELP = "show what devices on the network say, live"

#: Option → setting that it stands over.
_SETTINGS = {
    "host": "mqtt.host",
    "port": "mqtt.port",
    "username": "mqtt.username",
    "password_file": "mqtt.password_file",
    "ca_file": "mqtt.ca_file",
    "tls": "mqtt.tls",
}
_DEVICE = re.compile(r"[a-z0-9-]{3,32}")
_HIGHEST_PORT = 65_535
_MOST_EARLIER = 200


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("devices", nargs="*", metavar="DEVICE", help="ids of devices (default: all)")
    parser.add_argument("--host", help="the broker (default: mqtt.host of the settings, as for all that follow)")
    parser.add_argument("--port", type=int, help="its port")
    parser.add_argument("--username", metavar="NAME", help="user name")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="file that holds the password")
    parser.add_argument("--ca-file", metavar="FILE", type=Path, help="certificates to trust; turns TLS on")
    parser.add_argument("--tls", action="store_true", default=None, help="encrypt")
    parser.add_argument(
        "--lang", action="append", default=[], metavar="LANG", help="show this language only; once for each; or source"
    )
    parser.add_argument(
        "--last", type=int, default=0, metavar="N", help="show each device's last N finals first (default 0)"
    )
    parser.add_argument("--plain", action="store_true", help="a line a final, also on a terminal")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Watch until interrupted."""
    from daemon.mqtt.topics import device_id  # noqa: PLC0415 -- `--help` does without what follows
    from daemon.watch.watcher import LinkDied, Watcher  # noqa: PLC0415

    _check(arguments)
    settings = _settings(arguments)
    _warn_of_plaintext(settings.mqtt)
    face = _face(arguments, settings.mqtt)
    account = device_id(settings.device.id)
    watcher = Watcher(settings.mqtt, face, arguments.devices, account=account, earlier=arguments.last)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        watcher.run()
    except KeyboardInterrupt:
        return DONE
    except LinkDied as error:
        raise CommandError(str(error)) from error
    finally:
        signal.signal(signal.SIGTERM, before)
    return DONE


def _check(arguments: argparse.Namespace) -> None:
    for device in arguments.devices:
        if not _DEVICE.fullmatch(device):
            raise CommandError(f"{device!r} is no device id: 3 to 32 of a-z, 0-9 and -", USAGE)
    for lang in arguments.lang:
        if lang != SOURCE and not re.fullmatch(LANGUAGE_TAG, lang):
            raise CommandError(f"--lang {lang!r} is no language: es, pt-BR, …, or {SOURCE}", USAGE)
    if arguments.port is not None and not 1 <= arguments.port <= _HIGHEST_PORT:
        raise CommandError(f"--port {arguments.port} is not from 1 to {_HIGHEST_PORT}", USAGE)
    if not 0 <= arguments.last <= _MOST_EARLIER:
        raise CommandError(f"--last {arguments.last} is not from 0 to {_MOST_EARLIER}", USAGE)


def _settings(arguments: argparse.Namespace) -> Settings:
    given = {key: getattr(arguments, name) for name, key in _SETTINGS.items()}
    overrides: dict[str, Any] = {
        key: str(value) if isinstance(value, Path) else value for key, value in given.items() if value is not None
    }
    settings = load(arguments.config, overrides=overrides)
    if not settings.mqtt.host:
        raise CommandError("no broker is known: name it by --host, or set mqtt.host", USAGE)
    return settings


def _warn_of_plaintext(mqtt: MqttSection) -> None:
    from daemon.mqtt.access import is_exposed  # noqa: PLC0415 -- as above

    if is_exposed(mqtt) and mqtt.password_file and not mqtt.allow_plaintext:
        text = f"no password is sent to {mqtt.host} without TLS: use --tls or --ca-file, or set mqtt.allow_plaintext"
        print(f"dragoman: {text}", file=sys.stderr)


def _face(arguments: argparse.Namespace, mqtt: MqttSection) -> Face:
    broker = mqtt.host if mqtt.host.startswith("/") else f"{mqtt.host}:{mqtt.port}"
    if arguments.plain or not sys.stdout.isatty():
        return Plain(broker, arguments.lang, sys.stdout, sys.stderr)
    if importlib.util.find_spec("rich") is None:
        print("dragoman: panels need the package rich (pip install rich); a line a final instead", file=sys.stderr)
        return Plain(broker, arguments.lang, sys.stdout, sys.stderr)
    from daemon.watch.screen import Screen  # noqa: PLC0415 -- rich takes its time

    return Screen(broker, arguments.lang)
