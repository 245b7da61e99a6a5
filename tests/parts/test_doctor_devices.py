"""What `dragoman doctor` says of microphone, speaker, display, button and light."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import pytest

from daemon.cli import checks
from daemon.cli.checkup import Health
from hw.api import DeviceLate
from hw.displays import vt100
from hw.fake import ManualClock, Pause, RecordingSpeaker, ScriptedMicrophone
from hw.serial_link import SerialLink
from tests.support import panels
from tests.support.doctor import doctor, look
from tests.support.pulse import PulseAudio, missing
from tests.support.screen import SerialPanel, SerialTerminal

pytestmark = pytest.mark.parts


# ---- sound ----


def test_what_is_slow_to_open_is_waited_for(monkeypatch):
    microphone = ScriptedMicrophone([bytes(range(1, 161)) * 4] * 50, at_open=[DeviceLate("loads")] * 2)
    speaker = RecordingSpeaker(at_start=[DeviceLate("loads")] * 2)
    monkeypatch.setattr(checks.build, "microphone", lambda _settings: microphone)
    monkeypatch.setattr(checks.build, "speaker", lambda _settings: speaker)
    assert [finding.health for part in ("microphone", "speaker") for finding in look(part)] == [Health.OK, Health.OK]


def test_a_microphone_that_takes_its_time_for_the_first_sound_is_waited_for(monkeypatch):
    clock = ManualClock()
    microphone = ScriptedMicrophone([Pause(2.5), *[bytes(range(1, 161)) * 4] * 50], clock=clock)
    monkeypatch.setattr(checks.build, "microphone", lambda _settings: microphone)
    monkeypatch.setattr(checks, "time", SimpleNamespace(monotonic=lambda: clock.now_ns() / 1e9))
    assert [finding.health for finding in look("microphone")] == [Health.OK]


@pytest.fixture(scope="module")
def audio():
    if missing():
        pytest.skip(missing())
    with PulseAudio() as running:
        yield running


def test_doctor_is_content_where_sound_comes_and_goes(audio, tmp_path):
    noise = bytes(range(1, 241)) * 133  # about a second of something
    enough = threading.Event()

    def speak():
        while not enough.is_set():
            audio.microphone.play_raw(noise)

    speaker = threading.Thread(target=speak)
    speaker.start()
    try:
        status, ok, findings = doctor({**audio.env, "STATE_DIRECTORY": str(tmp_path)})
    finally:
        enough.set()
        speaker.join()
    assert (status, ok) == (0, True)
    assert findings["microphone"]["health"] == "OK"
    assert "dBFS" in findings["microphone"]["found"]
    assert findings["speaker"]["health"] == "OK"
    assert findings["translator es"]["found"] == "hello → es: hello"
    assert findings["state directory"]["health"] == "OK"


def test_a_microphone_that_gives_only_zeros_is_pointed_out(audio, tmp_path):
    status, ok, findings = doctor({**audio.env, "STATE_DIRECTORY": str(tmp_path)})
    assert (status, ok) == (0, True)
    assert findings["microphone"]["health"] == "warn"
    assert "zeros" in findings["microphone"]["found"]
    assert "muted" in findings["microphone"]["advice"]


def test_a_wedged_microphone_fails_and_the_rest_is_still_checked(audio, tmp_path):
    audio.microphone.suspend()
    try:
        status, ok, findings = doctor({**audio.env, "STATE_DIRECTORY": str(tmp_path)})
    finally:
        audio.microphone.resume()
    assert (status, ok) == (1, False)
    assert findings["microphone"]["health"] == "fail"
    assert findings["speaker"]["health"] == "OK"
    assert findings["translator es"]["health"] == "OK"


def test_a_microphone_of_another_name_fails_with_what_to_do():
    (finding,) = look("microphone", MICROPHONE__DEVICE="no such microphone")
    assert finding.health is Health.FAIL
    assert "no such microphone" in finding.found
    assert "dragoman devices" in finding.advice


# ---- display ----


def test_a_display_that_is_there_is_named_with_its_size():
    master, slave = os.openpty()
    try:
        (finding,) = look("display", DISPLAY__DRIVER="vt100", DISPLAY__PORT=os.ttyname(slave))
    finally:
        os.close(slave)
        os.close(master)
    assert finding.health is Health.OK
    assert "characters" in finding.found


def test_a_display_shows_who_looks_at_it(tmp_path):
    settings = vt100.SETTINGS()
    with SerialTerminal(settings.columns, settings.rows, tmp_path / "panel") as terminal:
        (finding,) = look("display", DISPLAY__DRIVER="vt100", DISPLAY__PORT=str(tmp_path / "panel"))
        terminal.wait_until(lambda screen: "dragoman doctor" in " ".join(screen.lines))
    assert finding.health is Health.OK
    assert "dragoman doctor" in finding.found


def test_something_else_at_the_port_is_no_display(tmp_path):
    position = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n"
    with SerialTerminal(20, 4, tmp_path / "gps") as other:
        enough = threading.Event()

        def talk():
            while not enough.wait(0.05):
                other.say(position)

        talker = threading.Thread(target=talk)
        talker.start()
        try:
            (finding,) = look("display", DISPLAY__DRIVER="crystalfontz", DISPLAY__PORT=str(tmp_path / "gps"))
        finally:
            enough.set()
            talker.join()
    assert finding.health is Health.FAIL
    assert "crystalfontz" in finding.found
    assert "display.baud" in finding.advice


@pytest.mark.parametrize(
    ("driver", "answering"),
    [
        ("crystalfontz", lambda: panels.Crystalfontz(20, 4)),
        ("nextion", lambda: panels.Nextion("t0", "t1", "t2", encoding="iso-8859-1", longest=80)),
    ],
)
def test_a_display_that_could_answer_and_does_not_is_pointed_out(tmp_path, driver, answering):
    port = str(tmp_path / "panel")
    with SerialPanel(answering, tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER=driver, DISPLAY__PORT=port)
    assert finding.health is Health.OK
    with SerialTerminal(40, 8, tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER=driver, DISPLAY__PORT=port)
    assert finding.health is Health.WARN
    assert "does not answer" in finding.found
    assert f"display.{driver}.answers" in finding.advice


def test_a_name_that_is_not_on_the_page_is_pointed_out(tmp_path):
    def page():
        made = panels.Nextion("t0", "t1", encoding="iso-8859-1", longest=80)
        made.answers_errors = True
        return made

    with SerialPanel(page, tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER="nextion", DISPLAY__PORT=str(tmp_path / "panel"))
    assert finding.health is Health.WARN
    assert "does not take" in finding.found
    assert "display.nextion" in finding.advice


@pytest.mark.parametrize(("targets", "said"), [("es,ru", "ru in Latin letters"), ("es,fr,de,it", "no room for it")])
def test_a_language_that_a_display_cannot_show_is_pointed_out(tmp_path, targets, said):
    port = str(tmp_path / "panel")
    with SerialPanel(lambda: panels.MatrixOrbital(20, 4), tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER="hd44780", DISPLAY__PORT=port, LANGUAGES__TARGETS=targets)
    assert finding.health is Health.WARN
    assert said in finding.found


@pytest.mark.parametrize(("runs", "health"), [(True, "none"), (False, "fail")])
def test_a_port_that_the_service_has_is_no_fault(tmp_path, monkeypatch, runs, health):
    monkeypatch.setattr(checks, "service_runs", lambda: runs)
    with SerialTerminal(40, 8, tmp_path / "panel"):
        service = SerialLink(str(tmp_path / "panel"), 115_200)
        service.open()
        (finding,) = look("display", DISPLAY__DRIVER="vt100", DISPLAY__PORT=str(tmp_path / "panel"))
        service.close()
    assert finding.health == health
    assert "in use" in finding.found
    assert ("systemctl stop" in finding.advice) is runs


@pytest.mark.parametrize(
    ("port", "expected"), [("", "display.port is empty"), ("/dev/no_such_port", "no_such_port"), ("/dev/null", "null")]
)
def test_a_display_that_is_not_there_fails_with_what_to_do(port, expected):
    (finding,) = look("display", DISPLAY__DRIVER="vt100", DISPLAY__PORT=port)
    assert finding.health is Health.FAIL
    assert expected in finding.found
    assert "dragoman devices" in finding.advice


def test_no_display_is_no_fault():
    assert look("display")[0].health is Health.NONE


# ---- button and light ----


@pytest.mark.parametrize("part", ["button", "light"])
def test_pins_that_can_be_used_are_named(part, monkeypatch):
    gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: PLC0415 -- only where gpiozero is installed

    monkeypatch.setattr(gpiozero.Device, "pin_factory", MockFactory(pin_class=MockPWMPin))
    for _time in ("first", "second, as they were given back"):
        (finding,) = look(part, BUTTON__PIN="17", LIGHT__PINS="5,6,13")
        assert finding.health is Health.OK
    assert ("GPIO17" in finding.found) is (part == "button")
    assert ("GPIO5, GPIO6, GPIO13" in finding.found) is (part == "light")


@pytest.mark.parametrize("part", ["button", "light"])
def test_pins_of_a_machine_that_has_none_fail_with_what_to_do(part, monkeypatch):
    gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "no_such_library")
    (finding,) = look(part, BUTTON__PIN="17", LIGHT__PINS="5")
    assert finding.health is Health.FAIL
    assert "group gpio" in finding.found
    assert "GPIO numbers" in finding.advice


@pytest.mark.parametrize("part", ["button", "light"])
def test_no_pins_are_no_fault(part):
    assert look(part)[0].health is Health.NONE
