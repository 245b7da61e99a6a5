"""What comes in from the network: read with suspicion, refused with a code. Pure functions, nothing raises.

A payload is at most 4 KiB of UTF-8 holding one JSON object whose keys and types are those of the command. Numbers are
finite, keys stand once, texts hold no control, bidirectional or lone surrogate characters: a display or a log that
shows them could be made to show something else.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from daemon.mqtt import topics
from daemon.mqtt.messages import Received
from daemon.settings import LANGUAGE_TAG

#: Most bytes of a payload.
MOST_BYTES = 4_096
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


#: Command → its arguments.
COMMANDS: dict[str, type[Plain]] = dict.fromkeys(
    (
        "mute",
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
) | {"speak": Speak, "translate": Translate, "replay": Replay}


@dataclass(frozen=True, slots=True)
class Request:
    """A command that may be carried out, or at least answered."""

    name: str
    transaction: str | None
    arguments: Plain
    #: Where the answer goes besides ``response/<name>``, and what it carries.
    response_topic: str | None = None
    correlation: bytes | None = None


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


class _Wrong(Exception):
    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


def read(message: Received, device: str) -> Request | Rejected:
    """Return the command in a message, or why there is none."""
    name = message.topic.removeprefix(f"{topics.base(device)}{topics.COMMAND}/")
    if message.retained:
        # The sender has long gone, and whoever connects would set it off again.
        return Rejected("retained", "commands must not be retained")
    if name not in COMMANDS:
        return Rejected("unknown_command", f"there is no command of that name; there are {', '.join(COMMANDS)}")
    response_topic = allowed_response(message.response_topic, device)
    fields: Mapping[str, Any] = {}
    try:
        fields = parse(message.payload)
        arguments = _convert(fields, COMMANDS[name])
    except _Wrong as wrong:
        transaction = _transaction(fields)
        return Rejected(wrong.code, wrong.message, wrong.path, name, transaction, response_topic, message.correlation)
    return Request(name, arguments.transaction, arguments, response_topic, message.correlation)


def allowed_response(topic: str | None, device: str) -> str | None:
    """Return an MQTT 5 response topic if we answer there: below ``dragoman/client/``, or where we publish nothing else.

    Anywhere else a stranger could have this device, with its rights, write over the topics of others.
    """
    if not topic or len(topic) > _LONGEST_TOPIC or any(letter in topic for letter in "+#") or _forbidden(topic):
        return None
    if topic.startswith(f"{topics.ROOT}/client/"):
        return topic
    own = topics.base(device)
    first = topic.removeprefix(own).split("/", maxsplit=1)[0]
    taken = (set(topics.RULES) | {topics.COMMAND, "config", ""}) - {topics.RESPONSE}
    return topic if topic.startswith(own) and first not in taken else None


def parse(payload: bytes) -> dict[str, Any]:
    """Return the object in a payload. Raises `_Wrong`."""
    if len(payload) > MOST_BYTES:
        raise _Wrong("too_large", f"the payload has more than {MOST_BYTES} bytes")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Wrong("not_utf8", "the payload is not UTF-8") from error
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_not_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _Wrong("not_json", "the payload is not JSON") from error
    if not isinstance(value, dict):
        raise _Wrong("not_an_object", "the payload is not a JSON object")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Wrong("duplicate_key", "a key stands more than once")
    return found


def _not_finite(_word: str) -> float:
    raise _Wrong("wrong_value", "a number is not finite")


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise _Wrong("wrong_value", "a number is not finite")
    return number


def _with_lists(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a target language that stands alone into a list."""
    alone = fields.get("to")
    return {**fields, "to": [alone]} if isinstance(alone, str) else fields


def _convert(fields: Mapping[str, Any], arguments: type[Plain]) -> Plain:
    known = {field.encode_name for field in msgspec.structs.fields(arguments)}
    for key, value in fields.items():
        if key not in known:
            raise _Wrong("unknown_key", f"an unknown key; there are {', '.join(sorted(known))}", _shown(key))
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _forbidden(text):
                raise _Wrong("control_character", "the text holds control characters", key)
    try:
        return msgspec.convert(_with_lists(fields), arguments, strict=True)
    except msgspec.ValidationError as error:
        words, _at, path = str(error).partition(" - at `$")
        raise _Wrong("wrong_value", words, path.rstrip("`").lstrip(".")) from error


def _forbidden(text: str) -> bool:
    """Whether a text holds control characters, bidirectional ones among them, surrogates or line separators."""
    return any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(letter) in _BIDIRECTIONAL
        for letter in text
    )


#: Embeddings, overrides and isolates (Unicode annex 9). Marks (LRM, RLM) have no effect beyond their place.
_BIDIRECTIONAL = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _shown(key: str) -> str:
    return key if len(key) <= 40 and not _forbidden(key) else "?"  # noqa: PLR2004 -- a name, not a novel


def _transaction(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("transaction")
    fits = isinstance(value, str) and 0 < len(value) <= 64 and not _forbidden(value)  # noqa: PLR2004 -- as above
    return value if fits else None
