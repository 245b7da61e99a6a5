"""What becomes of what is said while a real mosquitto is away, hangs or forgets, and when the daemon is killed."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from dataclasses import replace

import pytest

from daemon.board import PartState
from daemon.events import Notice
from tests.support.broker import DEADLINE_S, Broker, Subscriber, online, until, utterances
from tests.support.mqtt_device import DEVICE, EVERYTHING, QUICK, Device, final, interim, running, spawn
from tests.support.wild_proxy import WildProxy

pytestmark = pytest.mark.parts


@pytest.fixture
def way(broker):
    """The device's way to the broker. Blocked, it gives a subscriber time to be there before the device is back."""
    with WildProxy(broker.port, seed=1, wild=False) as way:
        yield way


def block(way):
    way.target_port = 0  # where nobody can listen


def clear(way, broker):
    way.target_port = broker.port


def test_finals_said_while_the_broker_is_away_come_in_order_and_interims_do_not(broker, way, state):
    with running(way.port, state) as device:
        with Subscriber(broker.port, EVERYTHING) as seen:
            online(seen)
            device.output.offer(final(1))
            seen.wait_for_topic("final")
        broker.kill()
        until(lambda: device.problem("mqtt_unreachable"), "the loss is reported")
        for utterance in range(2, 60):
            device.output.offer(interim(utterance, 1))
            device.output.offer(final(utterance))
        until(lambda: state_rows(device, state) == 59, "all are in the outbox")
        block(way)
        broker.start()
        with Subscriber(broker.port, EVERYTHING) as again:
            clear(way, broker)
            again.wait_for_topic("event", lambda e: e["event_type"] == "broker_state_lost")
            until(lambda: not device.problem("mqtt_unreachable"), "the problem is taken down")
            device.output.offer(final(60))
            again.wait_for_topic("final", lambda f: f["utterance"] == 60)
            # The first one comes again if the broker's end was quicker than its word that it had it.
            got = [utterance for utterance in dict.fromkeys(utterances(again)) if utterance != 1]
            assert got == list(range(2, 61))
            assert again.of("interim") == []


def state_rows(device, state):
    return device.board.snapshot().parts["outbox"] is PartState.OK and rows_in(state)


def rows_in(state):
    """Count what is in the outbox file by the last state that was committed: a copy, for the file is locked."""
    copy = state.parent / "copy"
    copy.mkdir(exist_ok=True)
    for file in state.glob("outbox.sqlite*"):
        shutil.copy(file, copy / file.name)
    try:
        with sqlite3.connect(copy / "outbox.sqlite") as connection:
            (rows,) = connection.execute("SELECT count(*) FROM finals").fetchone()
        connection.close()
    except sqlite3.Error:
        return 0  # copied in mid-write
    return rows


def test_finals_survive_the_end_of_the_daemon_by_kill_9(tmp_path, state):
    broker = Broker(tmp_path)  # not running: nothing can be delivered
    process = spawn(broker.port, state, 1, 30)
    try:
        until(lambda: rows_in(state) == 30, "all are in the outbox")
    finally:
        process.kill()
        process.communicate()
    with broker, Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state) as device:
        device.output.offer(final(31))
        seen.wait_for_topic("final", lambda f: f["utterance"] == 31)
        assert utterances(seen) == list(range(1, 32))
        finals = [message.json for message in seen.of("final")]
        assert [f["seq"] for f in finals] == list(range(1, 32))
        assert len({f["epoch"] for f in finals}) == 1
        assert len({f["boot"] for f in finals}) == 2


