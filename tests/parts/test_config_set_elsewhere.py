"""``dragoman config set --device``: a device elsewhere is asked over MQTT, and its answer told."""

from __future__ import annotations

import json

import pytest

from daemon.cli.main import main
from daemon.mqtt import asking
from tests.parts.test_mqtt_settings import steered
from tests.support.broker import Broker, free_port, with_passwords
from tests.support.mqtt_device import DEVICE

pytestmark = pytest.mark.parts


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    (tmp_path / "here.toml").touch()


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def ask(tmp_path):
    """Return what runs the command as another machine would: with settings of its own."""

    def run(port, *words, device=DEVICE):
        where = ["--device", device, "--host", "127.0.0.1", "--port", str(port)]
        return main(["config", "set", *words, *where, "--config", str(tmp_path / "here.toml")])

    return run


def test_a_setting_is_changed_and_that_is_told(broker, state, ask, capsys):
    with steered(broker, state) as (bench, _device):
        assert ask(broker.port, "speaker.volume", "0.25") == 0
        assert capsys.readouterr().out == f"{DEVICE}: speaker.volume is changed\n"
        assert bench.steering.settings.speaker.volume == 0.25
        assert ask(broker.port, "speaker.volume", "0.25") == 0
        assert capsys.readouterr().out == f"{DEVICE}: speaker.volume was so already\n"
        assert ask(broker.port, "languages.targets", "fr,ca") == 0
        out = capsys.readouterr().out
        assert bench.steering.settings.languages.targets == ("fr", "ca")
        assert f"{DEVICE}: languages.speak is changed" in out


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("speaker.volume", "7", "out_of_range"),
        ("speaker.volume", "loud", "wrong_type"),
        ("mqtt.host", "evil", "not_remote"),
        ("no.such", "1", "unknown_key"),
        ("languages.targets", "xx,yy", "no_translator"),
    ],
)
def test_what_is_refused_is_told_with_its_code(broker, state, ask, capsys, key, value, code):
    with steered(broker, state) as (bench, _device):
        assert ask(broker.port, key, value) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert all(f"({code})" in line and DEVICE in line for line in told.err.splitlines())
        assert ask(broker.port, key, value, "--json") == 1
        assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == code
        assert bench.steering.settings.rev == 0


def test_a_device_that_is_not_there_is_waited_for_and_named(broker, ask, capsys, monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE_S", 0.5)
    monkeypatch.setattr(asking.change_settings, "__defaults__", (0.5,))
    assert ask(broker.port, "speaker.volume", "1", device="nobody") == 1
    assert "no answer from nobody within 0.5 s" in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_named(ask, capsys):
    port = free_port()
    assert ask(port, "speaker.volume", "1") == 1
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


def test_an_account_that_may_not_steer_is_told_so(tmp_path, ask, capsys):
    acl = "pattern readwrite dragoman/%u/#\nuser guest\ntopic read dragoman/#\n"
    password = tmp_path / "password"
    password.write_text("secret")
    accounts = {"guest": "secret"}
    with Broker(tmp_path, *with_passwords(tmp_path, accounts, acl)) as broker:
        words = ["speaker.volume", "1", "--username", "guest", "--password-file", str(password)]
        assert ask(broker.port, *words) == 1
        assert "check its access rules" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--device", "No/Such"], ["--device", "abc", "--port", "0"], ["--device", "abc"]])
def test_what_cannot_be_asked_is_a_usage_error(tmp_path, words):
    assert main(["config", "set", "speaker.volume", "1", *words, "--config", str(tmp_path / "here.toml")]) == 2
