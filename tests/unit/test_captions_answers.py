"""What a panel's answers tell of it, and its silence: that it is a stranger, that it refuses, that it is gone."""

import itertools
import threading
import time

import pytest

from daemon.board import PartState
from daemon.config import load
from daemon.outputs.panel_advice import PanelAdvice
from daemon.outputs.refusals import Refusals
from daemon.outputs.silence import Silence
from daemon.outputs.stranger import Stranger
from hw.api import DeviceLost
from hw.displays import crystalfontz, nextion
from hw.fake import RecordingLink
from tests.support import panels
from tests.support.captions import DEADLINE_S, Wire, World, final
from tests.support.clock import HandClock


def codes(snapshot):
    return {problem.code for problem in snapshot.problems}


def test_what_is_no_display_is_a_problem_until_the_port_is_another(board):
    link = RecordingLink(name="/dev/ttyUSB0")
    world = World(board, link, panel=crystalfontz.open(crystalfontz.SETTINGS()), keys=lambda _event: None)
    link.answer = panels.Crystalfontz(20, 4).feed
    foreign = threading.Event()
    solved = threading.Event()
    board.listen(lambda now: foreign.set() if "display_foreign" in codes(now) else solved.set())
    world.start()
    world.display.wait_for(PartState.OK)
    link.arrive(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n" * 2)
    assert foreign.wait(DEADLINE_S)
    (problem,) = board.snapshot().problems
    assert "/dev/ttyUSB0" in problem.detail
    assert "115200 baud" in problem.detail
    solved.clear()
    link.fail_next(DeviceLost("unplugged"))
    assert solved.wait(DEADLINE_S)
    world.stop()


@pytest.mark.parametrize(("bytes_a_second", "talks"), [(6, False), (7, True), (1_000, True)])
def test_a_stranger_is_who_says_much_that_is_not_the_protocol(bytes_a_second, talks):
    clock = HandClock()
    stranger = Stranger(clock)
    stranger.opened(100)
    told = []
    for second in range(1, 31):
        clock.now_s += 1.0
        if stranger.heard(100 + second * bytes_a_second):
            told.append(stranger.talks)
    assert told == ([True] if talks else [])


def test_a_stranger_who_has_fallen_silent_is_none():
    clock = HandClock()
    stranger = Stranger(clock)
    stranger.opened(0)
    assert stranger.heard(64)
    clock.now_s += 9.9
    assert not stranger.heard(64)
    clock.now_s += 0.2
    assert stranger.heard(64)
    assert not stranger.talks


def refused_every(seconds, clock, refusals):
    """Refuse something with each second; return after how many the whole was sent again, and when that was lasting."""
    again, lasting = [], []
    for second in range(seconds):
        if refusals.heard(second + 1):
            again.append(second)
        if refusals.lasting:
            lasting.append(second)
        clock.now_s += 1.0
    return again, lasting


def test_what_is_refused_is_sent_again_at_once_and_then_ever_more_rarely():
    clock = HandClock()
    again, _ = refused_every(300, clock, Refusals(clock))
    assert again == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_what_is_refused_for_seconds_is_no_noise_until_it_was_taken():
    clock = HandClock()
    refusals = Refusals(clock)
    _, lasting = refused_every(20, clock, refusals)
    assert lasting == list(range(7, 20))
    clock.now_s += 60
    assert refusals.heard(20)
    clock.now_s += 9.9
    assert not refusals.heard(20)
    assert refusals.lasting
    clock.now_s += 0.2
    assert not refusals.heard(20)
    assert not refusals.lasting
    assert refusals.heard(21)  # at once again


def test_a_panel_is_silent_that_owes_an_answer_for_a_second():
    clock = HandClock()
    silence = Silence(clock)
    silence.heard(unanswered=True)
    clock.now_s += 0.9
    silence.heard(unanswered=True)
    assert not silence.lasting
    clock.now_s += 0.2
    assert silence.lasting
    silence.heard(unanswered=False)
    assert not silence.lasting
    silence.heard(unanswered=True)
    assert not silence.lasting


def test_a_port_that_is_opened_anew_has_refused_nothing():
    clock = HandClock()
    refusals = Refusals(clock)
    refused_every(20, clock, refusals)
    refusals.opened(20)
    assert not refusals.heard(20)
    assert not refusals.lasting


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_packets_that_a_crystalfontz_did_not_get_are_sent_again_no_faster_than_ever(board, lost):
    link = RecordingLink()
    screen = panels.Crystalfontz(20, 4)
    wire = Wire(link, screen)
    world = World(board, link, panel=crystalfontz.open(crystalfontz.SETTINGS()), keys=lambda _event: None)
    sent = []
    read = link.answer
    link.answer = lambda data: sent.append(time.monotonic()) or read(data)
    world.start()
    wire.wait_for("listening")
    screen.loses = lost
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("One.", "Uno.")
    world.stop()
    assert screen.loses == 0
    assert all(later - earlier >= 0.05 for earlier, later in itertools.pairwise(sent))


@pytest.mark.parametrize("lost", [0, 1])
def test_what_waits_for_an_answer_at_the_stop_still_comes(board, lost):
    link = RecordingLink()
    screen = panels.Crystalfontz(20, 4)
    wire = Wire(link, screen)
    world = World(board, link, panel=crystalfontz.open(crystalfontz.SETTINGS()))
    world.start()
    wire.wait_for("listening")
    screen.loses = lost
    world.output.offer(final(1, "One.", "Uno."))
    world.stop()
    assert "One." in screen.text
    assert "Uno." in screen.text


def test_a_name_that_the_page_lacks_is_a_problem_that_names_its_settings(board):
    clock = HandClock()
    link = RecordingLink()
    screen = panels.Nextion("t0", "t1", "other", encoding="iso-8859-1", longest=80)
    screen.answers_errors = True
    wire = Wire(link, screen)
    advice = PanelAdvice.of(load(environment={"DRAGOMAN_DISPLAY__DRIVER": "nextion"}))
    panel = nextion.open(nextion.SETTINGS())
    world = World(board, link, panel=panel, advice=advice, clock=clock, keys=lambda _event: None)
    refuses = threading.Event()
    board.listen(lambda now: refuses.set() if "display_refuses" in codes(now) else None)
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    for _ in range(40):
        clock.now_s += 1.0
        if refuses.wait(0.5):
            break
    assert refuses.is_set()
    world.stop()
    assert "display.nextion" in next(p.detail for p in board.snapshot().problems if p.code == "display_refuses")
    assert world.output.gauges["captions_refused"]() > 3


def test_a_key_that_was_held_as_the_display_fell_silent_comes_up(board):
    clock = HandClock()
    link = RecordingLink()
    wire = Wire(link, panels.Nextion("t0", "t1", "t2", encoding="iso-8859-1", longest=200))
    told, down, up = [], threading.Event(), threading.Event()

    def tell(event):
        told.append((event.key, event.down))
        (down if event.down else up).set()

    world = World(board, link, panel=nextion.open(nextion.SETTINGS()), clock=clock, keys=tell)
    world.start()
    wire.wait_for("listening")
    link.arrive(bytes((0x65, 0, 3, 1, 0xFF, 0xFF, 0xFF)))
    assert down.wait(DEADLINE_S)
    link.answer = lambda _data: b""  # its power is gone, and the port does not notice
    began_s = clock.now_s
    for _ in range(60):
        clock.now_s += 0.5
        if up.wait(0.2):
            break
    world.stop()
    assert told == [("0.3", True), ("0.3", False)]
    assert clock.now_s - began_s < 10.0


def test_a_panel_that_fell_asleep_is_not_missed_and_shows_what_was_said_meanwhile_when_it_wakes(board):
    clock = HandClock()
    link = RecordingLink()
    screen = panels.Nextion("t0", "t1", "t2", encoding="iso-8859-1", longest=200)
    wire = Wire(link, screen)
    world = World(board, link, panel=nextion.open(nextion.SETTINGS()), clock=clock, keys=lambda _event: None)
    missed = threading.Event()
    board.listen(lambda now: missed.set() if "display_silent" in codes(now) else None)
    world.start()
    wire.wait_for("listening")
    screen.sleeps = True
    link.arrive(b"\x86\xff\xff\xff")
    world.output.offer(final(1, "One.", "Uno."))
    for _ in range(140):  # longer than until all of it is sent again
        clock.now_s += 0.5
        assert not missed.wait(0.02)
    assert "Uno." not in screen.text
    screen.sleeps = False
    link.arrive(b"\x87\xff\xff\xff")
    wire.wait_for("One.", "Uno.")
    world.stop()