def test_the_broker_says_offline_when_the_daemon_is_killed(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen:
        process = spawn(broker.port, state, 1, 1)
        try:
            seen.wait_for_topic("final")
        finally:
            process.kill()
            process.communicate()
        message = seen.wait_for_topic("availability", lambda payload: payload == "offline")
        assert message.retained


@pytest.mark.alone
def test_a_restart_within_the_delay_of_the_will_is_no_absence(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen:
        process = spawn(broker.port, state, 1, 1)
        seen.wait_for_topic("final")
        process.kill()
        process.communicate()
        with running(broker.port, state, timing=replace(QUICK, will_delay_s=2)) as device:
            device.output.offer(final(2))
            seen.wait_for_topic("final", lambda f: f["utterance"] == 2)
            assert {message.payload for message in seen.of("availability")} == {b"online"}


def test_a_broker_that_comes_later_is_found_and_its_absence_explained(tmp_path, state):
    broker = Broker(tmp_path)
    with running(broker.port, state) as device:
        detail = until(lambda: device.problem("mqtt_unreachable"), "the absence is reported")
        assert f"127.0.0.1:{broker.port}" in detail
        assert "refused" in detail
        assert "mqtt.host" in detail
        device.output.offer(final(1))
        with broker, Subscriber(broker.port, EVERYTHING) as seen:
            seen.wait_for_topic("state", lambda s: s["final_seq"] == 1 and not s["problems"])


def test_a_broker_that_hangs_is_noticed_and_nothing_is_lost(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen, running(broker.port, state) as device:
        online(seen)
        broker.hang()
        try:
            for utterance in range(1, 51):
                device.output.offer(interim(utterance, 1))
                device.output.offer(final(utterance))
            detail = until(lambda: device.problem("mqtt_unreachable"), "the hang is noticed")
        finally:
            broker.go_on()
        assert "127.0.0.1" in detail
        device.output.offer(final(51))
        seen.wait_for_topic("final", lambda f: f["utterance"] == 51)
        assert sorted(set(utterances(seen))) == list(range(1, 52))
        seqs = [message.json["seq"] for message in seen.of("final")]
        first = [seq for place, seq in enumerate(seqs) if seq not in seqs[:place]]
        assert first == sorted(first)


def test_the_daemon_stops_in_time_while_the_broker_hangs(broker, state):
    device = Device(broker.port, state)
    device.start()
    with Subscriber(broker.port, EVERYTHING) as seen:
        online(seen)
        broker.hang()
        try:
            device.output.offer(final(1))
            assert device.stop() == []
        finally:
            broker.go_on()
    with running(broker.port, state), Subscriber(broker.port, EVERYTHING) as seen:
        assert seen.wait_for_topic("final/last").json["seq"] == 1


def test_the_daemon_stops_in_time_while_a_connect_hangs(state):
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # connects, and never answers
        nobody.settimeout(DEADLINE_S)
        device = Device(nobody.getsockname()[1], state)
        device.start()
        device.output.offer(final(1))
        connection, _address = nobody.accept()
        with connection:
            assert device.stop() == []
    assert rows_in(state) == 1


def test_another_client_of_our_name_is_reported_and_does_not_start_a_race(broker, state):
    with running(broker.port, state, timing=replace(QUICK, longest_retry_s=60)) as device:
        with Subscriber(broker.port, EVERYTHING) as seen:
            online(seen)
        with Subscriber(broker.port, EVERYTHING, name=DEVICE):
            detail = until(lambda: device.problem("mqtt_client_clash"), "the clash is reported")
            assert DEVICE in detail


def test_events_while_the_broker_is_away_are_told_later(broker, way, state):
    block(way)
    with running(way.port, state) as device, Subscriber(broker.port, EVERYTHING) as seen:
        until(lambda: device.problem("mqtt_unreachable"), "the absence is reported")
        device.output.offer(Notice("microphone_lost", {"name": "usb"}))
        device.output.offer(Notice("microphone_back"))
        clear(way, broker)
        seen.wait_for_topic("event", lambda e: e["event_type"] == "microphone_back")
        assert [message.json["event_type"] for message in seen.of("event")] == ["microphone_lost", "microphone_back"]


def test_a_broker_that_forgot_us_is_reported_once(broker, way, state):
    with running(way.port, state) as device:
        with Subscriber(broker.port, EVERYTHING) as seen:
            online(seen)
            assert seen.of("event") == []
        broker.kill()
        until(lambda: device.problem("mqtt_unreachable"), "the loss is reported")
        block(way)
        broker.start()
        with Subscriber(broker.port, EVERYTHING) as again:
            clear(way, broker)
            again.wait_for_topic("event", lambda e: e["event_type"] == "broker_state_lost")
            device.output.offer(Notice("mark"))
            again.wait_for_topic("event", lambda e: e["event_type"] == "mark")
            assert [message.json["event_type"] for message in again.of("event")] == ["broker_state_lost", "mark"]
