import grp
import json
import os
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from daemon.cli import checks, machine_checks
from daemon.cli.checks import part_checks
from daemon.cli.checkup import Check, Finding, Health, examine, examine_all
from daemon.cli.main import main
from daemon.config import load
from daemon.engines.speech_service.allowance import local_day
from daemon.mqtt.probe import connect_packet
from hw.api import DeviceLate
from hw.displays import vt100
from hw.fake import ManualClock, Pause, RecordingSpeaker, ScriptedMicrophone
from hw.serial_link import SerialLink
from tests.support import panels
from tests.support.broker import Broker, free_port, with_passwords
from tests.support.pulse import PulseAudio, missing
from tests.support.screen import SerialPanel, SerialTerminal

pytestmark = pytest.mark.parts

BASE = {"DRAGOMAN_ENGINE__ORDER": "scripted"}


def look(part, **environment):
    """Run the check of one part, with settings from variables, in this process."""
    settings = load(environment={**BASE, **{f"DRAGOMAN_{name}": value for name, value in environment.items()}})
    (check,) = [check for check in part_checks(settings, {}) if check.part == part]
    return examine(check)


def doctor(environment):
    ran = subprocess.run(
        [sys.executable, "-m", "daemon.cli.main", "doctor", "--json"],
        env={**os.environ, **BASE, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    answer = json.loads(ran.stdout)
    return ran.returncode, answer["ok"], {finding["part"]: finding for finding in answer["findings"]}


# ---- the runner ----


def test_a_check_that_hangs_or_raises_does_not_stop_the_others():
    never = threading.Event()

    def fail():
        raise OSError("it broke")

    def fine():
        return [Finding("c", Health.OK, "fine")]

    checks = [Check("a", never.wait, 0.05, "unplug it"), Check("b", fail, advice="mend it"), Check("c", fine)]
    found = list(examine_all(checks))
    never.set()
    assert [(finding.part, finding.health) for finding in found] == [("a", "fail"), ("b", "fail"), ("c", "OK")]
    assert [finding.advice for finding in found] == ["unplug it", "mend it", ""]
    assert found[1].found == "it broke"


# ---- engines ----


def test_a_translation_model_that_is_none_is_told_though_another_translator_works(tmp_path):
    folder = tmp_path / "opus-mt-en-de"
    folder.mkdir()
    environment = {"DRAGOMAN_ENGINE__ORDER": "device", "DRAGOMAN_TRANSLATOR__CTRANSLATE2__MODELS": str(folder)}
    _status, _ok, found = doctor(environment)
    if found["engine device"]["health"] != "OK":
        pytest.skip(found["engine device"]["found"])
    assert found["translator es"]["health"] == "OK"
    assert found["translator"]["health"] == "warn"
    assert str(folder) in found["translator"]["found"]
    assert "translator.ctranslate2.models" in found["translator"]["advice"]


def test_doctor_tells_how_much_of_the_days_paid_minutes_is_used(tmp_path):
    usage = {"v": 1, "day": local_day().isoformat(), "spent_s": 540}
    (tmp_path / "azure-minutes.json").write_text(json.dumps(usage))
    settings = load(
        environment={"DRAGOMAN_ENGINE__ORDER": "azure,scripted", "DRAGOMAN_ENGINE__AZURE__MAX_MINUTES_PER_DAY": "10"}
    )
    by_part = {check.part: check for check in part_checks(settings, {"STATE_DIRECTORY": str(tmp_path)})}
    used = examine(by_part["engine azure"])[0]
    assert (used.part, used.health) == ("engine azure", Health.WARN)
    assert used.found.startswith("azure: 90 % of today's 10 minutes are used")
    assert "max_minutes_per_day" in used.advice
    assert [finding.found for finding in examine(by_part["engine scripted"]) if "minutes" in finding.found] == []


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


# ---- gate ----


def test_a_second_opinion_that_cannot_be_had_fails_with_what_to_do():
    (finding,) = look("second opinion", GATE__CONFIRM="silero", CONFIRMER__SILERO__MODEL="/nowhere/model.bin")
    assert finding.health is Health.FAIL
    assert "gate.confirm" in finding.advice
    assert look("second opinion")[0].health is Health.NONE


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


# ---- broker ----


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """The port of a broker that lets in `device` with the password `right`."""
    folder = tmp_path_factory.mktemp("broker")
    with Broker(folder, *with_passwords(folder, {"device": "right"})) as running:
        yield running.port


@pytest.mark.parametrize(
    ("password", "username", "health"),
    [("right\n", "device", "OK"), ("wrong", "device", "fail"), ("right", "other", "fail"), (None, "device", "fail")],
)
def test_the_broker_s_answer_to_the_password_is_told(broker, tmp_path, password, username, health):
    environment = {"MQTT__HOST": "127.0.0.1", "MQTT__PORT": str(broker), "MQTT__USERNAME": username}
    if password is not None:
        (tmp_path / "password").write_text(password)
        environment["MQTT__PASSWORD_FILE"] = str(tmp_path / "password")
    (finding,) = look("broker", **environment)
    assert finding.health == health
    if health == "fail":
        assert "mqtt.password_file" in finding.advice


def test_the_daemon_s_own_connection_survives_the_doctor(broker, tmp_path):
    (tmp_path / "password").write_text("right")
    with socket.create_connection(("127.0.0.1", broker), 5) as own:
        own.sendall(connect_packet("device", "right"))
        assert own.recv(64)[0] == 0x20
        look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(broker), DEVICE__ID="device")
        own.sendall(b"\xc0\x00")  # PINGREQ
        assert own.recv(64) == b"\xd0\x00"


def test_a_broker_that_does_not_run_fails_with_what_to_do():
    port = free_port()
    (finding,) = look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(port))
    assert finding.health is Health.FAIL
    assert f"127.0.0.1:{port}" in finding.found
    assert finding.advice


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"\x20", b"\x20\x03\x00", b""])
def test_something_that_is_no_broker_fails(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        (finding,) = look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(server.getsockname()[1]))
        thread.join()
    assert finding.health is Health.FAIL
    assert "does not answer as a broker" in finding.found


