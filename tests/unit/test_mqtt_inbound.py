from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.mqtt.inbound import (
    COMMANDS,
    Change,
    ChangeOne,
    Mute,
    Rejected,
    Replay,
    Request,
    Speak,
    Translate,
    allowed_response,
    read,
)
from daemon.mqtt.messages import Received
from tests.support.properties import examples

DEVICE = "dragoman-test"
BASE = f"dragoman/{DEVICE}/"


def command(name, payload, *, retained=False, response=None):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return read(Received(f"{BASE}cmd/{name}", payload, retained, response, b"42"), DEVICE)


def test_commands_are_read_with_their_arguments():
    assert command("mute", {}) == Request("mute", None, COMMANDS["mute"](), None, b"42")
    spoken = command("speak", {"v": 1, "transaction": "t1", "text": "hola", "lang": "es"})
    assert spoken.arguments == Speak(transaction="t1", text="hola", lang="es")
    assert spoken.transaction == "t1"
    typed = command("translate", {"text": "hi", "from": "en", "to": ["es", "ca"]})
    assert typed.arguments == Translate(text="hi", source="en", targets=["es", "ca"])
    assert command("translate", {"text": "hi", "from": "en", "to": "es"}).arguments.targets == ["es"]
    assert command("replay", {"from_seq": 3}).arguments == Replay(from_seq=3, limit=100)


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        (b"", "not_json", ""),
        (b"\xff\xfe", "not_utf8", ""),
        (b"[" * 4_000, "not_json", ""),
        (b'{"text":' * 500, "not_json", ""),
        (b"[]", "not_an_object", ""),
        (b"NaN", "wrong_value", ""),
        (b'"text"', "not_an_object", ""),
        (b" " * 4_097, "too_large", ""),
        (b'{"text":"a","text":"b","lang":"es"}', "duplicate_key", ""),
        (b'{"text":"a","lang":"es","volume":1e999}', "wrong_value", ""),
        (b'{"text":"a","lang":"es","volume":1}', "unknown_key", "volume"),
        (b'{"text":"a\\u0007","lang":"es"}', "control_character", "text"),
        (b'{"text":"a\\nb","lang":"es"}', "control_character", "text"),
        (b'{"text":"a\\u202eb","lang":"es"}', "control_character", "text"),
        (b'{"text":"a\\u2066b","lang":"es"}', "control_character", "text"),
        (b'{"text":"a\\ud800","lang":"es"}', "control_character", "text"),
        (b'{"text":5,"lang":"es"}', "wrong_value", "text"),
        (b'{"text":null,"lang":"es"}', "wrong_value", "text"),
        (b'{"text":"","lang":"es"}', "wrong_value", "text"),
        (b'{"text":"a","lang":"../es"}', "wrong_value", "lang"),
        (b'{"text":"a","lang":"es\\u0000"}', "control_character", "lang"),
        (b'{"text":"a"}', "wrong_value", "lang"),
        (b'{"text":"a","lang":"es","v":2}', "wrong_value", "v"),
        (b'{"text":"a","lang":"es","transaction":""}', "wrong_value", "transaction"),
        (b'{"text":"a","lang":"es","transaction":' + b"9" * 3_000 + b"}", "wrong_value", "transaction"),
        ({"text": "x" * 1_001, "lang": "es"}, "wrong_value", "text"),
    ],
)
def test_what_is_wrong_is_refused_with_a_code_and_a_path(payload, code, path):
    refused = command("speak", payload)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.path) == (code, path)
    assert refused.name == "speak"


@pytest.mark.parametrize("key", ["text", "from", "to"])
def test_what_is_missing_is_named(key):
    given = {"text": "hi", "from": "en", "to": "es"}
    del given[key]
    refused = command("translate", given)
    assert (refused.code, refused.path, refused.message) == ("wrong_value", key, f"{key} is missing")


def test_a_refusal_carries_the_transaction_as_far_as_it_can_be_read():
    assert command("speak", {"transaction": "t9", "text": 1}).transaction == "t9"
    assert command("speak", {"transaction": "\x1b[2J", "text": 1}).transaction is None
    assert command("speak", {"transaction": 9, "text": 1}).transaction is None


