"""The MQTT output against a real mosquitto, seen by clients that know nothing of our code: what is said, and how."""

from __future__ import annotations

import shutil
import subprocess

import paho.mqtt.client as paho
import pytest

from daemon.board import Activity, PartState
from daemon.events import DropReason, Notice, UtteranceDropped, speech_asked, speech_of
from daemon.mqtt.sources import Pace
from daemon.settings import PrivacySection
from daemon.supervisor import Supervisor
from tests.support.broker import Broker, Subscriber, online, until, utterances
from tests.support.mqtt_device import BASE, EVERYTHING, Device, final, interim, running
from tests.support.schemas import valid

pytestmark = pytest.mark.parts


def test_each_topic_is_published_as_the_contract_says(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, pace=Pace(metrics_s=0.2)) as device:
        seen.wait_for_topic("info")
        device.board.doing(Activity.HEARING)
        device.output.offer(interim(1, 1))
        seen.wait_for_topic("interim")
        device.output.offer(final(1))
        device.output.offer(Notice("microphone_lost", {"name": "usb"}))
        device.output.offer(UtteranceDropped(2, DropReason.NO_SPEECH))
        seen.wait_for_topic("event", lambda e: e["event_type"] == "utterance_dropped")
        seen.wait_for_topic("metrics")
        seen.wait_for_topic("state", lambda s: s["final_seq"] == 1)
        seen.wait_for_topic("final/last")
    rules = {}
    for message in seen.messages:
        name = message.topic.removeprefix(f"{BASE}/")
        rules.setdefault(name, (message.qos, message.retained, message.expires_s))
        if not name.startswith(("caption", "availability", "config/schema")):
            valid(name.replace("/", "-"), message.payload)
    assert rules == {
        "availability": (1, True, None),
        "state": (1, True, None),
        "info": (1, True, None),
        "interim": (0, False, 5),
        "final": (1, False, None),
        "final/last": (1, True, 3600),
        "caption/source": (0, False, None),
        "caption/es": (0, False, None),
        "event": (1, False, None),
        "metrics": (0, False, None),
        "config": (1, True, None),
        "config/schema": (1, True, None),
    }
    assert [message.payload for message in seen.of("caption/source")] == [b"word 1", b"words 1"]


def test_speech_is_named_after_its_final_or_by_the_transaction_that_asked_for_it(broker, state):
    said = {"lang": "es", "spoken": True, "first_audio_ms": 20, "reason": ""}
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state) as device:
        seen.wait_for_topic("info")
        device.output.offer(final(1))
        for speech in (speech_asked("u1"), speech_of(1)):  # a client may call its transaction what it likes
            device.output.offer(Notice("speech_finished", {"id": speech, **said}))
        seen.wait_for_topic("event", lambda event: "utterance" in event)
        name = seen.of("final")[0].json["id"]
    told = [event.json for event in seen.of("event")]
    assert [(event["id"], event.get("utterance")) for event in told] == [("u1", None), (name, 1)]


def test_a_clean_stop_delivers_what_is_open_then_says_stopped_and_offline(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen:
        with running(broker.port, state) as device:
            online(seen)
            seen.wait_for_topic("state")
            for utterance in range(1, 41):
                device.output.offer(final(utterance))
            device.board.doing(Activity.STOPPED)
        seen.wait_for_topic("availability", lambda payload: payload == "offline")
        assert utterances(seen) == list(range(1, 41))
        told = [state.json for state in seen.of("state")]
        before = [state for state in told if state["state"] != "stopped"]
        stopped = told[len(before) :]
        assert {state["state"] for state in stopped} == {"stopped"}
        assert stopped[-1]["since"] > before[-1]["since"]
        assert stopped[-1]["final_seq"] == 40
        assert seen.messages[-1].topic.endswith("availability")


def test_a_late_subscriber_finds_the_retained_topics(broker, state):
    with running(broker.port, state) as device:
        device.output.offer(final(1))
        with Subscriber(broker.port, EVERYTHING) as first:
            first.wait_for_topic("state", lambda s: s["final_seq"] == 1)
        with Subscriber(broker.port, EVERYTHING) as late:
            for topic in ("availability", "state", "info"):
                assert late.wait_for_topic(topic).retained
            assert 3_500 < late.wait_for_topic("final/last").expires_s <= 3_600


def test_a_client_of_mqtt_3_1_1_reads_everything_essential(broker, state):
    with Subscriber(broker.port, EVERYTHING, version=paho.MQTTv311) as seen, running(broker.port, state) as device:
        online(seen)
        device.output.offer(interim(1, 1))
        seen.wait_for_topic("interim")
        device.output.offer(final(1))
        seen.wait_for_topic("final")
        seen.wait_for_topic("caption/es", lambda text: text == "palabras words 1")
        for topic in ("state", "info", "final/last"):
            seen.wait_for_topic(topic)


def test_interims_come_at_most_so_often_the_latest_wins_and_none_follows_its_final(broker, state):
    pace = Pace(interim_s=3_600)  # only the first interim has its turn; what waits is shown to give way
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, pace=pace) as device:
        online(seen)
        device.output.offer(interim(1, 1))
        seen.wait_for_topic("interim")
        for revision in range(2, 50):
            device.output.offer(interim(1, revision))
        device.output.offer(final(1))
        seen.wait_for_topic("final")
        device.output.offer(Notice("done"))
        seen.wait_for_topic("event")
        assert [message.json["revision"] for message in seen.of("interim")] == [1]


