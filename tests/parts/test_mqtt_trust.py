"""Passwords, access rules and certificates: a real mosquitto that does not take everything, or is not trusted."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from daemon.events import Notice
from daemon.outputs.story import Story
from tests.support.authority import Authority
from tests.support.broker import Broker, Subscriber, online, until, with_passwords
from tests.support.mqtt_device import BASE, DEVICE, EVERYTHING, ScriptedControls, final, running
from tests.support.schemas import valid

pytestmark = pytest.mark.parts


def test_a_wrong_password_is_a_problem_that_says_what_to_do(tmp_path, state):
    (tmp_path / "right").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    with Broker(tmp_path, *with_passwords(tmp_path, {DEVICE: "secret"})) as broker:
        with running(broker.port, state, password_file=str(tmp_path / "wrong")) as device:
            detail = until(lambda: device.problem("mqtt_refused"), "the refusal is reported")
            assert "mqtt.password_file" in detail
        with running(broker.port, state, password_file=str(tmp_path / "missing")) as device:
            assert "missing" in until(lambda: device.problem("mqtt_refused"), "the missing file is reported")
        with (
            running(broker.port, state, password_file=str(tmp_path / "right")) as device,
            Subscriber(broker.port, EVERYTHING, user=DEVICE, password="secret") as seen,  # noqa: S106 -- made above
        ):
            online(seen)
            assert not device.problem("mqtt_refused")


def test_the_password_may_come_as_a_systemd_credential(tmp_path, state, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text("secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    with (
        Broker(tmp_path, *with_passwords(tmp_path, {DEVICE: "secret"})) as broker,
        running(broker.port, state),
        Subscriber(broker.port, EVERYTHING, user=DEVICE, password="secret") as seen,  # noqa: S106 -- made above
    ):
        online(seen)


@pytest.mark.parametrize("allowed", [False, True])
def test_a_plain_connection_that_the_owner_has_allowed_is_told_as_such(broker, state, allowed):
    elsewhere = "127.1"  # this machine, but by no name that says so
    with (
        Subscriber(broker.port, EVERYTHING) as seen,
        running(broker.port, state, host=elsewhere, allow_plaintext=allowed) as device,
    ):
        told = seen.wait_for_topic("state", lambda now: now["problems"])
        (problem,) = valid("state", told.payload)["problems"]
        assert (problem["code"], problem.get("accepted", False)) == ("mqtt_plaintext", allowed)
        assert ("mqtt.allow_plaintext = true" in problem["detail"]) is not allowed
        assert (device.board.snapshot().trouble is None) is allowed


@pytest.fixture
def strict(tmp_path):
    """A broker that takes nothing of the device's but what the test lets it."""
    with Broker(tmp_path, *with_passwords(tmp_path, {DEVICE: "secret"}, f"user {DEVICE}\n")) as broker:
        yield broker


def let(broker, *names):
    """Have it take these topics and no others, from its next start or `reload` on."""
    rules = "\n".join([f"user {DEVICE}", *(f"topic readwrite {name}" for name in names), ""])
    (broker.folder / "acl").write_text(rules)


def everything_but(*denied):
    below = ("availability", "state", "info", "final", "final/last", "event", "config", "config/schema")
    return ["homeassistant/#", *(f"{BASE}/{name}" for name in below if name not in denied)]


@pytest.fixture
def known(tmp_path, strict, state):
    """A device that the strict broker knows."""

    @contextlib.contextmanager
    def known():
        (tmp_path / "password").write_text("secret")
        with running(strict.port, state, password_file=str(tmp_path / "password")) as device:
            yield device

    return known


def listening_in(broker):
    return Subscriber(broker.port, EVERYTHING, user=DEVICE, password="secret")  # noqa: S106 -- made above


