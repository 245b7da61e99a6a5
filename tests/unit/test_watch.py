"""What a watcher makes of messages: order, gaps, epochs, and what it shows."""

import io
import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from daemon.cli import main as cli
from daemon.mqtt.messages import Received, Refused
from daemon.watch.faces import Plain
from daemon.watch.model import MOST_DEVICES, Watch
from daemon.watch.reading import NAMES
from daemon.watch.screen import Screen
from daemon.watch.view import Style, clock, lines
from tests.support.properties import PROPERTY
from tests.support.watching import DEVICE, EPOCH, World, final, interim, state

PATIENCE_S = 0.5
RETRY_S = 5.0
NEWER = "ffee0011"


def device(world, name=DEVICE):
    return next(device for device in world.watch.devices if device.name == name)


def text(world, columns=40, rows=20, langs=()):
    return ["".join(span.text for span in line) for line in lines(device(world), columns, rows, langs)]


# ------------------------------------------------------------------ order and gaps


def test_what_was_said_before_the_watcher_came_is_not_shown():
    world = World()
    world.hear("state", state(7), stored=True)
    world.hear("final/last", {"epoch": EPOCH, "seq": 8}, stored=True)
    assert world.requests(PATIENCE_S) == []
    world.say(9)
    assert world.seen == [9]


def test_the_last_finals_are_asked_for_where_they_are_wanted():
    world = World(earlier=3)
    world.hear("final/last", {"epoch": EPOCH, "seq": 8}, stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["epoch"], request["from_seq"], request["limit"]) == (EPOCH, 6, 3)
    world.answer(request, [6, 7, 8])
    world.say(9)
    assert world.seen == [6, 7, 8, 9]


def test_a_final_twice_is_shown_once():
    world = World()
    world.say(1, 2, 2, 1, 3)
    assert world.seen == [1, 2, 3]


def test_a_jump_is_closed_by_a_replay_and_the_order_kept():
    world = World()
    world.say(1, 4)
    assert world.seen == [1]
    assert world.requests() == [], "what is late may still come by itself"
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (2, 2)
    world.answer(request, [2, 3])
    assert world.seen == [1, 2, 3, 4]
    assert world.requests(2 * RETRY_S) == []


def test_a_late_final_needs_no_replay():
    world = World()
    world.say(1, 3, 2)
    assert world.seen == [1, 2, 3]
    assert world.requests(PATIENCE_S) == []


