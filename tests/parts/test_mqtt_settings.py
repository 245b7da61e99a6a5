"""Settings over a real mosquitto: shown, changed, refused, followed from a group; and the card for Home Assistant."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from pathlib import Path

import jsonschema
import pytest

from daemon.mqtt.sources import Pace
from tests.support.broker import Broker, Subscriber, until, with_passwords
from tests.support.hostile import hostile
from tests.support.mqtt_device import BASE, DEVICE, running
from tests.support.schemas import valid
from tests.support.steering import SEVERAL, Bench

pytestmark = pytest.mark.parts
ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = (f"{BASE}/#", "homeassistant/#")
CARD = f"homeassistant/device/{DEVICE}/config"
AT_ONCE = Pace(metrics_s=0.2, announce_s=lambda: 0.0)


@contextlib.contextmanager
def steered(broker, state, *, groups=(), **more):
    """Run a device whose settings are real; in `groups` it names those that it follows."""
    file = state.parent / "dragoman.toml"
    file.write_text(f"[device]\ngroups = {json.dumps(list(groups))}\n")
    bench = Bench(state, serves=SEVERAL, file=file)
    options = {"controls": bench.steering, "effective": lambda: bench.steering.settings, "pace": AT_ONCE, **more}
    with running(broker.port, state, **options) as device:
        bench.output = device.output
        yield bench, device


def ask(seen, **fields):
    """Send a patch; return its answer."""
    seen.publish(f"{BASE}/config/set", fields)
    message = seen.wait_for_topic("config/response", lambda answer: answer["transaction"] == fields["transaction"])
    return valid("config-response", message.payload)


def codes(answer):
    return {(error["path"], error["code"]) for error in answer["errors"]}


def cards(seen):
    return [message for message in seen.messages if message.topic == CARD and message.payload]


# ---- shown and changed ----


def test_settings_and_their_schema_are_there_for_whoever_comes_later(broker, state):
    with steered(broker, state), Subscriber(broker.port, *EVERYTHING) as seen:
        shown = seen.wait_for_topic("config")
        schema = seen.wait_for_topic("config/schema")
    assert shown.retained
    assert schema.retained
    config = valid("config", shown.payload)
    jsonschema.Draft202012Validator.check_schema(schema.json)
    jsonschema.Draft202012Validator(schema.json).validate(config["values"])
    assert config["values"]["speaker"]["volume"] == 0.8


def test_a_patch_is_answered_kept_applied_and_told_to_everybody(broker, state):
    with Subscriber(broker.port, *EVERYTHING, "dragoman/client/#") as seen, steered(broker, state) as (bench, _device):
        seen.wait_for_topic("config")
        patch = {"transaction": "a", "if_rev": 0, "values": {"speaker": {"volume": 0.25}, "gate.sensitivity": 0.9}}
        seen.publish(f"{BASE}/config/set", patch, ResponseTopic="dragoman/client/me", CorrelationData=b"7")
        answer = valid("config-response", seen.wait_for(lambda m: m.topic == "dragoman/client/me").payload)
        assert answer["status"] == "ok"
        assert (answer["rev"], answer["restart_required"]) == (1, [])
        assert sorted(answer["applied"]) == ["gate.sensitivity", "speaker.volume"]
        assert seen.wait_for_topic("config/response").json == answer
        told = seen.wait_for_topic("event", lambda event: event["event_type"] == "config_applied")
        assert valid("event", told.payload)["rev"] == 1
        assert (
            seen.wait_for_topic("config", lambda config: config["rev"] == 1).json["values"]["speaker"]["volume"] == 0.25
        )
        seen.wait_for_topic("state", lambda state: state["config_rev"] == 1)
        assert Bench(state).steering.settings.remote == bench.steering.settings.remote


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_changed(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state) as (bench, _device):
        seen.wait_for_topic("config")
        wrong = {"speaker.volume": 7, "mqtt.host": "evil", "no": 1, "languages.targets": ["xx"], "gate.sensitivity": 1}
        answer = ask(seen, transaction="a", values=wrong)
        assert codes(answer) == {
            ("speaker.volume", "out_of_range"),
            ("mqtt.host", "not_remote"),
            ("no", "unknown_key"),
            ("languages.targets", "no_translator"),
        }
        told = seen.wait_for_topic("event", lambda event: event["event_type"] == "config_rejected")
        assert sorted(valid("event", told.payload)["paths"]) == sorted(path for path, _ in codes(answer))
        assert codes(ask(seen, transaction="b", if_rev=5, values={})) == {("if_rev", "rev_conflict")}
        assert bench.steering.settings.rev == 0
        assert not (state / "settings.json").exists()


def test_a_transaction_changes_settings_once_also_over_a_restart(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen:
        with steered(broker, state):
            seen.wait_for_topic("config")
            first = ask(seen, transaction="once", values={"speaker.volume": 0.1})
            ask(seen, transaction="later", values={"speaker.volume": 0.2})
        with steered(broker, state) as (bench, _device):
            until(lambda: [m.payload for m in seen.of("availability")][-2:] == [b"offline", b"online"], "it is back")
            seen.publish(f"{BASE}/config/set", {"transaction": "once", "values": {"speaker.volume": 0.1}})
            again = until(
                lambda: [m.payload for m in seen.of("config/response") if m.json["transaction"] == "once"][1:], ""
            )
            assert [valid("config-response", payload) for payload in again] == [first | {"again": True}]
            assert bench.steering.settings.speaker.volume == 0.2


def test_one_value_is_set_by_a_client_that_knows_nothing_of_json(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state) as (bench, _device):
        seen.wait_for_topic("config")
        for topic, value in (("languages.targets", "fr"), ("speaker.volume", "0.5"), ("languages.speak", "")):
            words = [
                "mosquitto_pub",
                "-p",
                str(broker.port),
                "-q",
                "1",
                "-t",
                f"{BASE}/config/{topic}/set",
                "-m",
                value,
            ]
            subprocess.run(words, check=True)
        seen.wait_for_topic("config", lambda config: config["rev"] == 3)
        now = bench.steering.settings
        assert (now.languages.targets, now.languages.speak, now.speaker.volume) == (("fr",), "", 0.5)
        seen.publish(f"{BASE}/config/speaker.volume/set", "loud")
        refused = seen.wait_for_topic("config/response", lambda answer: answer["errors"])
        assert codes(refused.json) == {("speaker.volume", "wrong_type")}


def test_a_retained_setting_is_not_made(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen:
        seen.publish(f"{BASE}/config/speaker.volume/set", "0.1", retain=True)
        with steered(broker, state) as (bench, _device):
            seen.wait_for_topic("config")
            seen.publish(f"{BASE}/config/set", {"transaction": "r", "values": {"speaker.volume": 0.2}}, retain=True)
            seen.wait_for_topic("metrics", lambda m: m["commands_refused"].get("retained", 0) >= 1)
            ask(seen, transaction="c", values={"gate.sensitivity": 0.7})
            assert bench.steering.settings.remote == {"gate.sensitivity": 0.7}


# ---- what nobody can set ----


def other(value):
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return [*value, "x"] if isinstance(value, tuple) else f"{value}x"


def test_no_key_of_the_device_itself_is_changed_by_any_way_over_mqtt(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state, groups=["all"]) as (bench, _device):
        seen.wait_for_topic("config")
        before = bench.steering.settings.flat()
        local = [key for key in bench.steering.settings.schema.keys.values() if not key.remote]
        assert {"mqtt.host", "device.groups", "privacy.remote_unmute"} <= {key.path for key in local}
        for key in local:
            values = {key.path: other(before[key.path]), "speaker.volume": 0.1}
            assert (key.path, "not_remote") in codes(ask(seen, transaction=f"d {key.path}", values=values))
            section, _dot, name = key.path.rpartition(".")
            nested = {section: {name: None}} if "." not in section else {key.path: None}
            assert (key.path, "not_remote") in codes(ask(seen, transaction=f"n {key.path}", values=nested))
            seen.publish(f"{BASE}/config/{key.path}/set", json.dumps(other(before[key.path])))
            seen.publish("dragoman/group/all/config", {"values": {key.path: other(before[key.path])}}, retain=True)
        ask(seen, transaction="last", values={})
        assert bench.steering.settings.flat() == before
        assert bench.steering.settings.rev == 0


def test_no_payload_changes_anything(broker, state):
    source = random.Random(20_260_103)
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state, groups=["all"]) as (bench, device):
        seen.wait_for_topic("config")
        paths = ["", "/speaker.volume", "/languages.targets", "/mqtt.host", "/no", "/$x"]
        for _ in range(1_000):
            topic = source.choice([f"{BASE}/config{source.choice(paths)}/set", "dragoman/group/all/config"])
            seen.publish(topic, hostile(source))
        assert ask(seen, transaction="still here", values={"speaker.volume": 0.3})["status"] == "ok"
        assert bench.steering.settings.remote == {"speaker.volume": 0.3}
        metrics = seen.wait_for_topic("metrics", lambda m: m["commands_refused"]).json
        assert metrics["mqtt_callback_errors"] == 0
        assert device.problem("worker_died") == ""


# ---- groups ----


def test_a_group_is_followed_by_its_members_only_and_once(broker, state):
    louder = {"values": {"speaker.volume": 0.9}}
    with Subscriber(broker.port, *EVERYTHING) as seen:
        seen.publish("dragoman/group/kitchen/config", louder, retain=True)
        seen.publish("dragoman/group/cellar/config", {"values": {"speaker.volume": 0.1}}, retain=True)
        with steered(broker, state, groups=["kitchen"]) as (bench, _device):
            answer = valid("config-response", seen.wait_for_topic("config/response").payload)
            assert (answer["group"], answer["status"]) == ("kitchen", "ok")
            assert bench.steering.settings.speaker.volume == 0.9
            ask(seen, transaction="a person", values={"speaker.volume": 0.4})
        with steered(broker, state, groups=["kitchen"]) as (bench, _device):
            until(lambda: [m.payload for m in seen.of("availability")][-2:] == [b"offline", b"online"], "it is back")
            ask(seen, transaction="mark", values={})
            assert bench.steering.settings.speaker.volume == 0.4
            seen.publish("dragoman/group/kitchen/config", {"values": {"speaker.volume": 0.5}}, retain=True)
            until(lambda: bench.steering.settings.speaker.volume == 0.5, "it follows what is new")


def test_a_group_that_returns_to_what_it_said_before_is_followed(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state, groups=["kitchen"]) as (bench, _device):
        seen.wait_for_topic("config")
        for volume in (0.9, 0.5, 0.9):
            seen.publish("dragoman/group/kitchen/config", {"values": {"speaker.volume": volume}}, retain=True)
            until(lambda now=volume: bench.steering.settings.speaker.volume == now, "it follows")
        for volume in (0.2, 0.3, 0.2):  # faster than it follows
            seen.publish("dragoman/group/kitchen/config", {"values": {"speaker.volume": volume}}, retain=True)
        until(lambda: len(seen.of("config/response")) == 6, "all are answered")
        assert bench.steering.settings.speaker.volume == 0.2


def test_what_a_group_says_is_followed_at_the_next_connection_where_the_disk_did_not_take_it(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen:
        seen.publish("dragoman/group/kitchen/config", {"values": {"speaker.volume": 0.9}}, retain=True)
        (state / "settings.json").mkdir()
        with steered(broker, state, groups=["kitchen"]):
            refused = seen.wait_for_topic("config/response").json
            assert codes(refused) == {("", "not_kept")}
        (state / "settings.json").rmdir()
        with steered(broker, state, groups=["kitchen"]) as (bench, _device):
            until(lambda: bench.steering.settings.speaker.volume == 0.9, "it follows")


def test_a_device_that_names_no_group_cannot_be_talked_into_one(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state) as (bench, _device):
        seen.wait_for_topic("config")
        refused = ask(seen, transaction="a", values={"device.groups": ["kitchen"], "device": {"groups": ["kitchen"]}})
        assert codes(refused) == {("device.groups", "not_remote")}
        for group in ("kitchen", DEVICE, "all", "%23"):
            seen.publish(f"dragoman/group/{group}/config", {"values": {"speaker.volume": 0.1}}, retain=True)
        ask(seen, transaction="mark", values={})
        assert bench.steering.settings.remote == {}
    log = (broker.folder / "mosquitto.log").read_text()
    assert [line for line in log.splitlines() if f"to {DEVICE} " in line and "dragoman/group" in line] == []


# ---- Home Assistant ----


def test_home_assistant_is_told_on_connect_and_when_it_starts_and_not_more_often(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state) as (_bench, _device):
        first = seen.wait_for(lambda m: m.topic == CARD)
        valid("homeassistant", first.payload)
        assert (first.qos, first.retained) == (1, True)
        ask(seen, transaction="a", values={"speaker.volume": 0.3})
        assert len(cards(seen)) == 1
        seen.publish("homeassistant/status", "offline")
        seen.publish("homeassistant/status", "online")
        again = until(lambda: cards(seen)[1:], "the card comes again")
        assert again[0].payload == first.payload


def test_home_assistant_that_starts_often_is_told_once(broker, state):
    delays = []

    def later():
        delays.append(1)
        return 3_600.0

    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state, pace=Pace(announce_s=later)):
        seen.wait_for(lambda m: m.topic == CARD)
        for _ in range(20):
            seen.publish("homeassistant/status", "online")
        ask(seen, transaction="mark", values={})
        assert (len(delays), len(cards(seen))) == (1, 1)


def test_a_caption_that_is_gone_is_taken_away_and_a_new_one_comes(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen, steered(broker, state):
        seen.wait_for(lambda m: m.topic == CARD)
        ask(seen, transaction="a", values={"languages.targets": ["fr"]})
        made = valid("homeassistant", until(lambda: cards(seen)[1:], "the card comes again")[0].payload)["components"]
        assert made["caption_es"] == {"platform": "sensor"}
        assert made["caption_fr"]["unique_id"] == f"{DEVICE}_caption_fr"
        until(lambda: [m.json["rev"] for m in seen.of("config")][-2:] == [1, 1], "the settings come again after it")
        seen.publish("homeassistant/status", "online")
        made = until(lambda: cards(seen)[2:], "the card comes without it")[0].json["components"]
        assert "caption_es" not in made


def test_a_caption_that_went_while_the_daemon_was_away_is_taken_away_too(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen:
        with steered(broker, state):
            seen.wait_for(lambda m: m.topic == CARD)
            ask(seen, transaction="a", values={"languages.targets": ["fr"]})
            until(lambda: cards(seen)[1:], "the card comes again")
        (state / "settings.json").unlink()
        (state / "settings.last.json").unlink()
        before = len(cards(seen))
        with steered(broker, state):
            made = until(lambda: cards(seen)[before:], "the card comes again")[0].json["components"]
    assert made["caption_fr"] == {"platform": "sensor"}
    assert made["caption_es"]["state_topic"] == f"{BASE}/final"


def test_forgetting_erases_the_card_until_the_next_connection(broker, state):
    with Subscriber(broker.port, *EVERYTHING) as seen:
        with steered(broker, state):
            seen.wait_for(lambda m: m.topic == CARD)
            seen.publish(f"{BASE}/cmd/forget", {"transaction": "f"})
            seen.wait_for(lambda m: m.topic == CARD and not m.payload)
            seen.publish("homeassistant/status", "online")
            ask(seen, transaction="a", values={"languages.targets": ["fr"]})
            seen.wait_for_topic("config", lambda config: config["rev"] == 1)
            assert len(cards(seen)) == 1
            with Subscriber(broker.port, *EVERYTHING) as late:
                late.wait_for_topic("config")
                assert cards(late) == []
        with steered(broker, state):
            until(lambda: cards(seen)[1:], "the card is back")


# ---- the access list ----


def test_the_shipped_access_list_lets_each_do_its_part_and_no_more(tmp_path, state):
    acl = (ROOT / "docs" / "dragoman.acl").read_text()
    acl = acl.replace("#user", "user").replace("#topic", "topic")
    people = ("reader", "steward", "homeassistant", "fleet")
    accounts = dict.fromkeys((DEVICE, "other", *people), "secret")
    password = tmp_path / "password"
    password.write_text("secret")
    with Broker(tmp_path, *with_passwords(tmp_path, accounts, acl)) as broker, contextlib.ExitStack() as stack:
        clients = {
            name: stack.enter_context(
                Subscriber(broker.port, "dragoman/#", "homeassistant/#", user=name, password=password.read_text())
            )
            for name in ("other", *people)
        }
        bench, device = stack.enter_context(steered(broker, state, groups=["kitchen"], password_file=str(password)))
        steward = clients["steward"]
        steward.wait_for_topic("config")
        clients["reader"].wait_for_topic("config")
        clients["homeassistant"].wait_for(lambda m: m.topic == CARD)
        evil = {"values": {"speaker.volume": 0.1}}
        for name in ("other", "reader", "homeassistant"):
            clients[name].publish(f"{BASE}/config/set", {"transaction": "evil", **evil})
            clients[name].publish("dragoman/group/kitchen/config", evil, retain=True)
        for name in ("other", "reader"):
            clients[name].publish(f"{BASE}/config/speaker.volume/set", "0.1")
            clients[name].publish(CARD, "{}", retain=True)
        assert ask(steward, transaction="good", values={"gate.sensitivity": 0.6})["status"] == "ok"
        clients["homeassistant"].publish(f"{BASE}/config/speaker.max_wait_s/set", "3")
        clients["fleet"].publish("dragoman/group/kitchen/config", {"values": {"gate.hangover_s": 1}}, retain=True)
        until(lambda: len(bench.steering.settings.remote) == 3, "what may be set is set")
        assert bench.steering.settings.remote == {
            "gate.sensitivity": 0.6,
            "speaker.max_wait_s": 3.0,
            "gate.hangover_s": 1.0,
        }
        assert [m.payload for m in clients["homeassistant"].messages if m.topic == CARD and m.payload == b"{}"] == []
        assert not any(m.topic.startswith(BASE) for m in clients["other"].messages)
        assert not device.problem("mqtt_topic_refused")
