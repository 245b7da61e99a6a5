"""The running daemon in Home Assistant itself: it appears by itself, shows what is said, and is steered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.test_daemon import SPANISH, final_with, listening
from tests.support.broker import Broker, Subscriber, until
from tests.support.home_assistant import HomeAssistant
from tests.support.machine import missing
from tests.support.pulse import PulseAudio

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts, pytest.mark.long, pytest.mark.timeout(1_500)]

_LOG = logging.getLogger(__name__)

#: What the card announces for a device with a speaker and without a display, by its `default_entity_id`.
ENTITIES = {
    "binary_sensor.e2e_problem",
    "button.e2e_repeat",
    "button.e2e_swap",
    "event.e2e_final",
    "number.e2e_sensitivity",
    "number.e2e_volume",
    "select.e2e_source",
    "select.e2e_spoken",
    "select.e2e_target",
    "sensor.e2e_caption_es",
    "sensor.e2e_disk",
    "sensor.e2e_latency",
    "sensor.e2e_outbox",
    "sensor.e2e_state",
    "switch.e2e_mute",
    "switch.e2e_speech",
}


@pytest.fixture
def home(tmp_path: Path, broker: Broker) -> Iterator[HomeAssistant]:
    if reason := missing():
        pytest.skip(reason)
    with HomeAssistant(tmp_path / "home-assistant") as running:
        running.use_broker(broker.port)
        yield running


def settings_with(subscriber: Subscriber, path: str, value: object) -> None:
    section, key = path.split(".")
    subscriber.wait_for_topic("config", lambda config: config["values"][section][key] == value)


def test_home_assistant_shows_the_device_and_steers_it(
    tmp_path: Path,
    audio: PulseAudio,
    broker: Broker,
    subscriber: Subscriber,
    speech: Path,
    home: HomeAssistant,
) -> None:
    _LOG.info("Home Assistant %s", home.version)
    with listening(tmp_path, audio, broker, subscriber):
        for entity in ENTITIES:
            home.wait_for(entity, None)
        assert home.render("{{ device_attr(device_id('select.e2e_target'), 'name') }}") == "e2e"
        assert home.wait_for("sensor.e2e_state", "listening")
        assert home.wait_for("select.e2e_target", "es")["attributes"]["options"][0] == "es"
        assert home.wait_for("number.e2e_volume", "0.8")

        audio.microphone.play(speech)
        subscriber.wait_for_topic("final", final_with(SPANISH))
        caption = until(
            lambda: (now := home.state("sensor.e2e_caption_es")) and SPANISH in now["state"] and now, "the caption"
        )
        assert caption["attributes"]["source"] == "Go forward ten meters."
        assert caption["attributes"]["text"] == caption["state"]
        event = home.state("event.e2e_final")
        assert event is not None
        said = event["attributes"]["translations"]["es"]
        assert said["text"] == caption["state"]
        assert caption["attributes"]["confidence"] == said.get("confidence")
        assert float(home.state("sensor.e2e_latency")["state"]) > 0

        home.call("number.set_value", "number.e2e_volume", value=0.35)
        settings_with(subscriber, "speaker.volume", 0.35)
        home.wait_for("number.e2e_volume", "0.35")
        home.call("switch.turn_off", "switch.e2e_speech")
        settings_with(subscriber, "languages.speak", "")
        home.wait_for("select.e2e_spoken", "off")
        home.call("switch.turn_on", "switch.e2e_speech")
        home.wait_for("select.e2e_spoken", "es")

        home.call("select.select_option", "select.e2e_target", option="ca")
        settings_with(subscriber, "languages.targets", ["ca"])
        home.wait_for("sensor.e2e_caption_ca", None)
        home.wait_for("select.e2e_spoken", "ca")
        until(lambda: home.state("sensor.e2e_caption_es") is None, "the caption of the old target is gone")

        home.call("switch.turn_on", "switch.e2e_mute")
        subscriber.wait_for_topic("state", lambda state: state["muted"])
        home.wait_for("switch.e2e_mute", "on")
        home.call("switch.turn_off", "switch.e2e_mute")
        refused = subscriber.wait_for_topic("response/mute", lambda answer: answer["errors"]).json
        assert refused["errors"][0]["code"] == "not_permitted"
        home.wait_for("switch.e2e_mute", "on")
    home.wait_for("select.e2e_target", "unavailable")
    wrong = [
        line for line in home.log_text.splitlines() if "mqtt" in line and (" ERROR " in line or " WARNING " in line)
    ]
    assert wrong == []