def test_what_was_said_while_the_connection_was_lost_is_asked_for_in_parts():
    world = World()
    world.say(1)
    world.watch.disconnected()
    assert world.requests(RETRY_S) == []
    world.watch.connected()
    world.hear("final/last", {"epoch": EPOCH, "seq": 301}, stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (2, 200)
    world.answer(request, range(2, 202))
    (request,) = world.requests()
    assert (request["from_seq"], request["limit"]) == (202, 100)
    world.answer(request, range(202, 302))
    assert world.seen == list(range(1, 302))


def test_what_was_said_while_the_connection_was_lost_is_news_though_nothing_was_said_before():
    world = World()
    world.hear("state", state(5), stored=True)
    world.watch.disconnected()
    world.watch.connected()
    world.hear("state", state(7), stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (6, 2)


def test_finals_that_the_device_has_no_longer_are_named():
    world = World()
    world.say(1, 9)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.answer(request, [4, 5, 8])
    assert world.seen == [1, (2, 3), 4, 5, (6, 7), 8, 9]


@pytest.mark.parametrize("code", ["not_permitted", "failed"])
def test_what_the_device_refuses_is_missing_and_holds_up_nothing(code):
    world = World()
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.refuse(request, code)
    assert world.seen == [1, (2, 2), 3]


def test_a_busy_device_is_asked_again():
    world = World()
    world.say(1, 3)
    world.requests()
    for _time in range(5):
        (request,) = world.requests(1.0)
        world.refuse(request, "busy")
    (request,) = world.requests(1.0)
    world.answer(request, [2])
    assert world.seen == [1, 2, 3]


def test_a_device_that_does_not_answer_is_given_up():
    world = World()
    world.say(1, 3)
    world.requests()
    asked = [len(world.requests(RETRY_S)) for _time in range(4)]
    assert asked == [1, 1, 1, 0]
    assert world.seen == [1, (2, 2), 3]


def test_a_broker_that_forbids_to_ask_is_believed():
    world = World()
    world.say(1, 3)
    world.requests()
    (publication,) = world.publications(PATIENCE_S)
    world.watch.refused(Refused(publication.token, publication.topic, "Not authorized"))
    world.requests()
    assert world.seen == [1, (2, 2), 3]


def test_the_answer_to_somebody_else_changes_nothing():
    world = World()
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.refuse({**request, "transaction": "theirs"}, "not_permitted")
    world.hear("replay", final(700, NEWER))
    assert world.seen == [1]
    assert device(world).gap == 1
    world.hear("replay", final(2))
    assert world.seen == [1, 2, 3], "a replay that somebody else asked for helps all the same"


def test_a_device_that_is_away_is_asked_when_it_is_back():
    world = World()
    world.say(1)
    world.hear("availability", b"offline")
    world.hear("state", state(3))
    world.requests()
    assert [world.requests(RETRY_S) for _time in range(5)] == [[]] * 5
    assert world.seen == [1]
    world.hear("availability", b"online")
    (request,) = world.requests(RETRY_S)
    world.answer(request, [2, 3])
    assert world.seen == [1, 2, 3]


def test_a_new_epoch_starts_at_its_first_final_after_all_of_the_old_one():
    world = World()
    world.say(1, 2)
    world.hear("state", state(3))
    world.say(2, epoch=NEWER)
    world.requests()
    (old,) = world.requests(PATIENCE_S)
    assert (old["epoch"], old["from_seq"]) == (EPOCH, 3)
    world.answer(old, [3])
    world.requests()
    (new,) = world.requests(PATIENCE_S)
    assert (new["epoch"], new["from_seq"], new["limit"]) == (NEWER, 1, 1)
    world.answer(new, [1])
    assert world.seen == [1, 2, 3, 1, 2]


def test_a_new_epoch_waits_for_the_end_of_the_old_one():
    world = World()
    world.say(1)
    world.hear("state", state(2))
    world.say(1, 2, epoch=NEWER)
    assert world.seen == [1]
    world.say(2)
    assert world.seen == [1, 2, 1, 2]


def test_what_the_outbox_dropped_is_not_asked_for():
    world = World()
    world.say(1)
    world.hear("event", {"event_type": "outbox_dropped", "epoch": EPOCH, "from_seq": 2, "to_seq": 5})
    world.say(6)
    assert world.requests(PATIENCE_S) == []
    assert world.seen == [1, (2, 5), 6]


def test_a_device_that_comes_back_with_what_it_kept_is_shown_from_there():
    world = World()
    world.hear("state", state(5), stored=True)
    world.hear("state", state(8), stored=True)
    world.say(6, 7, 8, 9)
    assert world.seen == [6, 7, 8, 9]


@PROPERTY
@given(st.data())
def test_every_final_is_shown_once_and_in_order_whatever_is_lost(data):
    said = data.draw(st.integers(1, 30))
    kept = {seq for seq in range(1, said + 1) if data.draw(st.booleans()) or seq == 1}
    arrived = [seq for seq in range(2, said + 1) if data.draw(st.booleans())]
    order = data.draw(st.permutations(arrived)) + data.draw(st.lists(st.sampled_from(arrived or [1])))
    world = World()
    world.say(1)
    for seq in order:
        world.hear("final", final(seq))
        for request in world.requests(data.draw(st.sampled_from([0.0, 0.1, PATIENCE_S]))):
            wanted = range(request["from_seq"], request["from_seq"] + request["limit"])
            world.answer(request, [seq for seq in wanted if seq in kept])
    world.hear("final/last", {"epoch": EPOCH, "seq": said})
    for _time in range(4 * said):
        for request in world.requests(RETRY_S):
            later = [seq for seq in sorted(kept) if seq >= request["from_seq"]]
            world.answer(request, later[: request["limit"]])
    shown = [seq for seq in world.seen if isinstance(seq, int)]
    missing = [seq for ends in world.seen if isinstance(ends, tuple) for seq in range(ends[0], ends[1] + 1)]
    assert shown == sorted(set(shown))
    assert sorted(shown + missing) == list(range(1, said + 1))
    assert kept & set(missing) == set()


# ------------------------------------------------------------------ what is shown


def test_an_interim_shows_what_stays_apart_from_what_may_change_and_goes_with_its_final():
    world = World()
    world.hear("interim", interim(1, "good morning my friend", 12))
    spans = [span for line in lines(device(world), 40, 20) for span in line][1:]
    assert spans == [("good morning", Style.SETTLED), (" my friend", Style.OPEN)]
    world.say(1)
    assert text(world) == [f"{clock(final(1)['at'])} words 1", "   es palabras 1"]
    assert device(world).interim is None


UNSURE = {
    "source": {
        "lang": "en-US",
        "text": "no nuts please",
        "words": [
            {"text": "no", "start_s": 0, "end_s": 1, "confidence": 0.9},
            {"text": "nuts", "start_s": 1, "end_s": 2, "confidence": 0.4},
            {"text": "please", "start_s": 2, "end_s": 3, "confidence": 1},
        ],
    },
    "translations": {"es": {"text": "sin tuercas", "translator": "ctranslate2", "confidence": 0.2}},
}


def test_unsure_words_and_doubtful_translations_are_marked():
    world = World()
    world.hear("final", final(1, **UNSURE))
    source, translation = lines(device(world), 40, 20)
    assert source[1:] == [("no ", Style.SOURCE), ("nuts", Style.UNSURE), (" please", Style.SOURCE)]
    assert translation[1:] == [("? sin tuercas", Style.FINAL)]


@pytest.mark.parametrize("words", [[], [{}], [{"text": "no"}, {"text": "nuts", "confidence": 0}]])
def test_words_that_are_not_those_of_the_text_mark_nothing(words):
    world = World()
    world.hear("final", final(1, source=UNSURE["source"] | {"words": words}))
    assert [span.style for span in lines(device(world), 40, 20)[0][1:]] == [Style.SOURCE]


def test_a_sure_translation_and_one_of_an_older_device_have_no_sign():
    world = World()
    world.say(1)
    world.hear("final", final(2, translations={"es": {"text": "sin nueces", "confidence": 0.9}}))
    assert "?" not in "".join(text(world))


def test_a_doubt_is_printed_for_a_terminal_and_not_for_a_pipe():
    class Tty(io.StringIO):
        def isatty(self):
            return True

    printed = []
    for out in (Tty(), io.StringIO()):
        world = World()
        world._look = lambda: None
        world.hear("final", final(1, **UNSURE))
        Plain("broker:1883", (), out, io.StringIO()).show(world.watch, "")
        printed.append(out.getvalue().split("  ")[2].strip())
    assert printed == ["no nuts please → ? sin tuercas", "no nuts please → sin tuercas"]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("event", {"event_type": "utterance_dropped", "utterance": 1, "reason": "no_speech"}),
        ("availability", b"offline"),
    ],
)
def test_an_interim_that_gets_no_final_goes(topic, payload):
    world = World()
    world.hear("interim", interim(1))
    world.hear(topic, payload)
    assert device(world).interim is None


