"""Changes of the running daemon's settings: what is told of them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.changes import Change
from daemon.config import ConfigError, load
from daemon.events import Notice
from daemon.mqtt.control import Refusal
from tests.support.steering import Bench


def test_everything_that_is_wrong_is_told_at_once(bench: Bench) -> None:
    wrong = {"languages.targets": ["fr", "de"], "speaker": {"volume": 7}, "mqtt.host": "elsewhere", "no.such": 1}
    with pytest.raises(ConfigError) as refused:
        bench.steering.change(wrong)
    assert {(error.path, error.code) for error in refused.value.errors} == {
        ("languages.targets", "no_translator"),
        ("speaker.volume", "out_of_range"),
        ("mqtt.host", "not_remote"),
        ("no.such", "unknown_key"),
    }
    assert sum(error.code == "no_translator" for error in refused.value.errors) == 2


def test_settings_that_are_wrong_change_nothing(bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.steering.change({"speaker.volume": 7, "gate.sensitivity": 0.9})
    assert bench.steering.settings.gate.sensitivity == 0.5
    assert bench.steering.settings.rev == 0


def test_settings_of_the_device_itself_are_not_for_the_network(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="cannot be set remotely"):
        bench.steering.change({"mqtt.host": "elsewhere"})


def test_a_change_is_kept_and_says_what_waits_for_a_restart(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.change({"speaker.volume": 0.25}) == Change(1, ("speaker.volume",))
    assert bench.steering.settings.rev == 1
    assert bench.steering.restart_required == ()
    assert bench.told == [Notice("config_applied", {"rev": 1, "applied": ["speaker.volume"], "restart_required": []})]
    assert load(None, environment={"STATE_DIRECTORY": str(tmp_path)}).speaker.volume == 0.25


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [("speaker.volume", "0.5", 0.5), ("display.brightness", "7", 7), ("languages.speak", "", "")],
)
def test_one_setting_is_written_as_a_person_writes_it(bench: Bench, path: str, text: str, value: object) -> None:
    bench.steering.change_one(path, text)
    assert bench.steering.settings.flat()[path] == value


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("speaker.volume", "loud", "wrong_type"),
        ("speaker.volume", "nan", "out_of_range"),
        ("no.such", "1", "unknown_key"),
    ],
)
def test_one_setting_that_is_wrong_is_refused(bench: Bench, path: str, text: str, code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        bench.steering.change_one(path, text)
    assert [(error.path, error.code) for error in refused.value.errors] == [(path, code)]


def test_a_change_to_settings_that_somebody_else_has_changed_is_refused(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5}, if_rev=0)
    with pytest.raises(Refusal) as refused:
        bench.steering.change({"speaker.volume": 0.6}, if_rev=0)
    assert (refused.value.code, refused.value.path) == ("rev_conflict", "if_rev")
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_change_that_changes_nothing_is_no_change(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    assert bench.steering.change({"speaker.volume": 0.5}) == Change(1)
    assert len(bench.told) == 1


def test_null_for_a_section_gives_all_of_it_back(bench: Bench) -> None:
    bench.steering.change({"speaker": {"volume": 0.5, "max_wait_s": 1}, "gate.sensitivity": 0.9})
    bench.steering.change({"speaker": None})
    assert bench.steering.settings.remote == {"gate.sensitivity": 0.9}
