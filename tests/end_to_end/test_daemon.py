"""The whole daemon with real parts: somebody speaks into the microphone, and everybody is told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daemon.config import load, set_remote
from tests.support.broker import Broker, Subscriber, until
from tests.support.daemon import DaemonProcess
from tests.support.processes import command_line, descendants
from tests.support.pulse import PulseAudio
from tests.support.room import Room
from tests.support.screen import SerialTerminal
from tests.support.wild_proxy import WildProxy

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

SPANISH = "diez metros"


def mqtt(broker: Broker) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": broker.port}


@contextlib.contextmanager
def listening(
    folder: Path, audio: PulseAudio | Room, broker: Broker, subscriber: Subscriber, **sections: dict[str, Any]
) -> Iterator[DaemonProcess]:
    """Run the daemon at the microphone until it listens and its engine is loaded."""
    with DaemonProcess(folder / "daemon", {"mqtt": mqtt(broker), **sections}, env=audio.env) as daemon:
        daemon.wait_until_said("READY=1")
        subscriber.wait_for_topic("state", engine_is_ready)
        yield daemon


def engine_is_ready(state: dict[str, Any]) -> bool:
    return state["parts"]["engine"] == "ok" and state["state"] == "listening"


def final_with(words: str) -> Any:
    return lambda final: words in final["translations"].get("es", {}).get("text", "")


def test_what_is_said_is_on_mqtt_the_display_and_the_speaker(
    tmp_path: Path,
    audio: PulseAudio,
    broker: Broker,
    subscriber: Subscriber,
    terminal: SerialTerminal,
    speech: Path,
) -> None:
    display = {"driver": "vt100", "port": terminal.port}
    with (
        audio.speaker.listen() as heard,
        listening(
            tmp_path, audio, broker, subscriber, display=display, languages={"targets": ["es", "ca"], "speak": "es"}
        ) as daemon,
    ):
        audio.microphone.play(speech)
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        spoken = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "speech_finished").json
        sound = np.frombuffer(heard.pcm(), dtype="<i2")
        terminal.wait_until(lambda screen: SPANISH in screen.text.replace("\n", " "))
        assert daemon.stop() == 0

    words = final["source"].pop("words")
    assert final["source"] == {"lang": "en-US", "text": "Go forward ten meters."}
    assert [word["text"] for word in words] == ["Go", "forward", "ten", "meters."]
    assert words[0]["start_s"] == pytest.approx(final["start_s"], abs=0.3)
    assert set(final["translations"]) == {"es", "ca"}
    assert spoken["spoken"] is True
    assert spoken["id"] == final["id"]
    assert np.abs(sound).max() > 1000, "the speaker was silent"
    interims = [message.json for message in subscriber.of("interim")]
    assert interims, "nothing was shown while it was being said"
    assert interims[0]["utterance"] == final["utterance"]
    assert [interim["revision"] for interim in interims] == list(range(1, len(interims) + 1))
    assert b"Go forward" in [message.payload[:10] for message in subscriber.of("caption/source")]
    assert subscriber.of("availability")[-1].payload == b"offline"
    assert subscriber.of("state")[-1].json["state"] == "stopped"


def test_a_display_that_is_missing_costs_nothing_but_the_display(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    missing = {"driver": "vt100", "port": str(tmp_path / "no-port")}
    with listening(tmp_path, audio, broker, subscriber, display=missing):
        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        state = subscriber.of("state")[-1].json
    assert state["parts"]["display"] == "absent"
    assert any("no-port" in problem["detail"] for problem in state["problems"])


def test_a_display_that_is_unplugged_and_comes_back_shows_everything_again(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    link = tmp_path / "display"
    with (
        SerialTerminal(40, 8, link) as terminal,
        listening(tmp_path, audio, broker, subscriber, display={"driver": "vt100", "port": str(link)}),
    ):
        terminal.wait_until(lambda screen: "listening" in screen.text)
        terminal.unplug()
        subscriber.wait_for_topic("state", lambda state: state["parts"]["display"] == "lost")
        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        terminal.plug_in()
        terminal.wait_until(lambda screen: SPANISH in screen.text.replace("\n", " "))


def test_a_speaker_that_is_missing_is_said_and_skipped(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber, speaker={"device": "no-such-speaker"}):
        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        event = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "speech_finished").json
        subscriber.wait_for_topic("state", lambda state: state["parts"]["speaker"] == "absent")
    assert event["spoken"] is False
    assert "no-such-speaker" in event["reason"]


def test_a_microphone_that_is_unplugged_is_reopened_and_heard_again(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber) as daemon:
        audio.microphone.kill()
        subscriber.wait_for_topic("event", lambda event: event["event_type"] == "microphone_lost")
        subscriber.wait_for_topic("state", lambda state: state["parts"]["microphone"] != "ok")
        audio.microphone.start()
        subscriber.wait_for_topic("event", lambda event: event["event_type"] == "microphone_back")
        audio.microphone.play(speech)
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        assert daemon.stop() == 0
    assert final["gap_ms"] > 0, "the time without a microphone is not counted"


def test_an_engine_that_is_killed_in_mid_utterance_loses_no_word(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber) as daemon:
        player = _play_in_background(audio, speech)
        subscriber.wait_for_topic("interim")
        os.kill(_engine_of(daemon), signal.SIGKILL)
        player.join()
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        assert daemon.stop() == 0
    assert final["source"]["text"] == "Go forward ten meters."
    assert len(subscriber.of("final")) == 1


def test_a_broker_that_comes_late_and_restarts_loses_no_final(
    tmp_path: Path, audio: PulseAudio, broker: Broker, speech: Path
) -> None:
    broker.stop()
    with (
        WildProxy(broker.port, seed=1, wild=False) as way,
        DaemonProcess(tmp_path / "daemon", {"mqtt": {"host": "127.0.0.1", "port": way.port}}, env=audio.env) as daemon,
    ):
        daemon.wait_until_said("READY=1")
        broker.start()
        with Subscriber(broker.port, "dragoman/#") as subscriber:
            subscriber.wait_for_topic("state", engine_is_ready)
        broker.stop()
        audio.microphone.play(speech)
        way.target_port = 0  # where nobody can listen: the daemon is not to be back before a subscriber is
        broker.start()
        with Subscriber(broker.port, "dragoman/#") as subscriber:
            way.target_port = broker.port
            subscriber.wait_for_topic("final", final_with(SPANISH))
            assert daemon.stop() == 0


def test_systemd_is_told_of_start_life_and_stop(tmp_path: Path, audio: PulseAudio, broker: Broker) -> None:
    with DaemonProcess(tmp_path / "daemon", {"mqtt": mqtt(broker)}, env=audio.env) as daemon:
        daemon.wait_until_said("READY=1")
        daemon.wait_until_said("STATUS=listening")
        daemon.wait_until_said("WATCHDOG=1")
        assert daemon.stop() == 0
        daemon.wait_until_said("STOPPING=1")
        until(lambda: descendants(daemon.pid) == [], "every child has ended")


def test_a_stop_in_mid_utterance_still_gives_its_final_or_says_that_there_is_none(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber) as daemon:
        player = _play_in_background(audio, speech)
        utterance = subscriber.wait_for_topic("interim").json["utterance"]
        assert daemon.stop() == 0
        player.join()
    subscriber.wait_for(lambda message: message.payload == b"offline")
    ends = [m.json["utterance"] for m in subscriber.of("final")]
    ends += [m.json["utterance"] for m in subscriber.of("event") if m.json["event_type"] == "utterance_dropped"]
    assert ends == [utterance]


def test_a_simulated_microphone_plays_the_file_and_ends(tmp_path: Path, broker: Broker, speech: Path) -> None:
    out = tmp_path / "speech.wav"
    sections = {"mqtt": mqtt(broker), "speaker": {"device": f"file:{out}"}}
    with (
        Subscriber(broker.port, "dragoman/#") as subscriber,
        DaemonProcess(tmp_path / "daemon", sections, "--simulate", str(speech)) as daemon,
    ):
        daemon.wait_until_said("READY=1")
        assert daemon.wait() == 0
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
    assert final["latency_ms"]["first_interim"] is not None
    assert out.stat().st_size > 10_000, "nothing was spoken"


def test_settings_that_are_wrong_end_the_start_with_all_their_errors(tmp_path: Path) -> None:
    wrong = {"speaker": {"volum": 1}, "gate": {"sensitivity": 7}}
    with DaemonProcess(tmp_path / "daemon", wrong) as daemon:
        assert daemon.wait() == 78
        assert "volum" in daemon.log_text
        assert "speaker.volume" in daemon.log_text
        assert "sensitivity" in daemon.log_text


def test_a_start_that_could_translate_nothing_is_refused_and_names_what_there_is(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path / "daemon", {"languages": {"targets": ["qu"], "speak": "qu"}}) as daemon:
        assert daemon.wait() == 78
        assert "qu" in daemon.log_text
        assert "known: " in daemon.log_text


def test_languages_set_over_mqtt_that_nothing_serves_any_more_do_not_keep_it_from_starting(
    tmp_path: Path, audio: PulseAudio
) -> None:
    daemon = DaemonProcess(tmp_path / "daemon", {}, env=audio.env)
    state = tmp_path / "daemon" / "state"
    state.mkdir()
    settings = load(None, environment={})
    set_remote(settings, {"languages.targets": ["qu"], "languages.speak": ""}, state)
    with daemon:
        daemon.wait_until_said("READY=1")
        daemon.wait_until_said("apertium")
        assert daemon.stop() == 0


def test_a_target_that_nothing_serves_is_a_problem_that_names_what_to_install(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    languages = {"targets": ["es", "sr"], "speak": "es"}
    with listening(tmp_path, audio, broker, subscriber, languages=languages):
        state = subscriber.wait_for_topic("state", lambda state: state["problems"]).json
    problems = {problem["code"]: problem["detail"] for problem in state["problems"]}
    assert "apertium" in problems["no_translator"]


def _engine_of(daemon: DaemonProcess) -> int:
    commands = {pid: command_line(pid) for pid in descendants(daemon.pid)}
    engines = [pid for pid, command in commands.items() if "daemon.engines" in command]
    assert engines, commands
    return engines[0]


def _play_in_background(audio: PulseAudio, path: Path) -> Any:
    player = threading.Thread(target=audio.microphone.play, args=(path,), name="player")
    player.start()
    return player


def test_no_transcript_reaches_the_log(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber) as daemon:
        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        assert daemon.stop() == 0
        log = daemon.log_text
    assert "metros" not in log
    assert "meters" not in log
    assert json.dumps(SPANISH) not in log
