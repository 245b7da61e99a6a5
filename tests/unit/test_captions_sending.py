"""How captions go to a display: no faster than its line, the newest first, again after it was away, and to the stop."""

import itertools
import threading
import time

import pytest

from daemon.board import PartState
from hw.api import DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound
from hw.displays import vt100
from hw.fake import RecordingLink
from tests.support.captions import COLUMNS, DEADLINE_S, ROWS, Wire, World, final, interim
from tests.support.screen import Terminal


def test_what_waits_at_the_stop_is_still_shown(board):
    world = World(board, RecordingLink(), baud=1_200)  # the first frame alone takes more than a second
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    world.stop()
    assert world.screen() == ["Good morning.", "", "", "Buenos días.", "", "", "", " listening · en-US → es · pocket"]
    assert not world.link.is_open


def test_frames_go_no_faster_than_the_line_carries_them(board):
    sent = []
    enough = threading.Event()

    def answer(data):
        sent.append((time.monotonic(), len(data)))
        number = len(sent)
        world.output.offer(interim(1, f"{number} " * number, revision=number))  # the next one waits at once
        if number == 6:
            enough.set()
        return b""

    link = RecordingLink()
    link.answer = answer
    world = World(board, link, baud=9_600)
    world.start()
    assert enough.wait(DEADLINE_S)
    world.stop()
    for (earlier, count), (later, _) in itertools.pairwise(sent[:6]):
        assert later - earlier >= max(0.05, count / 960)


def test_what_waits_at_the_stop_goes_no_faster_than_that(board):
    sent = []
    link = RecordingLink()
    world = World(board, link, baud=9_600)

    def answer(data):
        sent.append((time.monotonic(), len(data)))
        return b""

    link.answer = answer
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "one " * 30, "uno " * 30))
    world.stop()
    assert "uno uno" in world.screen()[4]
    assert max(count for _, count in sent) <= 48
    assert all(later - earlier >= 0.05 for (earlier, _), (later, _) in itertools.pairwise(sent))


def test_a_stop_does_not_wait_for_a_line_that_is_too_slow(board):
    panel = vt100.open(vt100.SETTINGS(columns=200, rows=100))
    world = World(board, RecordingLink(), baud=1_200, panel=panel)
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "one " * 2_000, "uno " * 2_000))
    began = time.monotonic()
    world.stop()
    assert time.monotonic() - began < 5


def test_offers_never_wait_and_only_the_newest_is_kept(board):
    world = World(board, RecordingLink())
    for number in range(1, 1_000):
        world.output.offer(interim(1, f"word {number}", revision=number))
    assert len(world.output.waiting) == 1
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "word 999"
    assert b"word 998" not in world.link.written


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceNotFound("no serial port panel: plug it in"), PartState.ABSENT),
        (DeviceBusy("panel is in use by another program: end it"), PartState.BUSY),
    ],
)
def test_a_display_that_cannot_be_opened_is_reported_and_tried_again(board, error, state):
    world = World(board, RecordingLink(at_open=[error]))
    world.start()
    snapshot = world.display.wait_for(state)
    assert [problem.detail for problem in snapshot.problems] == [f"display: {error}"]
    world.display.wait_for(PartState.OK)
    world.stop()
    assert board.snapshot().problems == ()


@pytest.mark.parametrize("error", [DeviceLost("unplugged"), DeviceHung("nobody reads")])
def test_a_display_that_fails_is_lost_and_drawn_whole_when_it_is_back(board, error):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(error)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    snapshot = world.display.wait_for(PartState.LOST)
    assert [problem.code for problem in snapshot.problems] == ["display_lost"]
    world.link.written.clear()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "Good morning."
    assert world.screen()[3] == "Buenos días."


def test_a_port_that_was_there_is_lost_not_absent(board):
    world = World(board, RecordingLink(at_open=[None, DeviceNotFound("no serial port panel")]))
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(DeviceLost("unplugged"))
    world.output.offer(final(1, "Good morning."))
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: unplugged"
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: no serial port panel"
    world.display.wait_for(PartState.OK)
    world.stop()


def test_the_status_line_follows_the_board(board):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    board.mute(muted=True)
    world.stop()
    assert world.screen()[-1].startswith(" muted")


def test_a_new_caption_supersedes_the_rest_of_the_one_before(board):
    link = RecordingLink()
    wire = Wire(link, Terminal(COLUMNS, ROWS))
    world = World(board, link, baud=9_600)
    whole = interim(1, "old " * 60, "viejo " * 60)
    answered = link.answer

    def interrupt(data):
        if b"viejo" in data:
            world.output.offer(interim(1, "new", "nuevo", revision=2))
        return answered(data)

    link.answer = interrupt
    world.start()
    wire.wait_for("listening")
    world.output.offer(whole)
    wire.wait_for("nuevo")
    world.stop()
    assert b"old" not in link.written  # its turn had not come when the newer one did
    assert max(wire.writes[1:]) <= 48