def test_an_interim_that_nothing_follows_goes_by_itself():
    world = World()
    world.hear("interim", interim(1))
    world.requests(9.0)
    assert device(world).interim is not None
    world.requests(2.0)
    assert device(world).interim is None


def test_the_newest_lines_are_shown_and_none_is_too_long():
    world = World()
    world.say(*range(1, 50))
    shown = text(world, columns=20, rows=5)
    assert len(shown) == 5
    assert shown[-1].endswith("palabras 49")
    assert max(map(len, shown)) <= 20


def test_one_language_is_shown_where_it_is_wanted_with_its_regions():
    world = World()
    translations = {"es-MX": {"text": "hola"}, "fr": {"text": "salut"}, "est": {"text": "tere"}}
    world.hear("final", final(1, translations=translations))
    shown = "\n".join(text(world, langs=("es",)))
    assert "hola" in shown
    assert not {"salut", "tere", "words"} & set(shown.split())


def plain(world, connection="", langs=()):
    out, err = io.StringIO(), io.StringIO()
    Plain("broker:1883", langs, out, err).show(world.watch, connection)
    return out.getvalue(), err.getvalue()


def test_plain_prints_a_line_a_final():
    world = World()
    world._look = lambda: None
    world.say(1)
    translations = {"es": {"text": "hola"}, "fr": {"error": {"code": "no_translator", "text": "no fr"}}}
    world.hear("final", final(2, translations=translations))
    out, err = plain(world)
    assert out.splitlines() == [
        f"{DEVICE}  2026-01-02T03:04:05.700Z  words 1 → palabras 1",
        f"{DEVICE}  2026-01-02T03:04:05.700Z  words 2 → es: hola → fr: [no fr]",
    ]
    assert err == ""


