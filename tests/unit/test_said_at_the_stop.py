"""That the device has stopped is drawn by display and light before their workers end, and delays nothing."""

import queue
import time

import pytest

from daemon.board import Activity
from daemon.inputs import LightOutput
from daemon.supervisor import Supervisor
from hw.api import Signal
from hw.displays import hd44780
from hw.fake import RecordingLink
from tests.support import panels
from tests.support.captions import DEADLINE_S, Wire, World, final, interim


class Lamp:
    """A light that writes down what it shows."""

    name = "lamp"

    def __init__(self):
        self.seen = queue.SimpleQueue()

    def open(self):
        pass

    def show(self, signal):
        self.seen.put(signal)

    def close(self):
        self.seen.put("closed")


@pytest.mark.parametrize("baud", [9_600, 115_200])
def test_the_last_status_on_the_screen_is_that_it_stopped(board, baud):
    world = World(board, RecordingLink(), baud=baud)
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    world.output.offer(interim(2, "two"))
    board.doing(Activity.STOPPED)
    board.doing(Activity.LISTENING)  # as the gate says when it closes
    world.stop()
    assert world.screen()[-1].strip() == "stopped · pocket"


@pytest.mark.alone
def test_a_screen_at_rest_is_told_at_once_and_the_stop_takes_no_longer(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, baud=9_600, panel=hd44780.open(hd44780.SETTINGS()))
    world.start()
    wire.wait_for("listening", whole=True)
    board.doing(Activity.STOPPED)
    wire.wait_for("stopped")
    began = time.monotonic()
    world.stop()
    assert time.monotonic() - began < 2
    assert "listening" not in wire.screen.text


def test_the_light_goes_out_as_soon_as_the_device_stops_and_stays_so(board):
    lamp, supervisor = Lamp(), Supervisor()
    output = LightOutput(lamp, board)
    supervisor.start("light", output.run, wake=output.wake)
    assert lamp.seen.get(timeout=DEADLINE_S) is Signal.LISTENING
    board.doing(Activity.STOPPED)
    assert lamp.seen.get(timeout=DEADLINE_S) is Signal.OFF
    board.doing(Activity.LISTENING)
    assert supervisor.stop(DEADLINE_S) == []
    assert lamp.seen.get(timeout=DEADLINE_S) == "closed"
