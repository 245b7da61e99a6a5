"""``dragoman config``: shows, checks, describes and changes the settings."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from daemon.cli.arguments import CONFIGURATION, DONE, FAILED, USAGE, CommandError, add_config, add_json
from daemon.cli.as_service import load_as_service
from daemon.cli.broker import add_broker, names_broker, settings_with_broker
from daemon.cli.output import print_json, print_table
from daemon.config import DEFAULT_FILE, ConfigError, SettingError, Settings
from daemon.schema import Key, Rejected, collect
from daemon.schema_documents import example, json_schema
from daemon.serving import unserved
from daemon.settings_file import change, unset

#: The word that takes a key out of the file, or out of what was set remotely, as null does over MQTT.
_UNSET = "null"
_LATER = " (from the next start)"
_DEVICE_ID = r"[a-z0-9-]{3,32}"

HELP = "show, check, describe and change the settings"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="show|check|schema|set")
    show = parts.add_parser("show", help="every setting that holds, and where it came from")
    check = parts.add_parser("check", help="name everything that is wrong; exit status 78 if something is")
    schema = parts.add_parser("schema", help="the JSON Schema")
    schema.add_argument("--toml", action="store_true", help="a settings file with every key explained instead")
    schema.add_argument("--json", action="store_true", help="what it does by itself: the JSON Schema")
    change_one = parts.add_parser("set", help="change one setting in the file, or of a device elsewhere")
    change_one.add_argument("key", metavar="KEY", help="dotted, for example speaker.volume")
    change_one.add_argument(
        "value", metavar="VALUE", help=f"lists with commas: es,ca; {_UNSET} gives the key back to what lies below"
    )
    change_one.add_argument("--device", metavar="ID", help="ask this device over MQTT instead")
    add_broker(change_one)
    for part in (show, check, change_one):
        add_config(part)
        add_json(part)
    parser.epilog = "Settings that win: built-in < the file < DRAGOMAN_SECTION__KEY < what was set over MQTT."


def run(arguments: argparse.Namespace) -> int:
    """Do one part."""
    return {"show": _show, "check": _check, "schema": _schema, "set": _set}[arguments.part](arguments)


def _show(arguments: argparse.Namespace) -> int:
    settings = load_as_service(arguments.config)
    if arguments.json:
        print_json({"settings": settings.as_dict(), "origins": _origins(settings), "problems": _problems(settings)})
        return DONE
    shown = settings.schema.keys.values()
    values = settings.flat()
    print_table(
        ((key.path, key.shown(values[key.path]), settings.origin(key.path)) for key in shown), ("KEY", "VALUE", "FROM")
    )
    _warn(settings)
    return DONE


def _check(arguments: argparse.Namespace) -> int:
    try:
        settings = _served_settings(arguments.config)
    except ConfigError as error:
        if not arguments.json:
            raise
        print_json({"ok": False, "errors": error.errors, "problems": []})
        return CONFIGURATION
    if arguments.json:
        print_json({"ok": True, "errors": [], "problems": _problems(settings)})
        return DONE
    there = "" if settings.file.exists() else " is not there, the built-in settings hold"
    made = sum(origin != "built-in" for origin in _origins(settings).values())
    print(f"{settings.file}{there}: OK, {made} of {len(settings.schema.keys)} settings are not built-in")
    _warn(settings)
    return DONE


def _served_settings(file: Path | None) -> Settings:
    """Return the settings; refuse those that `run` would refuse. Raises `ConfigError`."""
    settings = load_as_service(file)
    if reason := unserved(settings):
        raise ConfigError([SettingError(reason.partition(":")[0], "unserved", reason)])
    return settings


def _schema(arguments: argparse.Namespace) -> int:
    if arguments.toml and arguments.json:
        raise CommandError("config schema takes either --toml or --json", USAGE)
    if arguments.toml:
        print(example(collect()), end="")
    else:
        print_json(json_schema(collect()))
    return DONE


def _set(arguments: argparse.Namespace) -> int:
    if arguments.device is not None:
        return _set_elsewhere(arguments)
    if names_broker(arguments):  # who names a broker means a device there, not this file
        raise CommandError("a broker is named, but no device there: --device ID", USAGE)
    schema = collect()
    key = schema.keys.get(arguments.key)
    if key is None:
        raise CommandError(schema.unknown(arguments.key), USAGE)
    file: Path = arguments.config or DEFAULT_FILE
    if arguments.value == _UNSET:
        return _unset(arguments, file, key)
    try:
        value = key.from_text(arguments.value)
    except Rejected as error:
        raise CommandError(str(error), USAGE) from None
    change(file, key, value)
    if arguments.json:
        print_json({"file": str(file), "key": key.path, "value": value})
    else:
        print(f"{file}: {key.path} = {key.shown(value)}{_LATER}")
    _warn_if_hidden(load_as_service(arguments.config), file, key.path, value)
    return DONE


def _unset(arguments: argparse.Namespace, file: Path, key: Key) -> int:
    unset(file, key)
    settings = load_as_service(arguments.config if file.exists() else None)
    value, origin = settings.flat()[key.path], settings.origin(key.path)
    if arguments.json:
        print_json({"file": str(file), "key": key.path, "value": None})
    else:
        print(f"{file}: {key.path} is not set there; {key.shown(value)} holds ({origin}){_LATER}")
    return DONE


def _set_elsewhere(arguments: argparse.Namespace) -> int:
    """Ask a device over MQTT. It is the judge: it may know other keys than this machine."""
    from daemon.mqtt.asking import NoAnswer, change_settings  # noqa: PLC0415 -- the other parts do without MQTT
    from daemon.mqtt.topics import device_id  # noqa: PLC0415

    if not re.fullmatch(_DEVICE_ID, arguments.device):
        raise CommandError(f"{arguments.device!r} is no device id: 3 to 32 of a-z, 0-9 and -", USAGE)
    settings = settings_with_broker(arguments)
    values = {arguments.key: _value(settings, arguments.key, arguments.value)}
    try:
        answer = change_settings(settings.mqtt, device_id(settings.device.id), arguments.device, values)
    except NoAnswer as error:
        raise CommandError(str(error)) from None
    if arguments.json:
        print_json(answer)
    elif not answer["errors"]:
        _tell(arguments, answer)
    else:
        raise CommandError("\n".join(f"{arguments.device}: {_words(error)}" for error in answer["errors"]))
    return FAILED if answer["errors"] else DONE


def _value(settings: Settings, path: str, text: str) -> Any:
    """Return what to send: as the key wants it; where that is not known here, as JSON, or as it is written."""
    if text == _UNSET:
        return None
    try:
        return settings.schema.keys[path].from_text(text)
    except (KeyError, Rejected):
        pass
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _words(error: dict[str, str]) -> str:
    return f"{error['message']} ({error['code']})"


def _tell(arguments: argparse.Namespace, answer: dict[str, Any]) -> None:
    for path in answer["applied"]:
        print(f"{arguments.device}: {path} is changed")
    for path in answer["restart_required"]:
        print(f"{arguments.device}: {path} is changed{_LATER}")
    if not answer["applied"] and not answer["restart_required"]:
        print(f"{arguments.device}: {arguments.key} was so already")


def _warn_if_hidden(settings: Settings, file: Path, path: str, value: Any) -> None:
    """Say so if something above the file keeps the new value from holding."""
    if settings.origin(path) != str(file) and settings.flat()[path] != value:
        print(f"dragoman: {settings.origin(path)} wins: {path} stays {settings.flat()[path]!r}", file=sys.stderr)


def _origins(settings: Settings) -> dict[str, str]:
    return {path: settings.origin(path) for path in settings.schema.keys}


def _problems(settings: Settings) -> list[str]:
    return [problem.message for problem in settings.problems]


def _warn(settings: Settings) -> None:
    for text in _problems(settings):
        print(f"dragoman: left out: {text}", file=sys.stderr)
