"""The captions output on a real serial port: a pty that a terminal emulator reads."""

import threading
from contextlib import contextmanager

import pytest

from daemon.board import Activity, Board, PartState
from daemon.events import DropReason, Final, Interim, StableText, Translation, UtteranceDropped
from daemon.outputs.captions import CaptionsOutput
from daemon.supervisor import Supervisor
from hw.displays import vt100
from hw.serial_link import SerialLink
from tests.support.board_watch import PartWatch
from tests.support.screen import SerialTerminal

pytestmark = pytest.mark.parts

BAUD = 115_200
STOP_S = 20.0
STATUS = " listening · en-US → es · pocket"


def interim(utterance, text, es):
    return Interim(utterance, 1, "en-US", StableText(text, 3), {"es": StableText(es, 3)})


def final(utterance, text, es):
    return Final(utterance, "en-US", text, {"es": Translation(es)}, 1.0, 0.0, 1.0, "device", None, 0, 0)


class Device:
    """A board and a captions worker, whose port is a link that follows the terminal."""

    def __init__(self, port):
        self.board = Board("en-US", ("es",))
        for part in ("microphone", "engine"):
            self.board.part(part, PartState.OK)
        self.board.doing(Activity.LISTENING)
        self.display = PartWatch(self.board, "display")
        panel = vt100.open(vt100.SETTINGS())
        self.output = CaptionsOutput(panel, SerialLink(str(port), BAUD), self.board, BAUD, device="pocket")
        self.deaths = []
        self.supervisor = Supervisor(lambda name, error: self.deaths.append((name, error)))

    def say(self, event):
        self.output.offer(event)


@contextmanager
def running(port):
    device = Device(port)
    device.supervisor.start("captions", device.output.run, wake=device.output.wake)
    try:
        yield device
    finally:
        survivors = device.supervisor.stop(STOP_S)
    assert (survivors, device.deaths) == ([], [])


@pytest.fixture
def port(tmp_path):
    return tmp_path / "usb-panel"


@pytest.fixture
def terminal(port):
    settings = vt100.SETTINGS()
    with SerialTerminal(settings.columns, settings.rows, port) as terminal:
        yield terminal


def showing(source, translation, status=STATUS):
    return lambda terminal: terminal.lines == [source, "", "", translation, "", "", "", status]


def test_an_utterance_is_shown_from_its_first_words_to_its_final(terminal, port):
    with running(port) as device:
        terminal.wait_until(showing("", ""))
        device.board.doing(Activity.HEARING)
        device.say(interim(1, "good mor", "buenos"))
        terminal.wait_until(showing("good mor", "buenos", STATUS.replace("listening", "hearing")))
        device.board.doing(Activity.LISTENING)
        device.say(final(1, "Good morning.", "Buenos días."))
        terminal.wait_until(showing("Good morning.", "Buenos días."))
        device.say(interim(2, "uh", ""))
        terminal.wait_until(showing("uh", ""))
        device.say(UtteranceDropped(2, DropReason.NO_SPEECH))
        terminal.wait_until(showing("Good morning.", "Buenos días."))


def test_only_what_changed_is_sent(terminal, port):
    with running(port) as device:
        device.say(interim(1, "good", "buenos"))
        terminal.wait_until(showing("good", "buenos"))
        before = terminal.received
        device.say(interim(1, "good morning", "buenos"))
        terminal.wait_until(showing("good morning", "buenos"))
    assert terminal.received - before < len(" morning") + 20


def test_a_display_unplugged_in_mid_write_comes_back_with_the_newest_caption(terminal, port):
    with running(port) as device:
        terminal.wait_until(showing("", ""))
        talking = threading.Event()

        def talk():
            number = 0
            while not talking.wait(0.01):
                number += 1
                device.say(interim(1, f"word {number} " * 9, f"palabra {number} " * 9))

        talker = threading.Thread(target=talk, name="talker")
        talker.start()
        try:
            terminal.wait_until(lambda screen: screen.received > 4_000)
            terminal.unplug()
            problems = device.display.wait_for(PartState.LOST).problems
            assert [problem.code for problem in problems] == ["display_lost"]
        finally:
            talking.set()
            talker.join()
        device.say(final(1, "Good morning.", "Buenos días."))
        terminal.plug_in()
        terminal.wait_until(showing("Good morning.", "Buenos días."))
        assert device.board.snapshot().problems == ()


def test_a_display_unplugged_while_nothing_is_said_is_noticed(terminal, port):
    with running(port) as device:
        terminal.wait_until(showing("", ""))
        terminal.unplug()
        device.display.wait_for(PartState.LOST)


def test_a_display_that_comes_late_is_used(port):
    with running(port) as device:
        device.say(final(1, "Good morning.", "Buenos días."))
        problems = device.display.wait_for(PartState.ABSENT).problems
        assert "no serial port" in problems[0].detail
        settings = vt100.SETTINGS()
        with SerialTerminal(settings.columns, settings.rows, port) as terminal:
            terminal.wait_until(showing("Good morning.", "Buenos días."))


def test_a_port_that_another_program_has_is_busy_until_it_is_free(terminal, port):
    other = SerialLink(str(port), BAUD)
    other.open()
    with running(port) as device:
        device.display.wait_for(PartState.BUSY)
        other.close()
        terminal.wait_until(showing("", ""))


def test_a_display_that_does_not_read_is_hung_and_drawn_whole_when_it_does(terminal, port):
    with running(port) as device:
        terminal.wait_until(showing("", ""))
        terminal.fall_asleep()
        hung = threading.Event()

        def talk():
            number = 0
            while not hung.wait(0.01):
                number += 1
                device.say(interim(1, f"{number} " * 60, f"{number} " * 70))

        talker = threading.Thread(target=talk, name="talker")
        talker.start()
        try:
            snapshot = device.display.wait_for(PartState.LOST, 60)
        finally:
            hung.set()
            talker.join()
        assert "takes no more bytes" in snapshot.problems[0].detail
        device.say(final(1, "Good morning.", "Buenos días."))
        before = terminal.received
        terminal.wake_up()
        terminal.wait_until(showing("Good morning.", "Buenos días."))
    assert terminal.received - before < 8_192  # what nobody read has been thrown away
