"""The whole daemon with what people touch: a button on the pins, and a display's keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.lib.bench.pressed import PIN
from tests.end_to_end.test_daemon import SPANISH, engine_is_ready, final_with, listening, mqtt
from tests.support import panels
from tests.support.broker import Broker, Subscriber, until
from tests.support.daemon import DaemonProcess
from tests.support.pulse import PulseAudio, missing
from tests.support.room import Room
from tests.support.screen import SerialPanel

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.parts,
    pytest.mark.alone,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

#: A Crystalfontz' packets: Enter goes down, and comes up.
DOWN, UP = panels.framed(0x80, b"\x05"), panels.framed(0x80, b"\x0b")
HEARD = "Go forward ten meters."


@pytest.fixture
def finger(tmp_path: Path) -> Iterator[Callable[[bytes], object]]:
    """Move the button: ``d`` presses it, ``u`` lets it go. What is pressed is a `Pressed`."""
    fifo = tmp_path / "finger"
    os.mkfifo(fifo)
    # Both ways, so that it opens before there is a reader.
    with fifo.open("r+b", buffering=0) as moves:
        yield moves.write


class Pressed(DaemonProcess):
    """The daemon on a machine with pins that are played, beside its folder the `finger`."""

    def __init__(self, folder: Path, sections: dict[str, dict[str, Any]], env: dict[str, str]) -> None:
        self.program = (sys.executable, "-m", "scripts.lib.bench.pressed", str(folder.with_name("finger")))
        super().__init__(folder, sections, env=env)


def test_in_push_to_talk_nobody_is_heard_but_who_holds_the_key_of_the_display(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    port = tmp_path / "usb-panel"
    with SerialPanel(lambda: panels.Crystalfontz(20, 4), port) as panel:
        sections = {
            "gate": {"mode": "push_to_talk"},
            "display": {"driver": "crystalfontz", "port": port, "keys": ["enter=talk"]},
            "languages": {"targets": ["es"], "speak": ""},
        }
        with listening(tmp_path, audio, broker, subscriber, **sections) as daemon:
            panel.wait_until(lambda shown: "hold to talk" in shown.text)
            audio.microphone.play(speech)
            panel.say(DOWN)
            panel.wait_until(lambda shown: "listening" in shown.text)
            audio.microphone.play(speech)
            panel.say(UP)
            final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
            assert daemon.stop() == 0
    assert (final["utterance"], final["gap_ms"], final["source"]["text"]) == (1, 0, HEARD)


def test_a_button_mutes_by_a_tap_and_who_holds_it_interrupts_the_device_and_is_heard(
    tmp_path: Path, broker: Broker, subscriber: Subscriber, speech: Path, finger: Callable[[bytes], object]
) -> None:
    sections = {
        "mqtt": mqtt(broker),
        "gate": {"mode": "push_to_talk"},
        "button": {"pin": PIN, "hold_s": 0.5},
        "languages": {"targets": ["es"], "speak": "es"},
    }
    with Room() as room, Pressed(tmp_path / "daemon", sections, room.env) as daemon:
        subscriber.wait_for_topic("state", engine_is_ready)
        for muted in (True, False):
            finger(b"d")
            finger(b"u")
            until(lambda muted=muted: subscriber.of("state")[-1].json["muted"] is muted, f"muted: {muted}")
        subscriber.publish(
            "dragoman/e2e/cmd/speak", {"transaction": "long", "lang": "es", "text": "Buenos días. " * 20}
        )
        subscriber.wait_for_topic("state", lambda state: state["state"] == "speaking")
        finger(b"d")
        room.server.play(speech)
        finger(b"u")
        final = subscriber.wait_for_topic("final").json
        told = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "speech_finished").json
        assert daemon.stop() == 0
    assert (told["id"], told["spoken"], told["reason"]) == ("long", False, "stopped")
    assert final["source"]["text"] == HEARD
