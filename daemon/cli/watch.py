"""``dragoman watch``: live captions of any device on the network, over MQTT."""

from __future__ import annotations

import argparse
import importlib.util
import re
import signal
import sys

from daemon.cli.arguments import DONE, USAGE, CommandError, add_config
from daemon.cli.broker import add_broker, settings_with_broker
from daemon.settings import LANGUAGE_TAG, MqttSection
from daemon.watch.faces import Face, Plain
from daemon.watch.view import SOURCE

HELP = "show what devices on the network say, live"

_DEVICE = re.compile(r"[a-z0-9-]{3,32}")
_MOST_EARLIER = 200


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("devices", nargs="*", metavar="DEVICE", help="ids of devices (default: all)")
    add_broker(parser)
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
    settings = settings_with_broker(arguments)
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
    if not 0 <= arguments.last <= _MOST_EARLIER:
        raise CommandError(f"--last {arguments.last} is not from 0 to {_MOST_EARLIER}", USAGE)


def _face(arguments: argparse.Namespace, mqtt: MqttSection) -> Face:
    broker = mqtt.host if mqtt.host.startswith("/") else f"{mqtt.host}:{mqtt.port}"
    if arguments.plain or not sys.stdout.isatty():
        return Plain(broker, arguments.lang, sys.stdout, sys.stderr)
    if importlib.util.find_spec("rich") is None:
        print("dragoman: panels need the package rich (pip install rich); a line a final instead", file=sys.stderr)
        return Plain(broker, arguments.lang, sys.stdout, sys.stderr)
    from daemon.watch.screen import Screen  # noqa: PLC0415 -- rich takes its time

    return Screen(broker, arguments.lang)
