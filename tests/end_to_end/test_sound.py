"""The whole daemon at a microphone that breaks in mid-utterance, and in a room where it can hear itself."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import wav
from tests.end_to_end.test_daemon import SPANISH, final_with, listening
from tests.support.broker import Broker, Subscriber, until
from tests.support.pulse import PulseAudio, missing
from tests.support.room import Room

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.parts,
    pytest.mark.alone,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

#: A microphone that breaks is noticed within so long, and heard again within so long of its return, seconds.
NOTICED_S, HEARD_AGAIN_S = 2.0, 3.0
#: How often the canceller may fail on a machine that has no time for it.
ATTEMPTS = 4


def event(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda told: told["event_type"] == kind


def utterances(subscriber: Subscriber) -> set[int]:
    """Return the utterances that anybody was told of."""
    return {message.json["utterance"] for topic in ("interim", "final") for message in subscriber.of(topic)}


def ends(subscriber: Subscriber) -> dict[int, int]:
    """Return how often each utterance came to an end, by a final or by an event."""
    told = [message.json for message in subscriber.of("final")]
    told += [message.json for message in subscriber.of("event") if event("utterance_dropped")(message.json)]
    numbers = [end["utterance"] for end in told]
    return {number: numbers.count(number) for number in numbers}


@pytest.mark.parametrize("fault", ["unplugged", "wedged"])
def test_a_microphone_that_breaks_in_mid_utterance_ends_it_and_is_heard_again_with_the_gap_counted(
    tmp_path: Path,
    audio: PulseAudio,
    broker: Broker,
    subscriber: Subscriber,
    speech: Path,
    fault: str,
    record_property: Callable[[str, object], None],
) -> None:
    microphone = audio.microphone
    hurt = microphone.kill if fault == "unplugged" else microphone.suspend
    heal = microphone.start if fault == "unplugged" else microphone.resume
    # Nothing is spoken: while the device says what was cut, it would not hear what is said next.
    silent = {"targets": ["es"], "speak": ""}

    with listening(tmp_path, audio, broker, subscriber, languages=silent) as daemon:
        mouth = threading.Thread(target=play, args=(microphone, speech))
        mouth.start()
        cut = subscriber.wait_for_topic("interim").json["utterance"]
        hurt()
        hurt_at = time.monotonic()
        subscriber.wait_for_topic("event", event("microphone_lost"))
        noticed_s = time.monotonic() - hurt_at
        record_property("noticed_s", round(noticed_s, 2))
        subscriber.wait_for_topic("state", lambda state: state["parts"]["microphone"] in ("lost", "absent", "busy"))
        away_ms = 1000 * (time.monotonic() - hurt_at)
        heal()
        healed_at = time.monotonic()
        told_ms = subscriber.wait_for_topic("event", event("microphone_back")).json["away_ms"]
        heard_again_s = time.monotonic() - healed_at
        record_property("heard_again_s", round(heard_again_s, 2))
        mouth.join()
        until(lambda: cut in ends(subscriber), "the utterance that was cut has ended")
        play(microphone, speech)
        following = subscriber.wait_for_topic(
            "final", lambda final: final["utterance"] > cut and final_with(SPANISH)(final)
        ).json
        assert daemon.stop() == 0

    assert noticed_s < NOTICED_S
    assert heard_again_s < HEARD_AGAIN_S
    # What was said while it was away may be in the first utterance after it.
    finals = [message.json for message in subscriber.of("final")]
    gaps_ms = [final["gap_ms"] for final in finals if cut < final["utterance"] <= following["utterance"]]
    assert sum(gaps_ms) >= told_ms >= away_ms
    assert set(ends(subscriber).values()) == {1}
    assert utterances(subscriber) <= set(ends(subscriber))


def play(microphone: Any, path: Path) -> None:
    """Speak; the player may die with its server."""
    with contextlib.suppress(subprocess.CalledProcessError):
        microphone.play(path)


def test_the_device_does_not_hear_itself(tmp_path: Path, broker: Broker, subscriber: Subscriber, speech: Path) -> None:
    with Room() as room, listening(tmp_path, room, broker, subscriber) as daemon:
        for said in (1, 2):
            room.server.play(speech)
            until(lambda said=said: len(spoken(subscriber)) == said, "the device has spoken")
        assert daemon.stop() == 0
    assert [told["spoken"] for told in spoken(subscriber)] == [True, True]
    texts = [message.json["source"]["text"] for message in subscriber.of("final")]
    assert texts == ["Go forward ten meters."] * 2
    assert len(utterances(subscriber)) == 2


def test_in_that_room_a_gate_that_is_not_deaf_hears_the_device(
    tmp_path: Path, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    # Without this the test above could not fail.
    speaker = {"echo_cancelled": True}
    with Room() as room, listening(tmp_path, room, broker, subscriber, speaker=speaker) as daemon:
        room.server.play(speech)
        until(lambda: len(utterances(subscriber)) > 1, "it hears itself")
        daemon.stop()


def test_with_an_echo_canceller_the_device_speaks_to_its_end_without_interrupting_itself(
    tmp_path: Path, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    speaker = {"device": "spk_ec", "echo_cancelled": True, "barge_in": True}
    microphone = {"device": "mic_ec"}
    with (
        Room(cancelled=True) as room,
        listening(tmp_path, room, broker, subscriber, speaker=speaker, microphone=microphone) as daemon,
    ):
        # On a busy machine the canceller loses its place now and then, and begins anew.
        for attempt in range(1, ATTEMPTS + 1):
            room.server.play(speech)
            until(lambda count=attempt: len(spoken(subscriber)) >= count, "the speech has ended")
            if spoken(subscriber)[-1]["spoken"]:
                break
        assert daemon.stop() == 0
    assert spoken(subscriber)[-1]["spoken"] is True


def test_with_an_echo_canceller_a_person_interrupts_the_device(
    tmp_path: Path, broker: Broker, subscriber: Subscriber
) -> None:
    person = wav(tmp_path / "person.wav", "azure-whatstheweatherlike")
    speaker = {"device": "spk_ec", "echo_cancelled": True, "barge_in": True}
    microphone = {"device": "mic_ec"}
    with (
        Room(cancelled=True) as room,
        listening(tmp_path, room, broker, subscriber, speaker=speaker, microphone=microphone) as daemon,
    ):
        room.server.play(person)
        until(lambda: spoken(subscriber), "the device has spoken")
        request = {"transaction": "long", "lang": "es", "text": "Buenos días. " * 20}
        subscriber.publish("dragoman/e2e/cmd/speak", request)
        until(lambda: subscriber.of("state")[-1].json["state"] == "speaking", "the device speaks")
        room.server.play(person)
        # What the person said is spoken, too: it may have ended since.
        told = until(lambda: [one for one in spoken(subscriber) if one["id"] == "long"], "the speech has ended")[0]
        assert daemon.stop() == 0
    assert (told["spoken"], told["reason"]) == (False, "interrupted")


def test_where_the_gate_stays_open_a_person_interrupts_the_device(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    # Microphone and speaker that do not hear each other: the best of all cancellers.
    speaker = {"echo_cancelled": True, "barge_in": True}
    with listening(tmp_path, audio, broker, subscriber, speaker=speaker) as daemon:
        subscriber.publish(
            "dragoman/e2e/cmd/speak", {"transaction": "long", "lang": "es", "text": "Buenos días. " * 20}
        )
        subscriber.wait_for_topic("state", lambda state: state["state"] == "speaking")
        audio.microphone.play(speech)
        until(lambda: spoken(subscriber), "the speech has ended")
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        assert daemon.stop() == 0
    told = spoken(subscriber)[0]
    assert (told["id"], told["spoken"], told["reason"]) == ("long", False, "interrupted")
    assert final["source"]["text"] == "Go forward ten meters."


def spoken(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [message.json for message in subscriber.of("event") if event("speech_finished")(message.json)]