def test_a_waiting_interim_gives_way_to_a_later_one(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, pace=Pace(interim_s=0.5)) as device:
        online(seen)
        for revision in range(1, 200):
            device.output.offer(interim(1, revision))
        seen.wait_for_topic("interim", lambda i: i["revision"] == 199)
        assert len(seen.of("interim")) < 20


def test_an_output_that_dies_is_started_again_and_goes_on(broker, state):
    device = Device(broker.port, state)
    about, deaths = device.output._about, []
    device.supervisor = Supervisor(lambda _name, error: deaths.append(error))

    def once():
        device.output._about = about  # for the next life
        raise LookupError("an engine that cannot say what it is")

    device.output._about = once
    with Subscriber(broker.port, EVERYTHING) as seen:
        device.start()
        device.output.offer(final(1))
        seen.wait_for_topic("final")
        assert device.stop() == []
    assert deaths == ["LookupError: an engine that cannot say what it is", None]


def test_what_is_larger_than_the_broker_takes_is_cut_or_dropped_and_holds_up_nothing(tmp_path, state):
    with (
        Broker(tmp_path, "max_packet_size 2000") as broker,
        Subscriber(broker.port, EVERYTHING) as seen,
        running(broker.port, state, pace=Pace(metrics_s=0.2)) as device,
    ):
        online(seen)
        device.output.offer(interim(1, 1))
        device.output.offer(final(1, "lengthy " * 1_000))
        device.output.offer(Notice("verbose", {"text": "x" * 3_000}))
        device.output.offer(final(2))
        seen.wait_for_topic("final", lambda f: f["utterance"] == 2)
        metrics = seen.wait_for_topic("metrics", lambda m: m["mqtt_dropped"] == 6).json  # event, captions, settings
        assert metrics["mqtt_failures"] == 0
        cut, whole = (message.json for message in seen.of("final"))
        assert cut["truncated"] is True
        assert "truncated" not in whole


def test_the_last_text_is_retained_only_where_the_setting_says_so(broker, state):
    privacy = PrivacySection(retain_last=True)
    with running(broker.port, state, privacy=privacy) as device, Subscriber(broker.port, EVERYTHING) as seen:
        device.output.offer(final(1))
        assert seen.wait_for_topic("final/last").json["source"]["text"] == "words 1"


def test_metrics_that_fail_do_not_stop_finals(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state, pace=Pace(metrics_s=0.1)) as device:

        def broken():
            raise LookupError("no such gauge")

        device.output._metrics = broken
        seen.wait_for_topic("metrics", lambda m: "cpu" not in m)
        device.output.offer(final(1))
        seen.wait_for_topic("final")


def test_on_a_disk_that_is_really_full_finals_go_on(broker, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, disk) as device:
            online(seen)
            for utterance in range(1, 401):
                device.output.offer(final(utterance, "x" * 4_000))
                seen.wait_for_topic("final", lambda f, wanted=utterance: f["utterance"] == wanted)
            assert device.board.snapshot().parts["outbox"] is PartState.FULL
            assert device.problem("outbox_full")
            assert sorted(set(utterances(seen))) == list(range(1, 401))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_offering_never_waits_for_a_worker_that_does_not_come(state):
    device = Device(1, state)  # its worker is never started
    for utterance in range(1, 201):
        device.output.offer(interim(utterance, 1))
        device.output.offer(final(utterance))
    assert device.output.queue_drops > 0


def test_finals_that_found_no_room_are_announced(broker, state):
    device = Device(broker.port, state)
    for utterance in range(1, 101):
        device.output.offer(final(utterance))
    with Subscriber(broker.port, EVERYTHING) as seen:
        device.start()
        try:
            seen.wait_for_topic("event", lambda e: e.get("utterance") == 100)
            seen.wait_for_topic("state", lambda s: s["final_seq"] > 60)
            dropped = {m.json["utterance"] for m in seen.of("event") if m.json["event_type"] == "utterance_dropped"}
            until(lambda: set(utterances(seen)) | dropped == set(range(1, 101)), "each is said or announced as dropped")
            assert set(utterances(seen)) & dropped == set()
        finally:
            device.stop()


def test_what_is_said_is_read_by_debians_own_client(broker, state):
    with running(broker.port, state):
        watched = until(lambda: mosquitto_sub(broker.port, f"{BASE}/#"), "messages are seen by mosquitto_sub")
        assert any(line.startswith(f"{BASE}/availability online") for line in watched)


def mosquitto_sub(port, topic):
    """Return what Debian's own client sees within a second or two."""
    if shutil.which("mosquitto_sub") is None:
        pytest.skip("mosquitto-clients is not installed")
    command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-t", topic, "-v", "-W", "2"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.splitlines()
