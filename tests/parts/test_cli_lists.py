"""`dragoman devices` and `dragoman engines`, with what this machine has."""

import json
import os
import subprocess
import sys

import pytest

from daemon.cli.main import main
from daemon.engines.scripted import ScriptedEngine
from tests.support.gateway import PlayedGateway
from tests.support.pulse import PulseAudio, missing

pytestmark = pytest.mark.parts


def test_devices_lists_microphone_and_speaker_by_the_names_that_open_them():
    if missing():
        pytest.skip(missing())
    with PulseAudio() as audio:
        ran = subprocess.run(
            [sys.executable, "-m", "daemon.cli.main", "devices", "--json"],
            env={**os.environ, **audio.env},
            capture_output=True,
            text=True,
            check=True,
        )
    answer = json.loads(ran.stdout)
    assert answer["problems"] == []
    names = {(device["kind"], device["name"]) for device in answer["devices"]}
    assert names >= {("microphone", "mic"), ("speaker", "spk")}


def test_devices_for_people_says_which_setting_takes_a_name(capsys):
    assert main(["devices"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("KIND")
    assert "display.port" in shown or "no serial found" in shown


def test_engines_names_every_engine_its_stages_and_what_is_lacking(capsys, monkeypatch):
    monkeypatch.setenv("DRAGOMAN_LANGUAGES__TARGETS", "es,xx")
    assert main(["engines", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {engine["engine"] for engine in answer["engines"]} >= {"device", "scripted"}
    assert answer["order"] == ["device"]
    assert "pocketsphinx" in answer["recognizer"]
    assert "xx" in answer["lacking"]
    assert all(package for package in answer["installable"].values())


def test_engines_for_people_is_a_table_and_advice(capsys, monkeypatch):
    monkeypatch.setenv("DRAGOMAN_LANGUAGES__TARGETS", "es,xx")
    assert main(["engines"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("ENGINE")
    assert "en-US to xx is not served" in shown


def test_an_engine_that_is_not_configured_takes_a_line_and_one_with_many_languages_another(capsys, monkeypatch):
    assert main(["engines"]) == 0
    shown = capsys.readouterr().out
    assert [line.split("  ")[0] for line in shown.splitlines() if "not configured" in line] == ["azure", "home"]
    assert "home: home: set engine.home.address" in shown
    assert not [line for line in shown.splitlines() if line.endswith(("azure", "home"))]
    monkeypatch.setenv("DRAGOMAN_ENGINE__AZURE__REGION", "westeurope")
    assert main(["engines"]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.endswith("azure")]
    assert "languages" in row


def test_a_gateway_is_asked_which_languages_it_serves(capsys, monkeypatch):
    with PlayedGateway([ScriptedEngine(serves=(("en", "eo"),), stepwise=False)]) as gateway:
        monkeypatch.setenv("DRAGOMAN_ENGINE__HOME__ADDRESS", gateway.address)
        assert main(["engines", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
    (asked,) = [engine for engine in answer["engines"] if engine["engine"] == "home"]
    assert [(pair["source"], pair["target"]) for pair in asked["pairs"]] == [("en", "eo")]
    assert answer["silent"] == {}
    assert main(["engines"]) == 0
    assert "home: asked which languages it serves, and got no answer" in capsys.readouterr().out
