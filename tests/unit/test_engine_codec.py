"""What crosses the socket to an engine's process: everything back as it was, nothing but `Garbled` from rubbish."""

from __future__ import annotations

import socket
import struct
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.codec import (
    CALLS,
    EVENTS,
    MAX_FRAME_BYTES,
    Alive,
    Channel,
    ChannelClosed,
    Feed,
    FrameReader,
    Garbled,
    Start,
    decode,
    encode,
)
from tests.support.properties import examples

MESSAGES = CALLS | EVENTS
#: Plain values are all that settings are made of.
SETTINGS = st.dictionaries(st.text(), st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False) | st.none()))
#: Numbers of utterances, revisions, milliseconds: 64 bits are enough for all.
NUMBERS = {int: st.integers(-(2**63), 2**63 - 1), float: st.floats(allow_nan=False)}


def messages(kind: type) -> st.SearchStrategy:
    """Return a strategy for a dataclass, each field from its type."""
    if kind is Start:
        return st.builds(Start, SETTINGS)
    return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})


def values(hint: Any) -> st.SearchStrategy:
    origin, inner = get_origin(hint), get_args(hint)
    if is_dataclass(hint):
        return messages(hint)
    if origin is dict:
        return st.dictionaries(st.text(), values(inner[1]), max_size=2)
    if origin is tuple:
        return st.lists(values(inner[0]), max_size=2).map(tuple)
    if origin is UnionType:
        return st.one_of(*map(values, inner))
    return NUMBERS[hint] if hint in NUMBERS else st.from_type(hint)


def bodies(data: bytes) -> list[bytes]:
    return list(FrameReader().take(data))


def channels(kinds=EVENTS) -> tuple[Channel, Channel]:
    ours, theirs = socket.socketpair()
    return Channel(ours, kinds), Channel(theirs, kinds)


@pytest.mark.parametrize("name", sorted(MESSAGES))
@examples(30)
@given(data=st.data())
def test_every_message_comes_back_as_it_was(name, data):
    message = data.draw(messages(MESSAGES[name]))
    (body,) = bodies(encode(message))
    assert decode(body, MESSAGES) == message


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(1, 20))
def test_frames_are_whole_however_they_arrive(sounds, piece):
    sent = [Feed(7, sound) for sound in sounds]
    stream = b"".join(encode(message) for message in sent)
    reader = FrameReader()
    got = [body for at in range(0, len(stream), piece) for body in reader.take(stream[at : at + piece])]
    assert [decode(body, CALLS) for body in got] == sent


@given(st.binary(max_size=200))
def test_rubbish_is_garbled_and_nothing_else(body):
    with pytest.raises(Garbled):
        decode(body, EVENTS)


@pytest.mark.parametrize(
    "value",
    [
        ("NoSuchThing", {}),
        ("EngineFinal", {"utterance": 1}),
        ("EngineFinal", {"utterance": "one", "source_lang": "", "source": "", "translations": {}, "engine_ms": 0}),
        ("Feed", {"utterance": 1, "pcm": b""}),
        ("Alive", 5),
        (7, {}),
        ["EngineReady"],
        None,
    ],
)
def test_a_readable_message_of_the_wrong_shape_is_garbled(value):
    with pytest.raises(Garbled):
        decode(msgspec.msgpack.encode(value), EVENTS)


def test_a_frame_longer_than_any_real_one_is_garbled_before_it_is_read():
    with pytest.raises(Garbled, match=str(MAX_FRAME_BYTES + 1)):
        bodies(struct.pack("<I", MAX_FRAME_BYTES + 1))


def test_a_channel_carries_messages_in_order():
    here, there = channels(CALLS)
    with_sound = [Feed(1, bytes([number]) * 1000) for number in range(20)]
    for message in with_sound:
        here.send(message)
    got: list[object] = []
    while len(got) < len(with_sound):
        got += there.receive(5.0)
    assert got == with_sound
    here.close()
    there.close()


def test_receive_comes_back_with_nothing_when_nothing_came():
    here, there = channels()
    assert here.receive(0.0) == []
    here.close()
    there.close()


def test_both_ends_see_a_channel_that_was_shut():
    here, there = channels()
    here.shut()
    for end in (here, there):
        with pytest.raises(ChannelClosed):
            end.receive(5.0)
        with pytest.raises(ChannelClosed):
            end.send(Alive())
        end.close()


def test_a_closed_channel_says_so():
    here, there = channels()
    there.close()
    with pytest.raises(ChannelClosed):
        here.receive(5.0)
    here.close()
