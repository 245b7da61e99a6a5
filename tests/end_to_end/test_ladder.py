"""The daemon with two engines in processes and scripts of their own: the better one fails, no word is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.test_daemon import SPANISH, engine_is_ready, final_with, mqtt
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import DaemonProcess
from tests.support.pulse import PulseAudio

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]


def test_an_utterance_that_the_better_engine_drops_is_finished_by_the_device(
    tmp_path: Path, audio: PulseAudio, broker: Broker, speech: Path
) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"hypotheses": [[0.5, "go forward"]], "dies_at_s": 1.5}]))
    sections = {
        "mqtt": mqtt(broker),
        "engine": {"order": ["scripted", "device"]},
        "engine.scripted": {"script": str(script)},
    }
    with (
        Subscriber(broker.port, "dragoman/#") as subscriber,
        DaemonProcess(tmp_path / "daemon", sections, env=audio.env) as daemon,
    ):
        daemon.wait_until_said("READY=1")
        subscriber.wait_for_topic("state", engine_is_ready)
        subscriber.wait_for_topic("state", lambda state: state["engine"] == "scripted")
        audio.microphone.play(speech)
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        changed = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "engine_changed").json
        assert daemon.stop() == 0
    assert final["engine"] == "device"
    assert (changed["engine"], changed["before"]) == ("device", "scripted")
    assert len(subscriber.of("final")) == 1
    assert subscriber.of("interim")[0].json["source"]["text"] == "go forward"
