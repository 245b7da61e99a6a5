"""A day's minutes of the paid service, over a restart: beyond them the next engine does it, and it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import wav
from tests.end_to_end.test_daemon import mqtt
from tests.support.broker import Broker, Subscriber, until
from tests.support.daemon import DaemonProcess
from tests.support.gateway import GatewayProcess, figure

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

#: Of two recordings of 2.6 s the second is not sent to its end.
MINUTES = 0.08


def codes(state: dict[str, Any]) -> set[str]:
    return {problem["code"] for problem in state["problems"]}


def test_what_a_day_has_is_used_once_and_the_next_engine_does_the_rest(tmp_path: Path, broker: Broker) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"text": "from the second engine"}] * 9))
    sound = wav(tmp_path / "twice.wav", "goforward", "goforward")
    elsewhere = {"gateway": {"listen": "127.0.0.1:0", "workers": 1, "engine": "scripted"}}
    with GatewayProcess(tmp_path / "gateway", elsewhere) as gateway:
        sections = {
            "mqtt": mqtt(broker),
            "languages": {"speak": ""},
            "speaker": {"device": ""},
            # The second engine is there only when the first one is not: so that it is known who is first.
            "engine": {"order": ["azure", "scripted"], "keep_loaded": False},
            "engine.azure": {"endpoint": gateway.address, "max_minutes_per_day": MINUTES},
            "engine.scripted": {"script": str(script)},
        }
        engines, heard_s = [], []
        with DaemonProcess(tmp_path / "daemon", sections, "--simulate", str(sound)) as daemon:
            for run in range(2):
                with Subscriber(broker.port, "dragoman/#") as subscriber:
                    if run:
                        daemon.start()
                    assert daemon.wait() == 0, daemon.log_text
                    subscriber.wait_for_topic("state", lambda state: {"paid_minutes", "engine_away"} <= codes(state))
                    until(lambda heard=subscriber: len(heard.of("final")) == 2, "two finals")  # type: ignore[misc]
                    engines.append([message.json["engine"] for message in subscriber.of("final")])
                heard_s.append(figure(gateway.port, "audio_seconds_total"))
        connections = figure(gateway.port, "connections_total")
    assert engines == [["azure", "scripted"], ["scripted", "scripted"]]
    assert 0 < heard_s[0] <= MINUTES * 60 + 0.1
    assert heard_s[1] == heard_s[0]
    assert connections == 1
