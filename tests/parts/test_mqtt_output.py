"""The MQTT output against a real mosquitto, seen by clients that know nothing of our code."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from daemon.board import Activity, PartState
from daemon.events import DropReason, Notice, UtteranceDropped
from daemon.mqtt.sources import Pace
from daemon.outputs.story import Story
from daemon.settings import PrivacySection
from daemon.supervisor import Supervisor
from tests.support.authority import Authority
from tests.support.broker import DEADLINE_S, Broker, Subscriber, until, with_passwords
from tests.support.mqtt_device import DEVICE, QUICK, Device, ScriptedControls, final, interim, running, spawn
from tests.support.schemas import valid
from tests.support.wild_proxy import WildProxy

pytestmark = pytest.mark.parts
BASE = f"dragoman/{DEVICE}"
EVERYTHING = f"{BASE}/#"


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def way(broker):
    """The device's way to the broker. Blocked, it gives a subscriber time to be there before the device is back."""
    with WildProxy(broker.port, seed=1, wild=False) as way:
        yield way


def block(way):
    way.target_port = 0  # where nobody can listen


def clear(way, broker):
    way.target_port = broker.port


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def utterances(subscriber, topic="final"):
    return [message.json["utterance"] for message in subscriber.of(topic)]


def online(subscriber):
    subscriber.wait_for_topic("availability", lambda payload: payload == "online")


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


def test_a_clean_stop_delivers_what_is_open_then_says_stopped_and_offline(broker, state):
    with Subscriber(broker.port, EVERYTHING) as seen:
        with running(broker.port, state) as device:
            online(seen)
            for utterance in range(1, 41):
                device.output.offer(final(utterance))
        seen.wait_for_topic("availability", lambda payload: payload == "offline")
        assert utterances(seen) == list(range(1, 41))
        *_, before, stopped = (told.json for told in seen.of("state"))
        assert stopped["state"] == "stopped"
        assert stopped["since"] > before["since"]
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
        assert "away" not in shown.source.text


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


def test_another_client_of_our_name_is_reported_and_does_not_start_a_race(broker, state):
    with running(broker.port, state, timing=replace(QUICK, longest_retry_s=60)) as device:
        with Subscriber(broker.port, EVERYTHING) as seen:
            online(seen)
        with Subscriber(broker.port, EVERYTHING, name=DEVICE):
            detail = until(lambda: device.problem("mqtt_client_clash"), "the clash is reported")
            assert DEVICE in detail


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


def test_events_while_the_broker_is_away_are_told_later(broker, way, state):
    block(way)
    with running(way.port, state) as device, Subscriber(broker.port, EVERYTHING) as seen:
        until(lambda: device.problem("mqtt_unreachable"), "the absence is reported")
        device.output.offer(Notice("microphone_lost", {"name": "usb"}))
        device.output.offer(Notice("microphone_back"))
        clear(way, broker)
        seen.wait_for_topic("event", lambda e: e["event_type"] == "microphone_back")
        assert [message.json["event_type"] for message in seen.of("event")] == ["microphone_lost", "microphone_back"]


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
