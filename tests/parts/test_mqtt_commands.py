"""Commands over a real mosquitto: answered, carried out once, and harmless whatever they hold."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from daemon.events import DropReason, Notice, Translation, UtteranceDropped
from daemon.mqtt.sources import Pace
from daemon.settings import PrivacySection
from tests.support.broker import Broker, Subscriber, until, with_passwords
from tests.support.hostile import hostile
from tests.support.mqtt_device import BASE, DEVICE, EVERYTHING, ScriptedControls, final, running
from tests.support.schemas import valid

pytestmark = pytest.mark.parts
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def controls():
    return ScriptedControls()


def answer(seen, name, transaction):
    message = seen.wait_for_topic(f"response/{name}", lambda a: a["transaction"] == transaction)
    return valid("response", message.payload)


def ask(seen, name, **fields):
    seen.publish(f"{BASE}/cmd/{name}", fields)
    return answer(seen, name, fields["transaction"])


def test_a_command_is_carried_out_and_answered(broker, state, controls):
    with running(broker.port, state, controls=controls), Subscriber(broker.port, EVERYTHING) as seen:
        seen.wait_for_topic("info")
        assert ask(seen, "mute", transaction="a")["status"] == "ok"
        translated = ask(seen, "translate", transaction="b", text="hi", **{"from": "en", "to": ["es"]})
        assert translated["translations"] == {"es": {"text": "[es] hi"}}
        assert controls.done == ["mute", "translate hi en es"]


def test_muting_does_not_wait_for_a_text_that_the_engine_still_translates(broker, state, controls):
    controls.quick = False
    with running(broker.port, state, controls=controls), Subscriber(broker.port, EVERYTHING) as seen:
        seen.wait_for_topic("info")
        seen.publish(f"{BASE}/cmd/translate", {"transaction": "text", "text": "hi", "from": "en", "to": ["es"]})
        assert ask(seen, "mute", transaction="a")["status"] == "ok"
        assert controls.done == ["translate hi en es", "mute"]
        assert seen.of("response/translate") == []
        controls.texts[0].set_result({"es": Translation("hola")})
        assert answer(seen, "translate", "text")["translations"] == {"es": {"text": "hola"}}


def test_the_answer_also_goes_to_an_mqtt_5_response_topic_with_its_correlation(broker, state, controls):
    with (
        running(broker.port, state, controls=controls),
        Subscriber(broker.port, EVERYTHING, "dragoman/client/#", "elsewhere/#") as seen,
    ):
        seen.wait_for_topic("info")
        seen.publish(f"{BASE}/cmd/clear", {}, ResponseTopic="elsewhere/x", CorrelationData=b"no")
        seen.publish(f"{BASE}/cmd/clear", {}, ResponseTopic="dragoman/client/phone", CorrelationData=b"\x00\x01")
        message = seen.wait_for(lambda m: m.topic == "dragoman/client/phone")
        assert message.correlation == b"\x00\x01"
        assert message.json["status"] == "ok"
        assert [m for m in seen.messages if m.topic.startswith("elsewhere")] == []


def test_a_transaction_is_carried_out_once_also_over_a_restart(broker, state, controls):
    with Subscriber(broker.port, EVERYTHING) as seen:
        with running(broker.port, state, controls=controls):
            seen.wait_for_topic("info")
            first = ask(seen, "restart", transaction="once")
            until(lambda: controls.done == ["restart"], "the restart is carried out")
        with running(broker.port, state, controls=controls):
            until(lambda: [m.payload for m in seen.of("availability")][-2:] == [b"offline", b"online"], "it is back")
            seen.publish(f"{BASE}/cmd/restart", {"transaction": "once"})
            until(lambda: len(seen.of("response/restart")) == 2, "the second is answered")
            assert valid("response", seen.of("response/restart")[1].payload) == first | {"again": True}
            ask(seen, "clear", transaction="later")
            assert controls.done == ["restart", "clear"]


def test_hundreds_of_commands_at_once_are_all_answered_and_no_event_gives_way_to_an_answer(broker, state, controls):
    everything = {f"t{number}" for number in range(300)}
    with running(broker.port, state, controls=controls) as device, Subscriber(broker.port, EVERYTHING) as seen:
        seen.wait_for_topic("info")
        for number, transaction in enumerate(sorted(everything)):
            seen.publish(f"{BASE}/cmd/clear", {"transaction": transaction})
            if number % 100 == 0:
                device.output.offer(UtteranceDropped(number, DropReason.BACKLOG))
        until(lambda: {a.json["transaction"] for a in seen.of("response/clear")} == everything, "all are answered")
        until(lambda: [event.json["utterance"] for event in seen.of("event")] == [0, 100, 200], "all events are there")


def test_a_retained_command_is_not_carried_out(broker, state, controls):
    with Subscriber(broker.port, EVERYTHING) as seen:
        seen.publish(f"{BASE}/cmd/clear", {"transaction": "old"}, retain=True)
        with running(broker.port, state, controls=controls, pace=Pace(metrics_s=0.1)):
            seen.wait_for_topic("info")
            seen.publish(f"{BASE}/cmd/identify", {"transaction": "new"}, retain=True)
            seen.wait_for_topic("metrics", lambda m: m["commands_refused"].get("retained", 0) >= 1)
            ask(seen, "repeat", transaction="c")
            assert controls.done == ["repeat"]


def test_a_gap_is_closed_by_replay_apart_from_the_finals(broker, state, controls):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, controls=controls) as device:
        for utterance in range(1, 31):
            device.output.offer(final(utterance))
        seen.wait_for_topic("final", lambda f: f["utterance"] == 30)
        told = ask(seen, "replay", transaction="r", from_seq=11, limit=15)
        assert (told["count"], told["from_seq"], told["to_seq"]) == (15, 11, 25)
        seen.wait_for_topic("replay", lambda f: f["seq"] == 25)
        again = [message.json for message in seen.of("replay")]
        assert [f["seq"] for f in again] == list(range(11, 26))
        assert again == [message.json for message in seen.of("final")][10:25]


def test_replay_is_refused_where_the_setting_says_so(broker, state, controls):
    privacy = PrivacySection(remote_replay=False)
    with (
        Subscriber(broker.port, EVERYTHING) as seen,
        running(broker.port, state, controls=controls, privacy=privacy) as device,
    ):
        device.output.offer(final(1))
        seen.wait_for_topic("final")
        refused = ask(seen, "replay", transaction="r", from_seq=1)
        assert refused["errors"][0]["code"] == "not_permitted"
        device.output.offer(Notice("mark"))
        seen.wait_for_topic("event")
        assert seen.of("replay") == []


def test_forgetting_erases_the_outbox_the_answers_that_hold_words_and_what_the_broker_retains(broker, state, controls):
    privacy = PrivacySection(retain_last=True)
    with (
        Subscriber(broker.port, EVERYTHING) as seen,
        running(broker.port, state, controls=controls, privacy=privacy) as device,
    ):
        device.output.offer(final(1, "a secret"))
        epoch = seen.wait_for_topic("final/last").json["epoch"]
        typed = {"text": "another secret", "from": "en", "to": ["es"]}
        assert ask(seen, "translate", transaction="t", **typed)["translations"] == {
            "es": {"text": "[es] another secret"}
        }
        assert ask(seen, "forget", transaction="f")["status"] == "ok"
        seen.wait_for(lambda m: m.topic.endswith("final/last") and m.payload == b"")
        seen.wait_for_topic("state", lambda s: s["epoch"] != epoch and s["final_seq"] == 0)
        assert ask(seen, "replay", transaction="r", from_seq=1)["count"] == 0
        with Subscriber(broker.port, EVERYTHING) as late:
            late.wait_for_topic("info")
            late.wait_for_topic("state")
            assert late.of("final/last") == []
    assert all(b"secret" not in file.read_bytes() for file in state.iterdir())


def test_forgetting_says_where_the_disk_keeps_the_words(broker, tmp_path, controls):
    state, away = tmp_path / "state", tmp_path / "away"
    state.mkdir()
    with Subscriber(broker.port, EVERYTHING) as seen:
        with running(broker.port, state, controls=controls) as device:
            device.output.offer(final(1, "a secret"))
            seen.wait_for_topic("final/last")
        state.rename(away)
        state.write_text("no directory")
        with running(broker.port, state, controls=controls):
            until(lambda: [m.payload for m in seen.of("availability")][-2:] == [b"offline", b"online"], "it is back")
            told = ask(seen, "forget", transaction="f")
            assert [error["code"] for error in told["errors"]] == ["not_kept"]
            assert f"{state}/outbox.sqlite cannot be erased" in told["errors"][0]["message"]
            assert controls.done == ["forget"]


def test_the_shipped_access_list_lets_a_device_work_and_not_pose_as_another(tmp_path, state, controls):
    acl = (
        ROOT / "docs" / "dragoman.acl"
    ).read_text() + "\nuser steward\ntopic read dragoman/#\ntopic write dragoman/+/cmd/#\n"
    accounts = {DEVICE: "secret", "other": "secret", "steward": "secret"}
    password = tmp_path / "password"
    password.write_text("secret")
    with Broker(tmp_path, *with_passwords(tmp_path, accounts, acl)) as broker:
        steward = Subscriber(broker.port, "dragoman/#", user="steward", password=password.read_text())
        other = Subscriber(broker.port, user="other", password=password.read_text())
        with steward, other, running(broker.port, state, controls=controls, password_file=str(password)) as device:
            steward.wait_for_topic("info")
            other.publish(f"{BASE}/cmd/restart", {"transaction": "bad"})
            other.publish(f"{BASE}/final", {"v": 1})
            assert ask(steward, "clear", transaction="good")["status"] == "ok"
            device.output.offer(final(1))
            assert steward.wait_for_topic("final").json["seq"] == 1
            assert controls.done == ["clear"]
            assert not device.problem("mqtt_topic_refused")


def test_no_payload_harms(broker, state, controls):
    source = random.Random(20_260_102)
    names = ["mute", "unmute", "listen", "speak", "translate", "replay", "restart", "forget", "nothing", "x y", "run"]
    with (
        Subscriber(broker.port, EVERYTHING) as seen,
        running(broker.port, state, controls=controls, pace=Pace(metrics_s=0.2)) as device,
    ):
        seen.wait_for_topic("info")
        for _ in range(2_000):
            payload = hostile(source)
            seen.publish(f"{BASE}/cmd/{source.choice(names)}", payload, retain=source.random() < 0.1)
        device.output.offer(final(1))
        seen.wait_for_topic("final")
        assert ask(seen, "identify", transaction="still here")["status"] == "ok"
        assert controls.done == ["identify"]
        metrics = seen.wait_for_topic("metrics", lambda m: m["commands"] == 1).json
        assert sum(metrics["commands_refused"].values()) + metrics["mqtt_inbound_drops"] == 2_000
        assert metrics["mqtt_callback_errors"] == 0
        assert metrics["mqtt_failures"] == 0
        assert device.problem("worker_died") == ""


def test_without_control_nothing_is_subscribed(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, pace=Pace(metrics_s=0.2)):
        seen.wait_for_topic("info")
        seen.publish(f"{BASE}/cmd/mute", {"transaction": "x"})
        assert "commands" not in seen.wait_for_topic("metrics").json
        assert seen.of("response/mute") == []