def test_a_retained_command_is_ignored():
    refused = command("unmute", {}, retained=True)
    assert (refused.code, refused.name) == ("retained", "")


@pytest.mark.parametrize("name", ["", "no such", "MUTE", "__init__", "run", "../mute", "\u202emute"])
def test_an_unknown_command_is_answered_to_nobody(name):
    refused = command(name, {})
    assert (refused.code, refused.name) == ("unknown_command", "")


@pytest.mark.parametrize("limit", [0, -1, 201, 1e3, "5", True, 2**70])
def test_a_replay_is_bounded(limit):
    assert command("replay", {"from_seq": 1, "limit": limit}).code == "wrong_value"


@pytest.mark.parametrize("topic", ["dragoman/client/phone/1", f"{BASE}response/mine", f"{BASE}answers/phone"])
def test_answers_go_to_topics_of_clients_and_free_ones_of_our_own(topic):
    assert allowed_response(topic, DEVICE) == topic
    assert command("mute", {}, response=topic).response_topic == topic


@pytest.mark.parametrize(
    "topic",
    [
        "dragoman/other/response/x",
        "homeassistant/status",
        "$SYS/x",
        "dragoman/client/+",
        "dragoman/client/#",
        "dragoman/client/a\x00b",
        "dragoman/client/" + "x" * 300,
        "dragoman/clients/x",
        f"{BASE}state",
        f"{BASE}final",
        f"{BASE}final/last",
        f"{BASE}cmd/unmute",
        f"{BASE}config/set",
        BASE,
        "",
        None,
    ],
)
def test_no_other_response_topic_is_used(topic):
    assert allowed_response(topic, DEVICE) is None


# ---- settings ----


def test_as_many_phrases_as_there_may_be_fit_into_one_message():
    names = [f"Sintra {number}" for number in range(200)]
    made = setting(f"{BASE}config/set", {"values": {"languages.phrases": names}})
    assert made.arguments == Change(values={"languages.phrases": names})


def setting(topic, payload, *, retained=False, groups=()):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return read(Received(topic, payload, retained), DEVICE, groups)


def test_a_merge_patch_is_read_whole():
    made = setting(f"{BASE}config/set", {"transaction": "t", "if_rev": 3, "values": {"speaker": {"volume": None}}})
    assert made.arguments == Change(transaction="t", if_rev=3, values={"speaker": {"volume": None}})
    assert (made.name, made.transaction, made.answer_topic) == ("config", "t", "config/response")


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ({}, "wrong_value", "values"),
        ({"values": 5}, "wrong_value", "values"),
        ({"values": {}, "if_rev": -1}, "wrong_value", "if_rev"),
        ({"values": {}, "if_rev": 1.5}, "wrong_value", "if_rev"),
        ({"values": {}, "if_rev": True}, "wrong_value", "if_rev"),
        ({"values": {}, "speaker.volume": 1}, "unknown_key", "speaker.volume"),
        ({"values": {"a": {"b": "x\x07"}}}, "control_character", "values.a.b"),
        ({"values": {"a": ["\u202e"]}}, "control_character", "values.a"),
        ({"values": {"a\n": 1}}, "control_character", "values"),
        ({"values": {str(number): 1 for number in range(300)}}, "wrong_value", "values"),
        (b'{"values": ' + b'{"a": ' * 30 + b"1" + b"}" * 31, "wrong_value", "values"),
        (b'{"values": ' + b"[" * 4_000, "not_json", ""),
        (b'{"values": {"a": NaN}}', "wrong_value", ""),
        (b'{"values": {"a": 1, "a": 2}}', "duplicate_key", ""),
        (b"x" * 5_000, "too_large", ""),
        (b"\xff", "not_utf8", ""),
        (b"[1]", "not_an_object", ""),
    ],
)
def test_a_patch_that_is_wrong_is_refused_and_answered(payload, code, path):
    refused = setting(f"{BASE}config/set", payload)
    assert (refused.code, refused.path, refused.name) == (code, path, "config")


