"""The example of docs/fleet.md: one archive over many devices, on a real mosquitto."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.broker import Broker, Subscriber, until, with_passwords
from tests.support.mqtt_device import DEVICE, ScriptedControls, final, running
from tests.support.watching import final as payload

pytestmark = pytest.mark.parts
ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / "scripts" / "examples" / "archive.py"
FLEET = ROOT / "docs" / "fleet.md"
DEVICES = ("kitchen", "office", "ward")


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


def from_the_page(begin, end):
    """Return a part of docs/fleet.md as somebody would copy it."""
    return textwrap.dedent("    " + FLEET.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0])


def command(file, broker, *words):
    return [sys.executable, str(ARCHIVE), str(file), "--port", str(broker.port), *words]


@contextlib.contextmanager
def member(file, broker, name, *words):
    with subprocess.Popen(command(file, broker, "--name", name, *words)) as process:
        try:
            until(lambda: f"Sending SUBACK to {name}" in log(broker), f"{name} takes part")
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def log(broker):
    return (broker.folder / "mosquitto.log").read_text()


def kept(file):
    with contextlib.closing(sqlite3.connect(file)) as archive:
        return archive.execute("SELECT device, seq, member FROM finals ORDER BY device, seq").fetchall()


def say(subscriber, seqs):
    for device, seq in itertools.product(DEVICES, seqs):
        subscriber.publish(f"dragoman/{device}/final", payload(seq))


def test_members_share_the_work_and_one_that_dies_loses_nothing(tmp_path, broker):
    file = tmp_path / "archive.sqlite"
    with Subscriber(broker.port) as subscriber, member(file, broker, "one") as one, member(file, broker, "two"):
        say(subscriber, range(1, 11))
        until(lambda: len(kept(file)) == 30, "all of it is kept")
        assert {name for _device, _seq, name in kept(file)} == {"one", "two"}
        one.kill()
        say(subscriber, range(11, 21))
        subscriber.publish("dragoman/kitchen/final", b"no final")
        with member(file, broker, "one"):
            until(lambda: len(kept(file)) == 60, "what the dead one had in hand came again")
    assert [(device, seq) for device, seq, _member in kept(file)] == list(itertools.product(DEVICES, range(1, 21)))


def test_what_was_said_before_is_asked_for(tmp_path, broker):
    file, state = tmp_path / "archive.sqlite", tmp_path / "state"
    state.mkdir()
    with (
        running(broker.port, state, controls=ScriptedControls()) as device,
        Subscriber(broker.port, f"dragoman/{DEVICE}/final/last") as seen,
    ):
        for utterance in range(1, 6):
            device.output.offer(final(utterance))
        seen.wait_for(lambda message: json.loads(message.payload)["seq"] == 5)
        with member(file, broker, "one"):
            device.output.offer(final(6))
            until(lambda: kept(file) == [(DEVICE, 6, "one")], "the new one is kept")
            asked = subprocess.run(command(file, broker, "--ask"), capture_output=True, text=True, check=True)
            assert asked.stdout.endswith(": 1 to 5\n")
            until(lambda: len(kept(file)) == 6, "the earlier ones came")
    assert [seq for _device, seq, _member in kept(file)] == [1, 2, 3, 4, 5, 6]


def test_the_rules_of_the_page_are_enough_for_a_reader(tmp_path):
    file, state, password = tmp_path / "archive.sqlite", tmp_path / "state", tmp_path / "reader"
    state.mkdir()
    password.write_text("r\n")
    rules = from_the_page("    # reads along", "\n\n") + f"\nuser {DEVICE}\ntopic readwrite dragoman/#\n"
    accounts = with_passwords(tmp_path, {DEVICE: "r", "reader": "r"}, f"# {rules}")
    reader = ("--username", "reader", "--password-file", str(password))
    with (
        Broker(tmp_path, *accounts) as broker,
        running(
            broker.port, state, controls=ScriptedControls(), username=DEVICE, password_file=str(password)
        ) as device,
        Subscriber(broker.port, f"dragoman/{DEVICE}/final/last", user="reader", password="r") as seen,  # noqa: S106 -- made here
    ):
        device.output.offer(final(1))
        seen.wait_for_topic("final/last", lambda last: last["seq"] == 1)
        with member(file, broker, "one", *reader):
            device.output.offer(final(2))
            until(lambda: len(kept(file)) == 1, "the reader gets what it shares")
            subprocess.run(command(file, broker, "--ask", *reader), check=True)
            until(lambda: len(kept(file)) == 2, "the reader may ask")


def test_the_loop_of_the_page_reaches_every_device_that_is_there(broker):
    if shutil.which("mosquitto_sub") is None:
        pytest.skip("mosquitto-clients is not installed")
    loop = from_the_page("known by their retained `availability`:\n\n    ", "\n\n").replace("broker", "127.0.0.1")
    loop = loop.replace("-h 127.0.0.1", f"-h 127.0.0.1 -p {broker.port}")
    with Subscriber(broker.port, "dragoman/+/cmd/#") as seen:
        for device, there in (("kitchen", "online"), ("office", "offline"), ("ward", "online")):
            seen.publish(f"dragoman/{device}/availability", there, retain=True)
        subprocess.run(["bash", "-c", loop], check=False)
        seen.wait_for(lambda message: message.topic.startswith("dragoman/ward/"))
    assert {message.topic for message in seen.messages} == {"dragoman/kitchen/cmd/mute", "dragoman/ward/cmd/mute"}
