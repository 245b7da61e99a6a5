"""Captions on panels of several kinds: letters and room that they lack, keys, lost power, light and pages."""

import queue

import pytest

from daemon.board import PartState
from hw.api import DeviceLost, KeyEvent
from hw.displays import crystalfontz, hd44780, nextion, vt100
from hw.fake import RecordingLink
from tests.support import panels
from tests.support.captions import COLUMNS, DEADLINE_S, ROWS, Wire, World, final
from tests.support.clock import HandClock
from tests.support.screen import Terminal


def lcd():
    return hd44780.open(hd44780.SETTINGS())


def test_a_target_that_the_panel_cannot_write_is_a_problem_from_the_start(board):
    board.serving(source="en-US", targets=("es", "ru"), engine="device")
    world = World(board, RecordingLink(), panel=lcd())
    world.start()
    snapshot = world.display.wait_for(PartState.OK)
    (problem,) = snapshot.problems
    assert problem.code == "display_charset"
    assert "ru" in problem.detail
    assert "choose" in problem.detail
    board.serving(source="en-US", targets=("es",), engine="device")
    world.stop()
    assert board.snapshot().problems == ()


@pytest.mark.parametrize(("targets", "told"), [(("es",), ["ru-RU"]), (("es", "fr", "de"), [])])
def test_what_was_said_is_a_problem_too_where_the_panel_has_room_for_it_but_not_its_letters(board, targets, told):
    board.serving(source="ru-RU", targets=targets, engine="device")
    world = World(board, RecordingLink(), panel=lcd())
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert [problem.about for problem in board.snapshot().problems if problem.code == "display_charset"] == told


@pytest.mark.parametrize(
    ("panel", "lacks"), [(nextion.Nextion(nextion.SETTINGS()), "fr"), (vt100.Vt100(40, 3), "de"), (lcd(), None)]
)
def test_a_target_that_has_no_room_on_the_panel_is_a_problem_from_the_start(board, panel, lacks):
    board.serving(source="en-US", targets=("es", "fr", "de"), engine="device")
    world = World(board, RecordingLink(), panel=panel)
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    rooms = [problem for problem in board.snapshot().problems if problem.code == "display_room"]
    assert next((problem.about for problem in rooms), None) == lacks
    board.serving(source="en-US", targets=("es",), engine="device")


def test_keys_are_passed_on_and_come_up_when_the_panel_is_gone(board):
    link = RecordingLink()
    heard = queue.SimpleQueue()
    panel = crystalfontz.open(crystalfontz.SETTINGS())
    world = World(board, link, panel=panel, keys=heard.put)
    link.answer = panels.Crystalfontz(20, 4).feed
    world.start()
    world.display.wait_for(PartState.OK)
    link.arrive(b"rubbish" + panels.framed(0x80, b"\x05"))
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("enter", down=True)
    assert world.output.ignored == len(b"rubbish")
    link.fail_next(DeviceLost("unplugged"))
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("enter", down=False)
    world.stop()
    assert heard.empty()


EVERY_KIND = pytest.mark.parametrize(
    ("make", "decoder"),
    [
        (lambda: vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS)), lambda: Terminal(COLUMNS, ROWS)),
        (lcd, lambda: panels.MatrixOrbital(20, 4)),
        (lambda: hd44780.open(hd44780.SETTINGS(protocol="serlcd")), lambda: panels.SerLcd(20, 4)),
        (lambda: crystalfontz.open(crystalfontz.SETTINGS()), lambda: panels.Crystalfontz(20, 4)),
        (
            lambda: nextion.open(nextion.SETTINGS()),
            lambda: panels.Nextion("t0", "t1", "t2", encoding="iso-8859-1", longest=78, columns=24),
        ),
    ],
    ids=["vt100", "matrix_orbital", "serlcd", "crystalfontz", "nextion"],
)


@EVERY_KIND
def test_a_panel_that_lost_its_power_alone_is_right_again_after_a_minute(board, make, decoder):
    clock = HandClock()
    link = RecordingLink()
    wire = Wire(link, decoder())
    world = World(board, link, panel=make(), clock=clock, keys=lambda _event: None)
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    for loses_its_power_after_s in (61, 61, 61):
        wire.wait_for("One.", "Uno.", "listening", whole=True)
        wire.change(decoder())
        clock.now_s += loses_its_power_after_s
    wire.wait_for("One.", "Uno.", "listening")
    world.stop()


@EVERY_KIND
def test_a_panel_that_was_just_starting_is_right_after_three_seconds_each_time(board, make, decoder):
    clock = HandClock()
    link = RecordingLink()
    wire = Wire(link, decoder())
    world = World(board, link, panel=make(), clock=clock, keys=lambda _event: None)
    world.output.offer(final(1, "One.", "Uno."))
    world.start()
    for _ in range(2):
        world.display.wait_for(PartState.OK)
        wire.wait_for("One.", "Uno.", "listening", whole=True)
        wire.change(decoder())  # all of that met its splash
        clock.now_s += 3.1
        wire.wait_for("One.", "Uno.", "listening", whole=True)
        wire.change(decoder())
        link.fail_next(DeviceLost("unplugged"))
        world.display.wait_for(PartState.LOST)
    world.stop()


TWO_ROWS = {
    "matrix_orbital": (
        lambda: hd44780.open(hd44780.SETTINGS(columns=16, rows=2)),
        lambda: panels.MatrixOrbital(16, 2),
    ),
    "serlcd": (
        lambda: hd44780.open(hd44780.SETTINGS(protocol="serlcd", columns=16, rows=2)),
        lambda: panels.SerLcd(16, 2),
    ),
    "crystalfontz": (
        lambda: crystalfontz.open(crystalfontz.SETTINGS(model="633")),
        lambda: panels.Crystalfontz(16, 2),
    ),
    "nextion": (
        lambda: nextion.open(nextion.SETTINGS(source="", status="")),
        lambda: panels.Nextion("t1", encoding="iso-8859-1", longest=78, columns=24),
    ),
}


@pytest.mark.parametrize("name", TWO_ROWS)
@pytest.mark.parametrize("targets", [("es",), ("es", "fr", "de")])
def test_who_it_is_and_where_is_read_where_there_is_room_for_one_text_only(board, name, targets):
    board.serving(source="en-US", targets=targets, engine="device")
    make, decoder = TWO_ROWS[name]
    link = RecordingLink()
    wire = Wire(link, decoder())
    world = World(board, link, panel=make(), page_s=0.5, address=lambda: "192.0.2.7", broker="lan.example")
    world.start()
    for fact in ("pocket", "192.0.2.7", "broker", "lan.example"):
        wire.wait_for(fact)
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    world.output.identify()
    wire.wait_for("pocket")
    world.stop()
    board.serving(source="en-US", targets=("es",), engine="device")


def test_the_backlight_changes_while_it_runs(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd())
    world.start()
    wire.wait_for("listening")
    world.output.dim(20)
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    world.stop()
    assert wire.screen.backlight == 20


def test_a_long_final_is_read_page_after_page(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd(), page_s=0.2)
    world.start()
    words = [f"palabra{number}" for number in range(12)]
    world.output.offer(final(1, "twelve words", " ".join(words)))
    for word in (words[0], words[-1], words[0]):
        wire.wait_for(word)
    world.stop()


def test_what_was_said_is_cleared_from_the_screen_and_the_name_is_shown(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd())
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    world.output.identify()
    wire.wait_for("pocket")
    assert "Uno." not in wire.screen.text
    world.output.clear()
    world.stop()
    assert "pocket" not in wire.screen.text