@pytest.mark.parametrize(
    ("payload", "arguments"),
    [
        (b"0.5", ChangeOne(path="speaker.volume", text="0.5")),
        (b'"es"', ChangeOne(path="speaker.volume", text="es")),
        (b"es", ChangeOne(path="speaker.volume", text="es")),
        (b"es,ca", ChangeOne(path="speaker.volume", text="es,ca")),
        (b"", ChangeOne(path="speaker.volume", text="")),
        (b"true", ChangeOne(path="speaker.volume", text="true")),
        (b"9" * 4_000, ChangeOne(path="speaker.volume", text="9" * 4_000)),
        (b"null", Change(values={"speaker.volume": None})),
        (b'["es", "ca"]', Change(values={"speaker.volume": ["es", "ca"]})),
    ],
)
def test_one_value_is_plain_or_json(payload, arguments):
    made = setting(f"{BASE}config/speaker.volume/set", payload)
    assert (made.name, made.transaction, made.arguments) == ("config", None, arguments)


@pytest.mark.parametrize(
    ("path", "payload", "code"),
    [
        ("speaker.volume", b"\xff", "not_utf8"),
        ("speaker.volume", b"1" * 5_000, "too_large"),
        ("speaker.volume", b"a\nb", "control_character"),
        ("speaker.volume", b'"\\u0007"', "control_character"),
        ("speaker.volume", b"NaN", "wrong_value"),
        ("speaker.volume", b"1e999", "wrong_value"),
        ("speaker\u202evolume", b"1", "control_character"),
    ],
)
def test_one_value_that_is_wrong_is_refused_and_answered(path, payload, code):
    refused = setting(f"{BASE}config/{path}/set", payload)
    assert (refused.code, refused.name) == (code, "config")


@pytest.mark.parametrize("topic", ["config/set", "config/speaker.volume/set", "cmd/mute"])
def test_retained_settings_are_ignored(topic):
    assert setting(f"{BASE}{topic}", b"1", retained=True).code == "retained"


def test_only_a_group_that_the_device_names_is_followed():
    topic, patch = "dragoman/group/kitchen/config", {"values": {"speaker.volume": 0.5}}
    followed = setting(topic, patch, retained=True, groups=("kitchen",))
    assert followed.arguments == Change(values=patch["values"])
    assert followed.group == "kitchen"
    assert followed.answer_topic == "config/response"
    for groups in ((), ("cellar",)):
        assert setting(topic, patch, retained=True, groups=groups).code == "not_a_member"


def test_what_a_group_says_is_its_transaction():
    topic = "dragoman/group/kitchen/config"
    first, again, other = (
        setting(topic, {"values": {"speaker.volume": volume}}, groups=("kitchen",)) for volume in (0.5, 0.5, 0.6)
    )
    assert first.transaction == again.transaction != other.transaction
    assert setting(topic, b"", groups=("kitchen",)).code == "empty"
    assert setting(topic, b"{", groups=("kitchen",)).code == "not_json"


def test_a_switch_has_one_topic_for_both():
    assert command("mute", {"muted": False}).arguments == Mute(muted=False)
    assert command("mute", {}).arguments == Mute(muted=True)
    assert command("mute", {"muted": "no"}).code == "wrong_value"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["v", "transaction", "text", "lang", "from", "to", "from_seq", "limit", "epoch", "x"])


@examples(500)
@given(name=st.sampled_from(sorted(COMMANDS)), fields=st.dictionaries(KEYS, JSON, max_size=5), ascii_only=st.booleans())
@example(name="speak", fields={"text": "\ud800", "lang": "es"}, ascii_only=True)
def test_nothing_that_is_json_raises(name, fields, ascii_only):
    payload = json.dumps(fields, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    result = command(name, payload)
    assert isinstance(result, Request | Rejected)


@examples(500)
@given(st.text(max_size=20), st.binary(max_size=300), st.booleans(), st.none() | st.text(max_size=40))
def test_nothing_at_all_raises(name, payload, retained, response):
    result = command(name, payload, retained=retained, response=response)
    assert isinstance(result, Rejected)


@examples(500)
@given(
    st.text(max_size=20), st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()), st.booleans()
)
def test_nothing_raises_whatever_is_to_be_set(name, payload, retained):
    for topic in (f"{BASE}config/set", f"{BASE}config/{name}/set", f"dragoman/group/{name}/config"):
        assert isinstance(setting(topic, payload, retained=retained, groups=(name,)), Request | Rejected)
