"""`dragoman watch` on a real mosquitto, with a real MQTT output at the other end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import termios

import pytest

from daemon.settings import PrivacySection
from tests.support.broker import Broker, Subscriber, until, with_passwords
from tests.support.daemon import DRAGOMAN
from tests.support.mqtt_device import DEVICE, ScriptedControls, final, interim, running
from tests.support.screen import SerialTerminal
from tests.support.watch_command import Watching
from tests.support.watching import final as payload

pytestmark = pytest.mark.parts


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def state(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


def shown(watching):
    return [line.split("  ")[2] for line in watching.lines]


def say(device, *utterances):
    for utterance in utterances:
        device.output.offer(final(utterance))


def both(*utterances):
    return [f"words {utterance} → palabras words {utterance}" for utterance in utterances]


def watched(broker, watching):
    """Wait until the watcher's subscriptions are in place."""
    until(lambda: "Sending SUBACK to dragoman-watch" in (broker.folder / "mosquitto.log").read_text(), "it subscribes")
    assert watching.process.poll() is None


def test_finals_are_lines_and_an_interrupt_is_no_failure(broker, state):
    with running(broker.port, state, controls=ScriptedControls()) as device, Watching(broker.port) as watching:
        watched(broker, watching)
        say(device, 1, 2, 3)
        watching.wait_for(3)
        assert shown(watching) == both(1, 2, 3)
        assert watching.lines[0].startswith(f"{DEVICE}  2")
        assert watching.end() == 0
    assert watching.said == []


def away(broker, watching, device):
    """Have finals published while the watcher is held, and the broker forget that it was ever there."""
    watching.process.send_signal(signal.SIGSTOP)
    broker.kill()
    say(device, *range(4, 11))
    broker.start()
    with Subscriber(broker.port, f"dragoman/{DEVICE}/final/last") as seen:
        seen.wait_for_topic("final/last", lambda last: last["seq"] == 10)
    watching.process.send_signal(signal.SIGCONT)


def test_what_was_said_while_the_watcher_was_away_is_not_missing(broker, state):
    with running(broker.port, state, controls=ScriptedControls()) as device, Watching(broker.port) as watching:
        watched(broker, watching)
        say(device, 1, 2, 3)
        watching.wait_for(3)
        away(broker, watching, device)
        watching.wait_for(10)
        say(device, 11)
        watching.wait_for(11)
        assert shown(watching) == both(*range(1, 12))
        assert "connection" in watching.said[0]
        assert watching.end() == 0


def test_a_device_that_keeps_its_finals_to_itself_is_named(broker, state):
    private = PrivacySection(remote_replay=False)
    with (
        running(broker.port, state, controls=ScriptedControls(), privacy=private) as device,
        Watching(broker.port) as watching,
    ):
        watched(broker, watching)
        say(device, 1, 2, 3)
        watching.wait_for(3)
        away(broker, watching, device)
        assert f"{DEVICE}: finals 4 to 10 are missing: " in watching.wait_until_said("remote_replay = false")
        say(device, 11)
        watching.wait_for(4)
        assert shown(watching) == both(1, 2, 3, 11)


def test_a_reader_who_may_not_ask_is_told_so(tmp_path, state):
    rules = f"user {DEVICE}\ntopic readwrite dragoman/#\nuser reader\ntopic read dragoman/#\n"
    accounts = {DEVICE: "d", "reader": "r"}
    for name, password in (*accounts.items(), ("wrong", "w")):
        (tmp_path / name).write_text(f"{password}\n")
    reader = ("--username", "reader", "--password-file")
    with (
        Broker(tmp_path, *with_passwords(tmp_path, accounts, rules)) as broker,
        running(
            broker.port, state, controls=ScriptedControls(), username=DEVICE, password_file=str(tmp_path / DEVICE)
        ) as device,
    ):
        with Watching(broker.port, *reader, str(tmp_path / "wrong")) as watching:
            assert "mqtt.password_file" in watching.wait_until_said("does not let us in")
        with Subscriber(
            broker.port, f"dragoman/{DEVICE}/final/last", user="reader", password=accounts["reader"]
        ) as seen:
            say(device, 1, 2)
            seen.wait_for_topic("final/last", lambda last: last["seq"] == 2)
        with Watching(broker.port, *reader, str(tmp_path / "reader"), "--last", "2") as watching:
            said = watching.wait_until_said("finals 1 to 2 are missing")
            assert "the broker does not let us ask: Not authorized" in said
            say(device, 3)
            watching.wait_for(1)
            assert shown(watching) == both(3)


