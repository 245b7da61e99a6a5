"""What ends the wait of a display at rest, which nothing but the end of the test's patience would."""

import itertools
import threading
import time

import pytest

from daemon.board import PartState
from hw.displays import vt100
from hw.fake import RecordingLink
from tests.support.captions import COLUMNS, DEADLINE_S, ROWS, Wire, World, final
from tests.support.screen import Terminal


class PatientLink(RecordingLink):
    """A link whose waits are without end."""

    def __init__(self):
        super().__init__()
        self.rests = threading.Event()

    def wait(self, _timeout_s, wake_fd):
        self.rests.set()
        super().wait(10 * DEADLINE_S, wake_fd)


class TalkingLink(RecordingLink):
    """A link whose other end talks without end."""

    def __init__(self):
        super().__init__()
        self.reads = []
        self.enough = threading.Event()

    def wait(self, _timeout_s, _wake_fd):
        """Return at once: the next byte is there already."""

    def read(self):
        self.arrive(b"x")
        self.reads.append(time.monotonic())
        if len(self.reads) == 20:
            self.enough.set()
        return super().read()


@pytest.fixture
def resting(board):
    """A world whose display is at rest, and its wire."""
    link = PatientLink()
    wire = Wire(link, Terminal(COLUMNS, ROWS))
    world = World(board, link, keys=lambda _event: None)
    world.start()
    assert link.rests.wait(DEADLINE_S)
    return world, wire


def test_a_result_ends_the_wait(resting):
    world, wire = resting
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    wire.wait_for("Buenos días.")
    world.stop()


def test_a_change_of_the_board_ends_the_wait(resting, board):
    world, wire = resting
    board.part("microphone", PartState.LOST)
    board.problem("microphone_lost", "no microphone")
    wire.wait_for("no microphone")
    world.stop()


def test_to_draw_the_screen_anew_ends_the_wait(resting):
    world, wire = resting
    drawn = len(wire.writes)
    world.link.rests.clear()
    world.output.clear()
    assert world.link.rests.wait(DEADLINE_S)
    assert len(wire.writes) > drawn
    world.stop()


def test_the_stop_ends_the_wait(resting):
    world, _wire = resting
    world.stop()


def test_a_panel_that_talks_without_end_is_listened_to_no_more_often_than_a_frame_goes(board):
    link = TalkingLink()
    world = World(board, link, panel=vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS)))
    world.start()
    assert link.enough.wait(DEADLINE_S)
    world.stop()
    reads = link.reads[:20]
    assert all(later - earlier >= 0.045 for earlier, later in itertools.pairwise(reads))
