"""Messages of devices, read with suspicion: a message in, a value out, or nothing. Pure, and nothing raises.

Anybody on the network may have written a message. Past this module texts are in normal form C, one line, without
anything that moves a cursor or turns the direction of writing; names and numbers have the form that the contract gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

import msgspec

from daemon import doubt
from daemon.mqtt import topics
from daemon.settings import LANGUAGE_TAG
from daemon.watch.heard import Answered, Gone, Heard, Interim, Newest, Presence, Said, State, UtteranceOver, Words
from hw.text import ELLIPSIS, clean

#: Longest text, code points, and most languages of a message; the rest is cut off.
_LONGEST_TEXT, _MOST_LANGUAGES = 4_000, 16
_MOST_PROBLEMS = 8

_DEVICE = re.compile(r"[a-z0-9-]{3,32}")
_TAG = re.compile(LANGUAGE_TAG)
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

_Epoch = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


# ------------------------------------------------------------------ as it stands in the messages


class _Error(msgspec.Struct):
    code: str = ""
    text: str = ""


class _Words(msgspec.Struct):
    text: str = ""
    stable: int | None = None
    error: _Error | None = None
    confidence: float | None = None


class _Word(msgspec.Struct):
    text: str = ""
    confidence: float | None = None


class _Source(msgspec.Struct):
    lang: str
    text: str
    stable: int | None = None
    words: list[_Word] = []


class _Problem(msgspec.Struct):
    code: str


class _State(msgspec.Struct):
    state: str
    source: str
    targets: list[str]
    epoch: _Epoch
    final_seq: _Count
    problems: list[_Problem] = []


class _Interim(msgspec.Struct):
    utterance: _Count
    source: _Source
    translations: dict[str, _Words]


class _Final(msgspec.Struct):
    epoch: _Epoch
    seq: _Count
    utterance: _Count
    source: _Source
    translations: dict[str, _Words]
    at: str = ""


class _Last(msgspec.Struct):
    epoch: _Epoch
    seq: _Count


class _Event(msgspec.Struct):
    event_type: str
    utterance: _Count = 0
    epoch: str = ""
    from_seq: _Count = 0
    to_seq: _Count = 0


class _Response(msgspec.Struct):
    transaction: str | None = None
    status: str = ""
    count: _Count = 0
    to_seq: int | None = None
    errors: list[_Error] = []


# ------------------------------------------------------------------ reading


def device_of(topic: str) -> tuple[str, str] | None:
    """Return the device that a topic belongs to, and its name below that; None if there is none."""
    root, _slash, rest = topic.partition("/")
    device, _slash, name = rest.partition("/")
    fits = root == topics.ROOT and device not in topics.RESERVED and _DEVICE.fullmatch(device)
    return (device, name) if fits else None


def read(name: str, payload: bytes) -> Heard | None:
    """Return what a message says; None if it is nothing of the contract. `name`: the topic below the device's base."""
    reader = _READERS.get(name)
    if reader is None:
        return None
    try:
        return reader(payload)
    except (ValueError, RecursionError):  # msgspec's errors are kinds of the first
        return None


def _presence(payload: bytes) -> Presence | None:
    return Presence(payload == b"online") if payload in (b"online", b"offline") else None


def _state(payload: bytes) -> State:
    said = msgspec.json.decode(payload, type=_State)
    targets = tuple(filter(None, map(_lang, said.targets[:_MOST_LANGUAGES])))
    problems = tuple(_short(problem.code) for problem in said.problems[:_MOST_PROBLEMS])
    return State(_short(said.state), _lang(said.source), targets, problems, said.epoch, said.final_seq)


def _interim(payload: bytes) -> Interim:
    said = msgspec.json.decode(payload, type=_Interim)
    source = _words(said.source.lang, said.source.text, said.source.stable or 0)
    return Interim(said.utterance, source, _translations(said.translations, interim=True))


def _final(payload: bytes, *, again: bool = False) -> Said:
    said = msgspec.json.decode(payload, type=_Final)
    return Said(
        said.epoch,
        said.seq,
        said.utterance,
        said.at if _AT.fullmatch(said.at) else "",
        _source(said.source),
        _translations(said.translations, interim=False),
        again,
    )


def _replay(payload: bytes) -> Said:
    return _final(payload, again=True)


def _last(payload: bytes) -> Newest | None:
    if not payload:  # erased: the device forgot what was said
        return None
    said = msgspec.json.decode(payload, type=_Last)
    return Newest(said.epoch, said.seq)


def _event(payload: bytes) -> UtteranceOver | Gone | None:
    said = msgspec.json.decode(payload, type=_Event)
    if said.event_type == "utterance_dropped":
        return UtteranceOver(said.utterance)
    if said.event_type == "outbox_dropped":
        return Gone(said.epoch, said.from_seq, said.to_seq)
    return None


def _response(payload: bytes) -> Answered | None:
    said = msgspec.json.decode(payload, type=_Response)
    if said.transaction is None:
        return None
    code = said.errors[0].code if said.errors else "failed"
    error = "" if said.status == "ok" else _short(code) or "failed"
    return Answered(said.transaction, error, said.count, said.to_seq or 0)


def _translations(said: Mapping[str, _Words], *, interim: bool) -> tuple[Words, ...]:
    found = []
    for lang, words in list(said.items())[:_MOST_LANGUAGES]:
        if words.error is not None:
            found.append(Words(_lang(lang), _short(words.error.text or words.error.code), failed=True))
        else:
            read = _words(lang, words.text, words.stable or 0 if interim else None)
            found.append(replace(read, doubtful=doubt.in_doubt(words.confidence)))
    return tuple(found)


def _source(said: _Source) -> Words:
    read = _words(said.lang, said.text)
    return replace(read, unsure=doubt.unsure(read.text, ((word.text, word.confidence) for word in said.words)))


def _words(lang: str, text: str, stable: int | None = None) -> Words:
    whole = clean(text[:_LONGEST_TEXT]) + (ELLIPSIS if len(text) > _LONGEST_TEXT else "")
    settled = None if stable is None else len(clean(text[: max(0, min(stable, _LONGEST_TEXT))]))
    return Words(_lang(lang), whole, settled)


def _lang(tag: str) -> str:
    return tag if len(tag) <= 35 and _TAG.fullmatch(tag) else "?"  # noqa: PLR2004 -- RFC 5646, 4.4.1


def _short(text: str) -> str:
    return clean(text[:80])


_READERS: Mapping[str, Callable[[bytes], Heard | None]] = {
    topics.AVAILABILITY: _presence,
    topics.STATE: _state,
    topics.INTERIM: _interim,
    topics.FINAL: _final,
    topics.REPLAY: _replay,
    topics.LAST: _last,
    topics.EVENT: _event,
    f"{topics.RESPONSE}/{topics.REPLAY}": _response,
}
#: Topics that are read, below a device's base.
NAMES = tuple(_READERS)
