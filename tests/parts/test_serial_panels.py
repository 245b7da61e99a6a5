"""The captions output and each kind of panel, over a serial port."""

import queue
import threading
from contextlib import contextmanager

import pytest

from daemon.board import Activity, Board, PartState
from daemon.events import Final, Interim, StableText, Translation
from daemon.outputs.captions import CaptionsOutput
from daemon.supervisor import Supervisor
from hw.api import KeyEvent
from hw.displays import crystalfontz, hd44780, nextion
from hw.serial_link import SerialLink
from tests.support import panels
from tests.support.board_watch import PartWatch
from tests.support.screen import SerialPanel

pytestmark = pytest.mark.parts

BAUD = 9_600
STOP_S = 20.0

KINDS = {
    "nextion": (
        lambda: nextion.open(nextion.SETTINGS()),
        lambda: panels.Nextion("t0", "t1", "t2", encoding="iso-8859-1", longest=80),
    ),
    "matrix_orbital": (lambda: hd44780.open(hd44780.SETTINGS()), lambda: panels.MatrixOrbital(20, 4)),
    "serlcd": (lambda: hd44780.open(hd44780.SETTINGS(protocol="serlcd")), lambda: panels.SerLcd(20, 4)),
    "crystalfontz": (lambda: crystalfontz.open(crystalfontz.SETTINGS()), lambda: panels.Crystalfontz(20, 4)),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def port(tmp_path):
    return tmp_path / "usb-panel"


class Mute:
    """A panel whose answers reach nobody."""

    def __init__(self, panel):
        self.panel = panel
        self.text = ""

    def feed(self, data):
        self.panel.feed(data)
        return b""


class Device:
    def __init__(self, panel, port):
        self.board = Board("en-US", ("es",))
        for part in ("microphone", "engine"):
            self.board.part(part, PartState.OK)
        self.board.doing(Activity.LISTENING)
        self.display = PartWatch(self.board, "display")
        self.keys = queue.SimpleQueue()
        self.output = CaptionsOutput(
            panel, SerialLink(str(port), BAUD), self.board, BAUD, device="pocket", broker="lan", keys=self.keys.put
        )

    def interim(self, text, es):
        self.output.offer(Interim(1, 1, "en-US", StableText(text, 3), {"es": StableText(es, 3)}))

    def final(self, text, es):
        self.output.offer(Final(1, "en-US", text, {"es": Translation(es)}, 1.0, 0.0, 1.0, "device", None, 0, 0))


@contextmanager
def running(panel, port):
    device = Device(panel, port)
    deaths = []
    supervisor = Supervisor(lambda name, error: deaths.append((name, error)))
    supervisor.start("captions", device.output.run, wake=device.output.wake)
    try:
        yield device
    finally:
        survivors = supervisor.stop(STOP_S)
    assert (survivors, deaths) == ([], [])


def test_it_shows_who_it_is_then_what_is_said(kind, port):
    make, decoder = kind
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        panel.wait_until(lambda shown: "pocket" in shown.text)
        device.interim("good mor", "buenos")
        panel.wait_until(lambda shown: "good mor" in shown.text and "buenos" in shown.text)
        device.final("Good morning.", "Buenos dias.")
        panel.wait_until(lambda shown: "Good morning." in shown.text and "Buenos dias." in shown.text)


def test_one_that_was_unplugged_is_drawn_whole(kind, port):
    make, decoder = kind
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        device.final("Good morning.", "Buenos dias.")
        panel.wait_until(lambda shown: "Buenos dias." in shown.text)
        panel.unplug()
        device.display.wait_for(PartState.LOST)
        panel.plug_in()
        panel.wait_until(lambda shown: "Good morning." in shown.text and "Buenos dias." in shown.text)
        assert panel.decoder.backlight == 100


@pytest.mark.parametrize(
    ("name", "said", "key"),
    [
        ("nextion", b"\x65\x00\x03\x01\xff\xff\xff", "0.3"),
        ("crystalfontz", panels.framed(0x80, b"\x05"), "enter"),
    ],
)
def test_a_key_is_passed_on_and_comes_up_when_the_panel_is_unplugged(name, said, key, port):
    make, decoder = KINDS[name]
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        panel.wait_until(lambda shown: "pocket" in shown.text)
        panel.say(b"noise" + said)
        assert device.keys.get(timeout=STOP_S) == KeyEvent(key, down=True)
        panel.unplug()
        assert device.keys.get(timeout=STOP_S) == KeyEvent(key, down=False)


def test_a_nextion_that_restarts_by_itself_is_drawn_again(port):
    make, decoder = KINDS["nextion"]
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        device.final("Good morning.", "Buenos dias.")
        panel.wait_until(lambda shown: "Buenos dias." in shown.text)
        panel.decoder = decoder()
        panel.say(decoder().STARTED)
        panel.wait_until(lambda shown: "Buenos dias." in shown.text)


def test_a_panel_that_lost_its_power_alone_is_right_again_when_the_device_is_to_identify_itself(kind, port):
    make, decoder = kind
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        device.final("Good morning.", "Buenos dias.")
        status_fills_its_line = 20
        panel.wait_until(lambda shown: "Buenos dias." in shown.text and len(shown.lines[-1]) >= status_fills_its_line)
        panel.decoder = decoder()
        device.output.identify()
        panel.wait_until(
            lambda shown: "pocket" in shown.text and "listening" in shown.text and shown.decoder.backlight == 100
        )


@pytest.mark.parametrize("name", ["nextion", "crystalfontz"])
def test_a_panel_that_does_not_answer_is_a_problem_until_it_does(name, port):
    make, decoder = KINDS[name]
    said = threading.Event()
    solved = threading.Event()

    def look(snapshot):
        silent = any(problem.code == "display_silent" for problem in snapshot.problems)
        (said if silent else solved).set()

    with SerialPanel(lambda: Mute(decoder()), port) as panel, running(make(), port) as device:
        device.board.listen(look)
        assert said.wait(STOP_S)
        (problem,) = device.board.snapshot().problems
        assert "display.baud" in problem.detail
        solved.clear()
        panel.decoder = panel.decoder.panel
        device.output.identify()
        assert solved.wait(STOP_S)


@pytest.mark.parametrize("lost", [b"=", b"t1"])
def test_a_nextion_that_lost_a_byte_gets_the_right_text(lost, port):
    make, decoder = KINDS["nextion"]
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        device.interim("see you", "adios")
        panel.wait_until(lambda shown: "adios" in shown.text)
        panel.decoder.answers_errors = True
        panel.decoder.loses = lost
        device.interim("good mor", "buenos")
        panel.wait_until(lambda shown: "buenos" in shown.text)
        device.interim("good morning", "buenos dias")
        panel.wait_until(lambda shown: shown.decoder.components["t1"]["txt"] == "buenos dias")
        assert not panel.decoder.loses


def test_a_crystalfontz_that_refuses_a_packet_gets_it_again(port):
    make, decoder = KINDS["crystalfontz"]
    with SerialPanel(decoder, port) as panel, running(make(), port) as device:
        panel.wait_until(lambda shown: "listening" in shown.text)
        panel.decoder.refuse_next = True
        device.final("Good morning.", "Buenos dias.")
        panel.wait_until(lambda shown: "Good morning." in shown.text and "Buenos dias." in shown.text)
        assert not panel.decoder.refuse_next
