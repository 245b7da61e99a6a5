"""What a watcher shows: interims, finals, doubts and gaps, on a terminal of any size and in a pipe."""

import io

import pytest

from daemon.watch.faces import Plain
from daemon.watch.view import Style, clock, lines
from tests.support.watching import DEVICE, PATIENCE_S, World, device, drawn, final, interim, plain, state


def text(world, columns=40, rows=20, langs=()):
    return ["".join(span.text for span in line) for line in lines(device(world), columns, rows, langs)]


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
