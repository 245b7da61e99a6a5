"""A watcher that is sent anything at all: nothing raises, moves the cursor, or grows without bounds."""

import io
import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mqtt.messages import Received
from daemon.watch.faces import Plain
from daemon.watch.model import MOST_DEVICES, Watch
from daemon.watch.reading import NAMES
from daemon.watch.view import clock
from tests.support.properties import PROPERTY
from tests.support.watching import DEVICE, EPOCH, NEWER, PATIENCE_S, World, drawn, final, interim, plain, state


def unsafe(shown):
    """Return the characters that could move a cursor, turn the writing, or are none; our line ends apart."""
    return {
        char
        for char in shown.replace("\n", "")
        if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or (unicodedata.category(char) == "Cf" and char not in "\u200c\u200d")
    }


def to_json(value):
    return json.dumps(value).encode()


EVIL = "\x1b[2J\x07\x9b1m\r\u202e\u2066\u2028\U000e0041x"
NASTY = st.text(
    st.sampled_from(sorted(set(EVIL) | set("a\u00e9 \n\t\u200f\u0301\ufeff\u65e5\u0627\u200d"))), max_size=20
)
LEAF = st.one_of(NASTY, st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.just(2**53))
ANYTHING = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3))
NUMBERS = st.integers(0, 12) | st.just(2**53)
WORDS = st.fixed_dictionaries({"text": NASTY}, optional={"stable": st.integers(-5, 50)})
TRANSLATIONS = st.dictionaries(
    st.sampled_from(["es", "fr", "\x1b[2J", "x" * 99]),
    WORDS | st.fixed_dictionaries({"error": st.fixed_dictionaries({"code": NASTY, "text": NASTY})}),
    max_size=3,
)
UNREADABLE = [b'{"x":' + b"[" * 50_000, b'{"at":"\xff"}', b'{"at":"\\ud800"}', b"\xff", b"[]", b"null", b"1e999", b"{}"]
#: Field → what may stand there; all together are a message on any topic but `state`, whose `source` is a language.
FIELDS = {
    "epoch": st.sampled_from([EPOCH, NEWER, "01234567", "89abcdef", "deadbeef", "cafecafe"]),
    "seq": NUMBERS,
    "utterance": NUMBERS,
    "final_seq": NUMBERS,
    "source": WORDS.map(lambda words: {"lang": "en", **words}),
    "translations": TRANSLATIONS,
    "at": NASTY | st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-99-99T99:99:99Z"]),
    "transaction": st.sampled_from(["me-1", "me-2", "me-3"]),
    "status": st.sampled_from(["ok", "error"]),
    "errors": st.lists(st.fixed_dictionaries({"code": NASTY}), max_size=1),
    "count": NUMBERS,
    "from_seq": NUMBERS,
    "to_seq": NUMBERS,
    "event_type": st.sampled_from(["outbox_dropped", "utterance_dropped", "x"]),
    "state": NASTY,
    "targets": st.lists(NASTY, max_size=3),
    "problems": st.lists(st.fixed_dictionaries({"code": NASTY}), max_size=2),
}
ALMOST = st.fixed_dictionaries(FIELDS)
STATES = st.fixed_dictionaries({**FIELDS, "source": NASTY})
SPOILED = st.tuples(ALMOST, st.sampled_from(sorted(FIELDS)), ANYTHING).map(
    lambda spoil: {**spoil[0], spoil[1]: spoil[2]}
)
PAYLOADS = st.one_of(
    ALMOST.map(to_json),
    STATES.map(to_json),
    SPOILED.map(to_json),
    ANYTHING.map(to_json),
    st.binary(max_size=60),
    st.sampled_from([b"", b"online", b"offline", *UNREADABLE]),
)
TOPICS = st.builds(
    "dragoman/{}/{}".format,
    st.sampled_from([DEVICE, DEVICE, DEVICE, "pocket", "group", "client", "UPPER", "x" * 99, "\x1b[2J", ""]),
    st.sampled_from([*NAMES, "final", "final", "x\x1b"]),
)
MESSAGES = st.builds(Received, TOPICS | NASTY, PAYLOADS, st.booleans())
STEPS = st.one_of(MESSAGES, MESSAGES, MESSAGES, st.sampled_from(["connected", "disconnected"]), st.floats(0, 20))


@PROPERTY
@given(st.lists(STEPS, max_size=25))
def test_nothing_that_is_sent_raises_or_reaches_the_terminal_as_more_than_text(steps):
    watch, now = Watch("me"), 0.0
    watch.connected()
    out, err = io.StringIO(), io.StringIO()
    face = Plain("broker:1883", (), out, err)
    for step in steps:
        if isinstance(step, Received):
            watch.take(step, now)
        elif isinstance(step, float):
            now += step
        else:
            getattr(watch, step)()
        list(watch.requests(now))
    screen = "\n".join(drawn(watch))
    face.show(watch, "")
    assert unsafe(screen) == set()
    assert unsafe(out.getvalue() + err.getvalue()) == set()


@pytest.mark.parametrize("payload", UNREADABLE)
def test_what_is_no_message_is_ignored_on_every_topic(payload):
    world = World()
    for name in NAMES:
        world.hear(name, payload)
    assert world.watch.ignored == len(NAMES)
    assert world.watch.devices == []


@pytest.mark.parametrize("zone", ["EST5", "JST-9"])
def test_a_time_at_the_end_of_the_calendar_is_none(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert "" in {clock("0001-01-01T00:00:00Z"), clock("9999-12-31T23:59:59Z")}
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("final", final(1, source={"lang": "en", "text": EVIL})),
        ("final", final(1, source={"lang": EVIL, "text": "hello"})),
        ("final", final(1, translations={"es": {"text": EVIL}})),
        ("final", final(1, translations={EVIL: {"text": "hola"}, "fr": {"text": "salut"}})),
        ("final", final(1, translations={"es": {"error": {"code": "c", "text": EVIL}}})),
        ("final", final(1, translations={"es": {"error": {"code": EVIL, "text": ""}}})),
        ("final", final(1, at=EVIL)),
        ("interim", interim(1, EVIL)),
        ("state", state(0, state=EVIL)),
        ("state", state(0, source=EVIL)),
        ("state", state(0, targets=[EVIL])),
        ("state", state(0, problems=[{"code": EVIL}])),
    ],
)
def test_no_field_carries_control_characters_to_the_terminal(topic, payload):
    world = World()
    world._look = lambda: None
    world.hear("availability", b"online")
    world.hear(topic, payload)
    assert world.watch.ignored == 0
    assert unsafe("\n".join([*drawn(world.watch), *plain(world)])) == set()


def test_a_refusal_carries_no_control_characters_to_the_terminal():
    world = World()
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world._look = lambda: None
    world.refuse(request, EVIL)
    out, err = plain(world)
    assert "final 2 is missing: the device refuses: " in err
    assert unsafe(out + err + "\n".join(drawn(world.watch))) == set()


def test_a_flood_of_devices_is_bounded():
    world = World()
    for number in range(1_000):
        world.hear("availability", b"online", device=f"device-{number}")
    assert len(world.watch.devices) == MOST_DEVICES
    assert world.watch.ignored == 1_000 - MOST_DEVICES


def test_what_waits_behind_a_gap_is_bounded():
    world = World()
    world.say(1)
    world.say(*range(3, 600))
    world.requests()
    assert world.seen[:3] == [1, (2, 2), 3]