def test_a_topic_that_the_broker_does_not_take_is_named_in_state_and_on_the_display(strict, known):
    let(strict, *everything_but("final", "event"))
    strict.reload()
    with listening_in(strict) as seen, known() as device:
        device.output.offer(final(1))
        device.output.offer(Notice("mark"))
        named = f"does not take {BASE}/event, {BASE}/final (Not authorized)"
        told = seen.wait_for_topic("state", lambda s: any(named in problem["detail"] for problem in s["problems"]))
        assert [problem["code"] for problem in told.json["problems"]] == ["mqtt_topic_refused"]
        shown = Story(device.board.snapshot(), DEVICE, broker="lan.example").caption()
        assert named in shown.status
        (greeting,) = shown.translations
        assert "lan.example" in greeting.text
        assert "away" not in greeting.text


@pytest.fixture
def deaf(tmp_path):
    """A broker that lets everybody write, and nobody read."""
    plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"), None)
    if plugin is None:
        pytest.skip("mosquitto's dynamic security plugin is not installed")
    rules = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    (tmp_path / "rules.json").write_text(json.dumps({"defaultACLAccess": rules}))
    with Broker(tmp_path, f"plugin {plugin}", f"plugin_opt_config_file {tmp_path / 'rules.json'}") as broker:
        yield broker


def test_topics_that_the_broker_does_not_let_it_read_are_named(deaf, state):
    with running(deaf.port, state, controls=ScriptedControls()) as device:
        problem = until(lambda: device.problem("mqtt_topic_refused"), "the denial is reported")
    assert f"does not let it read {BASE}/" in problem
    assert "(Not authorized)" in problem


def test_a_topic_that_the_broker_takes_after_all_is_no_problem_any_more(strict, known):
    let(strict, *everything_but("event"))
    strict.reload()
    with known() as device:
        device.output.offer(Notice("before"))
        until(lambda: f"{BASE}/event" in device.problem("mqtt_topic_refused"), "the denial is reported")
        let(strict, *everything_but())
        strict.reload()
        device.output.offer(Notice("after"))
        until(lambda: not device.problem("mqtt_topic_refused"), "the problem is taken down")


def test_finals_that_the_broker_does_not_take_are_kept_for_the_next_connection(strict, known):
    let(strict, *everything_but("final", "final/last"))
    strict.reload()
    with known() as device:
        device.output.offer(final(1))
        until(lambda: f"{BASE}/final" in device.problem("mqtt_topic_refused"), "the denial is reported")
        strict.stop()
        until(lambda: not device.problem("mqtt_topic_refused"), "what held of the connection goes with it")
        let(strict, f"{BASE}/#", "homeassistant/#")
        strict.start()
        with listening_in(strict) as seen:
            assert seen.wait_for_topic("final/last").json["seq"] == 1
            until(lambda: device.board.snapshot().problems == (), "no problem is left")


def tls_lines(authority, **how):
    """Return lines for a broker with a certificate of that authority."""
    certificate, key = authority.issue("broker", **how)
    return (f"certfile {certificate}", f"keyfile {key}")


def broker_tells(log, words):
    return log.exists() and words in log.read_text(errors="replace")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "tls")


def test_tls_with_an_authority_of_ones_own(tmp_path, state, authority):
    broker = Broker(tmp_path, *tls_lines(authority))
    with broker, running(broker.port, state, ca_file=str(authority.file)) as device:
        device.output.offer(final(1))
        until(lambda: broker_tells(tmp_path / "mosquitto.log", f"'{BASE}/final/last'"), "the final is published")
        until(lambda: not device.problem("mqtt_unreachable"), "no problem")


def test_a_broker_whose_authority_is_unknown_is_not_spoken_to(tmp_path, state, authority):
    broker = Broker(tmp_path, *tls_lines(authority))
    with broker, running(broker.port, state, tls=True) as device:
        assert "mqtt.ca_file" in until(lambda: device.problem("mqtt_unreachable"), "the distrust is reported")
        assert not broker_tells(tmp_path / "mosquitto.log", BASE)


def test_a_certificate_of_the_future_means_a_clock_not_set(tmp_path, state, authority):
    broker = Broker(tmp_path, *tls_lines(authority, not_before="20980101000000Z"))
    with broker, running(broker.port, state, ca_file=str(authority.file)) as device:
        assert "not yet valid" in until(lambda: device.problem("clock_unsynced"), "the clock is suspected")
        assert not device.problem("mqtt_unreachable")