def test_plain_says_on_the_side_what_is_missing_and_why_there_is_no_connection():
    world = World()
    world._look = lambda: None
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.refuse(request, "not_permitted")
    out, err = plain(world, "the broker is away", ("es",))
    assert [line.split("  ")[2] for line in out.splitlines()] == ["palabras 1", "palabras 3"]
    assert err.splitlines() == [
        "dragoman: the broker is away; it is tried again",
        f"dragoman: {DEVICE}: final 2 is missing: the device keeps them to itself (privacy.remote_replay = false)",
    ]


def drawn(watch, columns=80, rows=24, connection=""):
    console = Console(width=columns, height=rows, file=io.StringIO(), force_terminal=False, legacy_windows=False)
    console.print(Screen("broker:1883", (), console).draw(watch, connection), end="")
    return console.file.getvalue().splitlines()


def test_two_devices_stand_side_by_side():
    world = World()
    world.hear("availability", b"online", stored=True)
    world.hear("state", state(0, problems=[{"code": "engine_slow"}]), stored=True)
    world.hear("availability", b"offline", stored=True, device="pocket")
    world.say(1)
    world.hear("final", final(1), device="pocket")
    screen = drawn(world.watch)
    assert len(screen) == 24
    assert screen[0].startswith(f"╭─ {DEVICE}  ● listening ─")
    assert "╭─ pocket  ○ offline ─" in screen[0]
    assert screen[21].count("es palabras 1") == 2
    assert "engine_slow" in screen[22]
    assert "Ctrl-C ends" in screen[23]


def test_a_lost_broker_is_said_at_the_foot():
    assert "the broker is away" in drawn(World().watch, connection="the broker is away")[-1]


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (10, 2), (31, 7), (80, 24), (300, 100)])
def test_any_size_of_terminal_is_filled_and_no_more(size):
    world = World()
    for number in range(9):
        world.hear("final", final(1), device=f"device-{number}")
        world.hear("interim", interim(2, "a long text " * 20), device=f"device-{number}")
    screen = drawn(world.watch, *size)
    assert len(screen) <= size[1]
    assert max(map(len, screen), default=0) <= size[0]


def test_the_devices_heard_last_are_shown_where_not_all_fit():
    world = World()
    for number in range(9):
        world.now = float(number)
        world.hear("availability", b"online", device=f"device-{number}")
        world.hear("final", final(1), device=f"device-{number}")
    screen = "\n".join(drawn(world.watch, 40, 14))
    assert [number for number in range(9) if f"device-{number}" in screen] == [7, 8]
    assert "7 more" in screen


# ------------------------------------------------------------------ suspicion


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


def test_only_the_named_devices_are_followed():
    world = World("pocket")
    world.hear("final", final(1), device="pocket")
    world.hear("final", final(2))
    assert [device.name for device in world.watch.devices] == ["pocket"]
    assert all(topic.startswith("dragoman/pocket/") for topic in world.watch.subscriptions)


# ------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        ([], 2, "--host"),
        (["--host", "h", "Kitchen!"], 2, "'Kitchen!' is no device id"),
        (["--host", "h", "--lang", "Spanish"], 2, "is no language"),
        (["--host", "h", "--port", "0"], 2, "--port 0"),
        (["--host", "h", "--last", "9999"], 2, "--last 9999"),
        (["--hots", "h"], 2, "did you mean --host?"),
    ],
)
def test_a_wrong_command_line_is_refused(tmp_path, capsys, words, status, expected):
    settings = tmp_path / "dragoman.toml"
    settings.write_text("")
    assert cli.main(["watch", "--config", str(settings), *words]) == status
    assert expected in capsys.readouterr().err
