"""What comes in from the network: read with suspicion, refused with a code. Pure functions, nothing raises.

A payload is at most 4 KiB of UTF-8 holding one JSON object whose keys and types are those of the command; that of
``config/<dotted key>/set`` is one value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import msgspec

from daemon.mqtt import suspicion, topics
from daemon.mqtt.messages import Received
from daemon.mqtt.suspicion import Wrong
from daemon.settings import LANGUAGE_TAG

#: Name of a request that changes settings; that of a group's has the group's after this.
CONFIG = "config"
_GROUP = "group/"
_LONGEST_TOPIC = 256

Transaction = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
_Lang = Annotated[str, msgspec.Meta(pattern=f"^{LANGUAGE_TAG}$", max_length=35)]
_Seq = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
_Epoch = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}$")]


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments of a command that has none."""

    v: Literal[1] = 1
    transaction: Transaction | None = None


class Mute(Plain, frozen=True, kw_only=True):
    """Mute the microphone. False unmutes it, where that is allowed: a switch has one topic for both."""

    muted: bool = True


class Speak(Plain, frozen=True, kw_only=True):
    """Say a text aloud."""

    text: _Text
    lang: _Lang


class Translate(Plain, frozen=True, kw_only=True, rename={"source": "from", "targets": "to"}):
    """Translate a text without audio."""

    text: _Text
    source: _Lang
    #: One language may stand without its list. Not as a union here: msgspec 0.22 frees one of two constrained types
    #: by the wrong allocator, which ends the process when it ends.
    targets: Annotated[list[_Lang], msgspec.Meta(min_length=1, max_length=8)]


class Replay(Plain, frozen=True, kw_only=True):
    """Send finals again, from a `seq` on."""

    from_seq: _Seq
    limit: _Limit = 100
    #: Another epoch than the present one, if the outbox still has some of it.
    epoch: _Epoch | None = None


class Change(Plain, frozen=True, kw_only=True):
    """Change settings by a JSON merge patch."""

    values: dict[str, Any]
    #: The revision that the settings must have.
    if_rev: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class ChangeOne(Plain, frozen=True, kw_only=True):
    """Change one setting, written as a person writes it. Made here, not read from JSON."""

    path: str
    text: str


#: Command → its arguments.
COMMANDS: dict[str, type[Plain]] = dict.fromkeys(
    (
        "unmute",
        "listen",
        "swap",
        "stop_speaking",
        "repeat",
        "clear",
        "identify",
        "forget",
        "restart",
    ),
    Plain,
) | {"mute": Mute, "speak": Speak, "translate": Translate, "replay": Replay}


