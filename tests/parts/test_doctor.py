"""What `dragoman doctor` says of engines, gate and machine, and that no check holds up the others."""

from __future__ import annotations

import grp
import json
import threading

import pytest

from daemon.cli import machine_checks
from daemon.cli.checks import part_checks
from daemon.cli.checkup import Check, Finding, Health, examine, examine_all
from daemon.cli.main import main
from daemon.config import load
from daemon.engines.speech_service.allowance import local_day
from tests.support.doctor import BASE, doctor, look

pytestmark = pytest.mark.parts


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


# ---- gate ----


def test_a_second_opinion_that_cannot_be_had_fails_with_what_to_do():
    (finding,) = look("second opinion", GATE__CONFIRM="silero", CONFIRMER__SILERO__MODEL="/nowhere/model.bin")
    assert finding.health is Health.FAIL
    assert "gate.confirm" in finding.advice
    assert look("second opinion")[0].health is Health.NONE


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