def test_a_broker_that_is_not_there_is_waited_for(tmp_path, state):
    broker = Broker(tmp_path)
    with Watching(broker.port, DEVICE, "--last", "2", "--lang", "es") as watching:
        assert "cannot be reached" in watching.wait_until_said(str(broker.port))
        with broker, running(broker.port, state, controls=ScriptedControls()) as device:
            watching.wait_until_said("connected to")
            say(device, 1)
            watching.wait_for(1)
            assert shown(watching) == ["palabras words 1"]
            assert len(watching.said) == 2


def test_a_termination_signal_ends_it_cleanly(broker, state):
    with running(broker.port, state, controls=ScriptedControls()) as device, Watching(broker.port) as watching:
        watched(broker, watching)
        say(device, 1)
        watching.wait_for(1)
        assert watching.end(signal.SIGTERM) == 0


def resize(terminal, columns, rows):
    with terminal._changed:
        terminal.screen.resize(rows, columns)
        fcntl.ioctl(terminal._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextlib.contextmanager
def on(terminal, port, *words):
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    command = [str(DRAGOMAN), "watch", "--host", "127.0.0.1", "--port", str(port), *words]
    tty = terminal._slave
    with subprocess.Popen(
        command, stdin=tty, stdout=tty, stderr=tty, env={**environment, "TERM": "xterm-256color"}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def renditions(terminal, words):
    """Return how the characters of a text on the screen are drawn: italic is what may still change."""
    for row, line in enumerate(terminal.screen.display):
        at = line.find(words)
        if at >= 0:
            return [terminal.screen.buffer[row][column].italics for column in range(at, at + len(words))]
    return []


def test_a_terminal_shows_devices_side_by_side_and_follows_its_size(broker, state):
    with (
        SerialTerminal(80, 24) as terminal,
        running(broker.port, state, controls=ScriptedControls()) as device,
        Subscriber(broker.port) as somebody,
    ):
        resize(terminal, 80, 24)
        with on(terminal, broker.port) as process:
            terminal.wait_until(lambda screen: f"─ {DEVICE}  ● " in screen.lines[0])
            nasty = {"lang": "en-US", "text": "\x1b[2J\u202eclean\x07"}
            somebody.publish("dragoman/pocket/availability", "online")
            somebody.publish("dragoman/pocket/final", payload(1, source=nasty))
            terminal.wait_until(lambda screen: "─ pocket  ● online" in screen.lines[0] and "clean" in screen.text)
            say(device, 1)
            terminal.wait_until(lambda screen: "palabras words 1" in screen.text)
            device.output.offer(interim(2, 1))
            terminal.wait_until(lambda screen: "word 1" in screen.text.replace("words 1", ""))
            assert terminal.screen.display[0].index("pocket") >= 40
            until(lambda: renditions(terminal, "▸ word 1") == [False] * 6 + [True] * 2, "stable and open are drawn")
            resize(terminal, 40, 16)
            terminal.wait_until(lambda screen: "─ pocket" in screen.lines[7] and f"─ {DEVICE}" in screen.lines[0])
            assert all(len(line) <= 40 for line in terminal.lines)
            broker.kill()
            terminal.wait_until(lambda screen: "the broker" in screen.lines[15])
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
