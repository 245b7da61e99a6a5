"""``dragoman config``: shows, checks, describes and changes the settings."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from daemon import changes, remote_settings
from daemon.cli.arguments import CONFIGURATION, DONE, FAILED, USAGE, CommandError, add_config, add_json
from daemon.cli.as_service import load_as_service, state_as_service
from daemon.cli.broker import add_broker, names_broker, settings_with_broker
from daemon.cli.output import print_json, print_table
from daemon.config import DEFAULT_FILE, ConfigError, Settings
from daemon.layers import REMOTE
from daemon.schema import Key, Rejected, collect
from daemon.schema_documents import example, json_schema
from daemon.serving import why_unserved
from daemon.settings_file import change, unset

#: The word that takes a key out of the file, or out of what was set remotely, as null does over MQTT.
_UNSET = "null"
_LATER = " (from the next start)"
_BY_OTHERS = "set over MQTT or by a swap"
_HOW_TO_GIVE_BACK = f"`dragoman config set {{}} {_UNSET}` gives it back"
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
        "value",
        metavar="VALUE",
        help=f"lists with commas: es,ca; {_UNSET} gives the key back to what lies below: what was set over MQTT or "
        "by a swap to the file, else what is in the file to the built-in",
    )
    change_one.add_argument("--device", metavar="ID", help="ask this device over MQTT instead")
    add_broker(change_one)
    for part in (show, check, change_one):
        add_config(part)
        add_json(part)
    parser.epilog = (
        "Settings that win: built-in < the file < DRAGOMAN_SECTION__KEY < what was set over MQTT or by a swap."
    )


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
    if settings.remote:
        print(f"{_BY_OTHERS} and wins over the file: {', '.join(settings.remote)}; {_HOW_TO_GIVE_BACK.format('KEY')}")
    _warn(settings)
    return DONE


def _served_settings(file: Path | None) -> Settings:
    """Return the settings; refuse those that `run` would refuse. Raises `ConfigError`."""
    settings = load_as_service(file)
    if wrong := why_unserved(settings):
        raise ConfigError(wrong)
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
    state = state_as_service(arguments.config)
    if arguments.value == _UNSET and state is not None and (paths := _set_by_others(state, arguments.key)):
        return _give_back(arguments, state, paths)
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
    following = change(file, key, value)
    _tell_of_file(arguments, file, key, value, f"= {key.shown(value)}", following)
    _warn_if_hidden(load_as_service(arguments.config), file, key, value)
    return DONE


def _set_by_others(state: Path, path: str) -> list[str]:
    """Return what was set over MQTT or by a swap, of the key or section that is meant, as far as it is known here."""
    known = collect().keys
    return [kept for kept in remote_settings.read(state).values if kept in known and f"{kept}.".startswith(f"{path}.")]


def _give_back(arguments: argparse.Namespace, state: Path, paths: list[str]) -> int:
    """Let what lies below hold again; what the file says of it stays there."""
    settings = changes.given_back(load_as_service(arguments.config), arguments.key, state)
    if arguments.json:
        print_json({"file": str(state / remote_settings.NAME), "key": arguments.key, "value": None})
        return DONE
    for path in paths:
        holds = settings.schema.keys[path].shown(settings.flat()[path])
        print(f"{path} was {_BY_OTHERS} and is given back; {holds} holds ({settings.origin(path)}){_LATER}")
    return DONE


def _unset(arguments: argparse.Namespace, file: Path, key: Key) -> int:
    following = unset(file, key)
    settings = load_as_service(arguments.config if file.exists() else None)
    holds, origin = key.shown(settings.flat()[key.path]), settings.origin(key.path)
    _tell_of_file(arguments, file, key, None, f"is not set there; {holds} holds ({origin})", following)
    return DONE


def _tell_of_file(
    arguments: argparse.Namespace, file: Path, key: Key, value: Any, words: str, following: dict[str, Any]
) -> None:
    """Tell what became of a key of the file, and which others have followed it."""
    if arguments.json:
        also = {"also": following} if following else {}
        print_json({"file": str(file), "key": key.path, "value": value, **also})
        return
    print(f"{file}: {key.path} {words}{_LATER}")
    for path, new in following.items():
        print(f"{file}: {path} = {collect().keys[path].shown(new)} follows it{_LATER}")


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


def _warn_if_hidden(settings: Settings, file: Path, key: Key, value: Any) -> None:
    """Say so if something above the file keeps the new value from holding."""
    origin, holds = settings.origin(key.path), settings.flat()[key.path]
    if origin == str(file) or holds == value:
        return
    text = f"{key.path} stays {key.shown(holds)}"
    if origin == REMOTE:
        text = f"what was {_BY_OTHERS} wins: {text}; {_HOW_TO_GIVE_BACK.format(key.path)}"
    else:
        text = f"{origin} wins: {text}"
    print(f"dragoman: {text}", file=sys.stderr)


def _origins(settings: Settings) -> dict[str, str]:
    return {path: settings.origin(path) for path in settings.schema.keys}


def _problems(settings: Settings) -> list[str]:
    return [problem.message for problem in settings.problems]


def _warn(settings: Settings) -> None:
    for text in _problems(settings):
        print(f"dragoman: left out: {text}", file=sys.stderr)
