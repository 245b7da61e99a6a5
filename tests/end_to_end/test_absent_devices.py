"""Devices that are not there by the names of the settings: the start goes on, and everybody is told which there are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hw.serial_link import list_ports
from tests.end_to_end.test_daemon import mqtt
from tests.support.broker import Broker, Subscriber, until
from tests.support.daemon import DRAGOMAN, DaemonProcess
from tests.support.pulse import PulseAudio, missing

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.parts,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

#: Part → its section of the settings, the problem, and what is told of the names that there are.
ABSENT = {
    "microphone": ({"device": "mikro"}, "microphone_lost", "no microphone 'mikro' (there are: 'mic', "),
    "speaker": ({"device": "spkr"}, "speaker_failed", "no speaker 'spkr' (there are: 'spk', "),
    "display": ({"driver": "nextion", "port": "/dev/ttyUSB99"}, "display_lost", "no serial port /dev/ttyUSB99: "),
    "button": ({"pin": 40}, "button_failed", "GPIO40: there is no such pin: place 40 of the header is GPIO21; "),
    "light": ({"pins": [5, 6, 33]}, "light_failed", "GPIO5, GPIO6, GPIO33: there is no such pin: place 33 of the "),
}
SECTIONS: dict[str, dict[str, Any]] = {part: section for part, (section, _, _) in ABSENT.items()}


@pytest.fixture
def env(audio: PulseAudio) -> dict[str, str]:
    """Return the variables of a machine with sound, and with the pins of a board, which gpiozero plays."""
    return {**audio.env, "GPIOZERO_PIN_FACTORY": "mock", "GPIOZERO_MOCK_PIN_CLASS": "mockpwmpin"}


def degraded_for_all(state: dict[str, Any]) -> bool:
    told = {problem["code"] for problem in state["problems"]}
    return state["state"] == "degraded" and told >= {code for _, code, _ in ABSENT.values()}


def test_the_start_goes_on_and_log_and_state_name_what_there_is(
    tmp_path: Path, broker: Broker, subscriber: Subscriber, env: dict[str, str]
) -> None:
    sections = {"mqtt": mqtt(broker), "engine": {"order": ["scripted"]}, **SECTIONS}
    with DaemonProcess(tmp_path / "daemon", sections, env=env) as daemon:
        daemon.wait_until_said("READY=1")
        state = subscriber.wait_for_topic("state", degraded_for_all).json
        told = {problem["code"]: problem["detail"] for problem in state["problems"]}
        until(lambda: all(told[code] in daemon.log_text for _, code, _ in ABSENT.values()), "all is in the log")
        assert daemon.stop() == 0
    assert {state["parts"][part] for part in ("microphone", "speaker", "display")} == {"absent"}
    for part, (_, code, words) in ABSENT.items():
        assert words in told[code], part
    assert_nearest_port(told["display_lost"])


def test_doctor_fails_each_and_names_what_there_is(tmp_path: Path, env: dict[str, str]) -> None:
    with DaemonProcess(tmp_path / "daemon", {"engine": {"order": ["scripted"]}, **SECTIONS}):
        pass  # for its settings file
    ran = subprocess.run(
        [str(DRAGOMAN), "doctor", "--json", "--config", str(tmp_path / "daemon" / "dragoman.toml")],
        env={**os.environ, **env, "STATE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    findings = {finding["part"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert ran.returncode == 1
    for part, (_, _, words) in ABSENT.items():
        assert findings[part]["health"] == "fail", part
        assert words in findings[part]["found"], part
        assert findings[part]["advice"], part
    assert_nearest_port(findings["display"]["found"])


def assert_nearest_port(told: str) -> None:
    """Whichever ports this machine has."""
    names = [info.name for info in list_ports()]
    assert all(name in told for name in names)
    assert ("did you mean" if names else "there is none on this machine") in told