def test_a_missing_password_file_is_named():
    environment = {"MQTT__HOST": "127.0.0.1", "MQTT__PASSWORD_FILE": "/no/such/file"}
    (finding,) = look("broker", **environment)
    assert finding.health is Health.FAIL
    assert "/no/such/file" in finding.found


# ---- engine ----


def test_an_engine_that_cannot_be_opened_fails_with_what_to_do(tmp_path):
    found = look("engine scripted", ENGINE__SCRIPTED__SCRIPT=str(tmp_path / "none.json"))
    assert [finding.health for finding in found] == ["fail"]
    assert found[0].advice


def test_each_stage_of_an_engine_is_told():
    found = look("engine scripted", LANGUAGES__TARGETS="es,ca")
    assert [finding.part for finding in found] == [
        "engine scripted",
        "recognizer",
        "translator es",
        "translator ca",
        "synthesizer",
    ]


def test_the_side_of_a_conversation_that_is_not_understood_is_told():
    found = look("engine scripted", LANGUAGES__CONVERSATION="en-US,tlh")
    told = [(finding.health, finding.found, bool(finding.advice)) for finding in found if finding.part == "recognizer"]
    assert told == [("OK", "understands en-US", False), ("warn", "tlh is not understood; en is", True)]


# ---- the machine ----


def test_the_state_directory_is_really_written_to(tmp_path):
    assert machine_checks.state(tmp_path).health is Health.OK
    assert list(tmp_path.iterdir()) == []
    assert machine_checks.state(tmp_path / "none").health is Health.WARN
    (tmp_path / "file").touch()
    assert machine_checks.state(tmp_path / "file").health is Health.FAIL


def test_a_user_outside_the_groups_is_told_how_to_get_in():
    finding = machine_checks.groups("nobody")
    assert finding.health is Health.WARN
    assert "usermod -aG audio,dialout" in finding.advice
    assert machine_checks.groups("root").health is Health.OK


def test_on_a_board_with_pins_their_group_is_looked_at_too(monkeypatch):
    board = [grp.struct_group((name, "x", 2_000 + place, [])) for place, name in enumerate(("audio", "gpio"))]
    monkeypatch.setattr(grp, "getgrall", lambda: board)
    finding = machine_checks.groups("nobody")
    assert "the pins of button and light" in finding.found
    assert "usermod -aG audio,gpio nobody" in finding.advice


@pytest.mark.parametrize(
    ("properties", "health"),
    [
        ({"LoadState": "not-found"}, "warn"),
        ({"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}, "OK"),
        ({"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "disabled"}, "warn"),
        ({"LoadState": "loaded", "ActiveState": "inactive"}, "warn"),
        ({"LoadState": "loaded", "ActiveState": "failed", "Result": "watchdog"}, "fail"),
        ({}, "warn"),
    ],
)
def test_the_unit_s_state_is_judged(properties, health):
    finding = machine_checks.judge_unit(properties)
    assert finding.health == health
    assert bool(finding.advice) == (health != "OK")


# ---- the command ----


def test_wrong_settings_are_all_named_and_the_machine_is_still_checked(tmp_path, capsys):
    file = tmp_path / "dragoman.toml"
    file.write_text("[speaker]\nvolume = 3\nvolum = 1\n")
    assert main(["doctor", "--config", str(file)]) == 1
    shown = capsys.readouterr().out
    assert f"{file}:2: speaker.volume is 3" in shown
    assert f"{file}:3: unknown key speaker.volum" in shown
    assert "state directory" in shown
    assert "groups" in shown


def test_every_fault_comes_with_what_to_do(tmp_path, capsys, monkeypatch):
    for name, value in BASE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "no-sound-here"))
    monkeypatch.setenv("DRAGOMAN_DISPLAY__DRIVER", "vt100")
    monkeypatch.setenv("DRAGOMAN_MQTT__HOST", "/no/such/socket")
    assert main(["doctor", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["part"] for finding in findings if finding["health"] == "fail"} >= {
        "microphone",
        "display",
        "broker",
    }
    assert all(finding["advice"] for finding in findings if finding["health"] in ("fail", "warn"))
