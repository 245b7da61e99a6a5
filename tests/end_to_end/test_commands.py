"""The running daemon steered by somebody with nothing but an MQTT client."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_daemon import SPANISH, engine_is_ready, final_with, listening, mqtt
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import DEVICE, DaemonProcess
from tests.support.pulse import PulseAudio
from tests.support.screen import SerialTerminal

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

_TRANSACTIONS = (f"t{number}" for number in itertools.count(1))


def ask(subscriber: Subscriber, command: str, **arguments: Any) -> dict[str, Any]:
    """Send a command; return its answer."""
    transaction = next(_TRANSACTIONS)
    subscriber.publish(f"dragoman/{DEVICE}/cmd/{command}", {"transaction": transaction, **arguments})
    return subscriber.wait_for_topic(f"response/{command}", lambda answer: answer["transaction"] == transaction).json


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["code"] for error in answer["errors"]]


def test_typed_text_comes_back_translated(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    with listening(tmp_path, audio, broker, subscriber):
        answer = ask(subscriber, "translate", text="Where is the train to the city?", **{"from": "en-US", "to": "es"})
    assert answer["status"] == "ok"
    assert list(answer["translations"]) == ["es"]
    assert "tren" in answer["translations"]["es"]["text"]
    assert answer["translations"]["es"]["translator"] in {"ctranslate2", "apertium"}
    assert 0 < answer["translations"]["es"]["confidence"] <= 1


def test_a_muted_microphone_stays_muted_over_a_restart_and_nobody_far_away_unmutes_it(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber) as daemon:
        assert ask(subscriber, "mute")["status"] == "ok"
        subscriber.wait_for_topic("state", lambda state: state["state"] == "muted" and state["muted"])
        assert codes(ask(subscriber, "unmute")) == ["not_permitted"]
        assert codes(ask(subscriber, "listen")) == ["not_permitted"]
        assert daemon.stop() == 0
        seen = len(subscriber.of("state"))
        daemon.start()
        subscriber.wait_for(
            lambda message: message in subscriber.messages[seen:] and b'"state":"muted"' in message.payload
        )
        audio.microphone.play(speech)
        assert ask(subscriber, "clear")["status"] in ("ok", "error")
    assert subscriber.of("final") == []


def test_what_was_said_is_repeated_and_any_text_spoken(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber):
        assert codes(ask(subscriber, "repeat")) == ["nothing_said"]
        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        subscriber.wait_for_topic("event", lambda event: event.get("utterance") == 1)
        with audio.speaker.listen() as heard:
            assert ask(subscriber, "repeat")["status"] == "ok"
            subscriber.wait_for_topic("event", lambda event: event.get("id") == "s1" and event["spoken"])
            assert any(heard.pcm())
        assert ask(subscriber, "speak", text="Hola", lang="es")["status"] == "ok"


def test_a_direction_that_nothing_recognizes_is_not_swapped_to(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    with listening(tmp_path, audio, broker, subscriber):
        assert codes(ask(subscriber, "swap")) == ["no_recognizer"]
        assert subscriber.of("state")[-1].json["source"] == "en-US"


def test_the_display_shows_which_device_it_is_and_is_cleared(
    tmp_path: Path,
    audio: PulseAudio,
    broker: Broker,
    subscriber: Subscriber,
    terminal: SerialTerminal,
    speech: Path,
) -> None:
    display = {"driver": "vt100", "port": terminal.port}
    with listening(tmp_path, audio, broker, subscriber, display=display):
        audio.microphone.play(speech)
        terminal.wait_until(lambda screen: SPANISH in screen.text.replace("\n", " "))
        ask(subscriber, "clear")
        terminal.wait_until(lambda screen: "metros" not in screen.text)
        ask(subscriber, "identify")
        terminal.wait_until(lambda screen: screen.lines[0].strip() == DEVICE)


def test_restart_ends_the_daemon_cleanly_and_the_same_request_again_does_not(
    tmp_path: Path, audio: PulseAudio, broker: Broker
) -> None:
    with (
        Subscriber(broker.port, "dragoman/#") as subscriber,
        DaemonProcess(tmp_path / "daemon", {"mqtt": mqtt(broker)}, env=audio.env) as daemon,
    ):
        subscriber.wait_for_topic("state", engine_is_ready)
        request = {"transaction": "again"}
        subscriber.publish(f"dragoman/{DEVICE}/cmd/restart", request)
        assert daemon.wait() == 0
        daemon.start()
        ready = len(subscriber.messages)
        subscriber.wait_for(
            lambda message: message in subscriber.messages[ready:] and b'"engine":"ok"' in message.payload
        )
        subscriber.publish(f"dragoman/{DEVICE}/cmd/restart", request)
        assert ask(subscriber, "translate", text="Yes.", **{"from": "en-US", "to": "es"})["status"] == "ok"
        assert daemon.stop() == 0
