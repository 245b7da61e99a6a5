"""The settings of the running daemon changed over MQTT, and taken back when it fares badly on them."""

from __future__ import annotations

import itertools
import signal
from pathlib import Path
from typing import Any

import pytest

from daemon import remote_settings
from daemon.remote_settings import Trial
from tests.end_to_end.test_daemon import engine_is_ready, listening, mqtt
from tests.support.broker import Broker, Subscriber, until
from tests.support.daemon import DEVICE, DaemonProcess
from tests.support.pulse import PulseAudio
from tests.support.schemas import valid

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

_TRANSACTIONS = (f"s{number}" for number in itertools.count(1))


def change(subscriber: Subscriber, **values: Any) -> dict[str, Any]:
    """Change settings, a double underscore for the dot; return the answer."""
    transaction = next(_TRANSACTIONS)
    dotted = {key.replace("__", "."): value for key, value in values.items()}
    subscriber.publish(f"dragoman/{DEVICE}/config/set", {"transaction": transaction, "values": dotted})
    answer = subscriber.wait_for_topic("config/response", lambda answer: answer["transaction"] == transaction)
    return valid("config-response", answer.payload)


def engine_is_back(subscriber: Subscriber, since: int) -> None:
    """Wait until a daemon that was started again listens."""
    until(
        lambda: any(m.topic.endswith("/state") and engine_is_ready(m.json) for m in subscriber.messages[since:]),
        "it listens again",
    )


def test_other_targets_hold_at_once_and_what_is_spoken_follows(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    with listening(tmp_path, audio, broker, subscriber):
        answer = change(subscriber, languages__targets=["ca"], speaker__volume=0.5)
        assert set(answer["applied"]) == {"languages.targets", "languages.speak", "speaker.volume"}
        subscriber.wait_for_topic("state", lambda state: state["targets"] == ["ca"] and state["config_rev"] == 1)
        shown = subscriber.wait_for_topic("config", lambda config: config["rev"] == 1)
        assert valid("config", shown.payload)["values"]["languages"]["speak"] == "ca"
        refused = change(subscriber, languages__targets=["xx"], privacy__remote_unmute=True)
        assert {error["code"] for error in refused["errors"]} == {"no_translator", "not_remote"}


def test_a_crash_soon_after_a_change_takes_it_back_and_a_clean_restart_does_not(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    with DaemonProcess(tmp_path / "daemon", {"mqtt": mqtt(broker)}, env=audio.env) as daemon:
        subscriber.wait_for_topic("state", engine_is_ready)
        change(subscriber, speaker__volume=0.5)
        assert daemon.stop() == 0
        since = len(subscriber.messages)
        daemon.start()
        engine_is_back(subscriber, since)
        assert subscriber.of("config")[-1].json["values"]["speaker"]["volume"] == 0.5

        daemon.signal(signal.SIGKILL)
        daemon.wait()
        since = len(subscriber.messages)
        daemon.start()
        engine_is_back(subscriber, since)
        told = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "config_rolled_back")
        assert valid("event", told.payload)["rev"] == 2
        config = subscriber.wait_for_topic("config", lambda config: config["rev"] == 2).json
        assert config["values"]["speaker"]["volume"] == 0.8
        assert daemon.stop() == 0


def test_a_stop_before_the_start_is_over_is_no_crash(tmp_path: Path) -> None:
    kept = tmp_path / "daemon" / "state" / "settings.json"
    kept.parent.mkdir(parents=True)
    remote_settings.write(kept.parent, 1, {"speaker.volume": 0.5}, Trial.STOPPED)
    with DaemonProcess(tmp_path / "daemon", {}) as daemon:
        until(lambda: remote_settings.read(kept.parent).trial is Trial.RUNNING, "the start has begun")
        assert daemon.stop() == 0
    assert remote_settings.read(kept.parent).trial is Trial.STOPPED


def test_what_was_set_and_does_not_hold_any_more_is_a_problem_until_the_next_change(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber
) -> None:
    state = tmp_path / "daemon" / "state"
    state.mkdir(parents=True)
    (state / "settings.json").write_text('{"v": 1, "rev": 4, "values": {"gone.key": 1, "speaker.volume": 0.3}}')
    with listening(tmp_path, audio, broker, subscriber):
        said = subscriber.wait_for_topic(
            "state", lambda state: any("gone.key" in problem["detail"] for problem in state["problems"])
        )
        assert said.json["config_rev"] == 4
        assert change(subscriber, speaker__volume=0.4)["status"] == "ok"
        subscriber.wait_for_topic("state", lambda state: state["config_rev"] == 5 and not state["problems"])