@dataclass(frozen=True, slots=True)
class Request:
    """Something that may be carried out, or at least answered."""

    #: A command's name, `CONFIG`, or ``group/<name>``.
    name: str
    transaction: str | None
    arguments: Plain
    #: Where the answer goes besides `answer_topic`, and what it carries.
    response_topic: str | None = None
    correlation: bytes | None = None

    @property
    def of_settings(self) -> bool:
        """Whether settings are to be changed."""
        return self.name == CONFIG or self.group is not None

    @property
    def group(self) -> str | None:
        """The group whose settings these are."""
        return self.name.removeprefix(_GROUP) if self.name.startswith(_GROUP) else None

    @property
    def answer_topic(self) -> str:
        """Where the answer goes, below the device's base."""
        return topics.CONFIG_RESPONSE if self.of_settings else f"{topics.RESPONSE}/{self.name}"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that changes nothing."""

    code: str
    message: str
    #: Key that is wrong, with dots; empty for the whole.
    path: str = ""
    #: To answer, as far as these could be read; without a name nobody is answered.
    name: str = ""
    transaction: str | None = None
    response_topic: str | None = None
    correlation: bytes | None = None


def read(message: Received, device: str, groups: Collection[str] = ()) -> Request | Rejected:
    """Return what a message asks for, or why it asks for nothing. `groups`: those whose settings are followed."""
    base = topics.base(device)
    if message.topic.startswith(topics.GROUPS):
        return _read_group(message, groups)
    if message.retained:
        # The sender has long gone, and whoever connects would set it off again.
        return Rejected("retained", "commands and settings must not be retained")
    if message.topic.startswith(f"{base}{topics.CONFIG}/"):
        return _read_config(message, message.topic.removeprefix(f"{base}{topics.CONFIG}/"), device)
    name = message.topic.removeprefix(f"{base}{topics.COMMAND}/")
    if name not in COMMANDS:
        return Rejected("unknown_command", f"there is no command of that name; there are {', '.join(COMMANDS)}")
    return _read(message, name, COMMANDS[name], allowed_response(message.response_topic, device))


def _read_config(message: Received, name: str, device: str) -> Request | Rejected:
    """Read ``config/set``, or ``config/<dotted key>/set``."""
    response_topic = allowed_response(message.response_topic, device)
    if name == "set":
        return _read(message, CONFIG, Change, response_topic)
    path = name.removesuffix("/set")
    try:
        return Request(CONFIG, None, _one_value(path, message.payload), response_topic, message.correlation)
    except Wrong as wrong:
        path = suspicion.shown(path)
        return Rejected(wrong.code, wrong.message, path, CONFIG, None, response_topic, message.correlation)


def _read_group(message: Received, groups: Collection[str]) -> Request | Rejected:
    """Read the settings of a group. They stay on the broker, so what they hold is their transaction."""
    name = message.topic.removeprefix(topics.GROUPS).removesuffix(f"/{topics.CONFIG}")
    if name not in groups:
        return Rejected("not_a_member", "device.groups does not name that group")
    if not message.payload:
        return Rejected("empty", "the group says nothing any more: what it said before still holds")
    digest = hashlib.sha256(message.payload).hexdigest()[:16]
    return replace(_read(message, f"{_GROUP}{name}", Change, None), transaction=digest, correlation=None)


def _read(message: Received, name: str, arguments: type[Plain], response_topic: str | None) -> Request | Rejected:
    fields: Mapping[str, Any] = {}
    try:
        fields = suspicion.json_object(message.payload)
        converted = _convert(fields, arguments)
    except Wrong as wrong:
        transaction = _transaction(fields)
        return Rejected(wrong.code, wrong.message, wrong.path, name, transaction, response_topic, message.correlation)
    return Request(name, converted.transaction, converted, response_topic, message.correlation)


def _one_value(path: str, payload: bytes) -> Plain:
    """Return the change of one setting: as JSON if it is a list, a text or null, otherwise as a person writes it."""
    words = suspicion.text(payload)
    suspicion.check(path)
    suspicion.check(words)
    try:
        value = suspicion.json_value(words)
    except ValueError:
        value = words
    suspicion.check(value)
    if value is None or isinstance(value, list | dict):
        return Change(values={path: value})
    return ChangeOne(path=path, text=value if isinstance(value, str) else words)


def allowed_response(topic: str | None, device: str) -> str | None:
    """Return an MQTT 5 response topic if we answer there: below ``dragoman/client/``, or where we publish nothing else.

    Anywhere else a stranger could have this device, with its rights, write over the topics of others.
    """
    if (
        not topic
        or len(topic) > _LONGEST_TOPIC
        or any(letter in topic for letter in "+#")
        or suspicion.forbidden(topic)
    ):
        return None
    if topic.startswith(f"{topics.ROOT}/client/"):
        return topic
    own = topics.base(device)
    first = topic.removeprefix(own).split("/", maxsplit=1)[0]
    taken = (set(topics.RULES) | {topics.COMMAND, topics.CONFIG, ""}) - {topics.RESPONSE}
    return topic if topic.startswith(own) and first not in taken else None


def _with_lists(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a target language that stands alone into a list."""
    alone = fields.get("to")
    return {**fields, "to": [alone]} if isinstance(alone, str) else fields


def _convert(fields: Mapping[str, Any], arguments: type[Plain]) -> Plain:
    known = {field.encode_name: field for field in msgspec.structs.fields(arguments)}
    for key, value in fields.items():
        if key not in known:
            raise Wrong("unknown_key", f"an unknown key; there are {', '.join(sorted(known))}", suspicion.shown(key))
        suspicion.check(value, key)
    for key, field in known.items():
        if field.required and key not in fields:
            raise Wrong("wrong_value", f"{key} is missing", key)
    try:
        return msgspec.convert(_with_lists(fields), arguments, strict=True)
    except msgspec.ValidationError as error:
        words, _at, path = str(error).partition(" - at `$")
        raise Wrong("wrong_value", words, path.rstrip("`").lstrip(".")) from error


def _transaction(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("transaction")
    fits = isinstance(value, str) and 0 < len(value) <= 64 and not suspicion.forbidden(value)  # noqa: PLR2004 -- as above
    return value if fits else None
