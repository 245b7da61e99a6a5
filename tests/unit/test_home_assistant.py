"""The message for Home Assistant: valid by its documentation, its templates rendered, its commands taken."""

from __future__ import annotations

import json

import jinja2
import pytest

from daemon.board import Board
from daemon.config import load
from daemon.events import Final, Translation, TranslationError
from daemon.mqtt import discovery, payloads, topics
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.inbound import Change, ChangeOne, Request, read
from daemon.mqtt.messages import Connected, Received
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.sources import About
from tests.support.schemas import valid

DEVICE = "kitchen-3f2a"
BASE = f"dragoman/{DEVICE}/"
PAIRS = [("en", "es"), ("en", "ca"), ("es", "en"), ("fr", "en")]
ABOUT = About("1.0", {"device": PAIRS}, recognizes=("en-US", "es"))
AT = "2026-01-02T03:04:05.678Z"


def settings(**overrides):
    return load(environment={}, overrides={key.replace("__", "."): value for key, value in overrides.items()})


def components(about=ABOUT, **overrides):
    return discovery.components(DEVICE, settings(**overrides), about)


def rendered(template, **values):
    """Return what Home Assistant makes of a template."""
    world = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 -- makes no HTML
    world.filters["to_json"] = json.dumps
    return world.from_string(template).render(**values)


def of_config(component, **overrides):
    return rendered(component["value_template"], value_json={"values": settings(**overrides).as_dict()})


def of_final(template, **translations):
    final = Final(1, "en-US", "Hello", translations, 1.0, 0.0, 1.0, "device", 100, 200, 0)
    payload = payloads.final(final, epoch="0123abcd", seq=5, boot="89abcdef", at=AT)
    return rendered(template, value_json=json.loads(payload))


def sent(component, key, **values):
    """Return what the device makes of what Home Assistant sends."""
    words = rendered(component["command_template"], **values) if "command_template" in component else values["value"]
    return read(Received(component["command_topic"], words.encode(), retained=False), DEVICE), key


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"languages__targets": ["es", "ca"], "languages__speak": "ca"},
        {"languages__speak": ""},
        {"languages__targets": ["zh-Hant-TW"], "languages__speak": "zh-Hant-TW"},
        {"speaker__device": ""},
        {"display__driver": "vt100", "display__port": "/dev/null"},
    ],
)
@pytest.mark.parametrize("about", [ABOUT, About("1.0"), About("1.0", thermometer=True)])
def test_the_message_is_what_home_assistant_documents(made, about):
    removed = {"caption_fr": "sensor"}
    message = discovery.message(DEVICE, "1.0", components(about, **made), removed)
    told = valid("homeassistant", message)
    assert told["components"]["caption_fr"] == {"platform": "sensor"}
    assert told["availability_topic"] == f"{BASE}availability"
    assert told["origin"]["name"]
    assert b"object_id" not in message


def test_each_entity_has_an_id_of_its_own():
    made = components(languages__targets=["es", "es-MX"])
    for key in ("unique_id", "default_entity_id"):
        assert len({component[key] for component in made.values()}) == len(made)
    assert made["volume"]["default_entity_id"] == "number.kitchen_3f2a_volume"


def test_only_what_the_device_has_is_shown():
    assert {"volume", "repeat", "speech", "spoken"}.isdisjoint(components(speaker__device=""))
    assert "identify" not in components()
    assert "identify" in components(display__driver="vt100")
    assert "temperature" not in components()
    assert "temperature" in components(About("1.0", thermometer=True))


def test_both_sides_of_a_conversation_have_a_caption():
    found = components(languages__conversation=["en-US", "es-ES"], languages__targets=["es", "ca"])
    captions = [name for name in found if name.startswith("caption_")]
    assert captions == ["caption_es", "caption_ca", "caption_en_us"]


def test_a_caption_fits_into_a_state_and_stands_whole_beside_it():
    caption = components()["caption_es"]
    long = "ñ" * 1_000
    assert of_final(caption["value_template"], es=Translation(long)) == long[:255]
    beside = json.loads(of_final(caption["json_attributes_template"], es=Translation(long)))
    assert beside == {"text": long, "confidence": None, "source": "Hello", "id": "0123abcd-5"}


@pytest.mark.parametrize("sure", [None, 0.0, 0.25, 1.0])
def test_a_caption_has_the_translators_confidence_beside_it_where_it_is_known(sure):
    caption = components(languages__targets=["es", "ca"])["caption_ca"]
    template = caption["json_attributes_template"]
    beside = json.loads(
        of_final(template, es=Translation("Hola", confidence=0.5), ca=Translation("Bon dia", confidence=sure))
    )
    assert beside["confidence"] == sure


@pytest.mark.parametrize("translations", [{}, {"es": Translation(error=TranslationError("no_translator", "none"))}])
def test_a_caption_that_is_missing_is_empty(translations):
    caption = components()["caption_es"]
    assert of_final(caption["value_template"], **translations) == ""
    beside = json.loads(of_final(caption["json_attributes_template"], **translations))
    assert beside["text"] is None
    assert beside["confidence"] is None


def test_a_final_is_an_event_with_all_that_is_in_it():
    event = json.loads(of_final(components()["final"]["value_template"], es=Translation('dijo "hola"')))
    assert event["event_type"] in components()["final"]["event_types"]
    assert event["translations"]["es"]["text"] == 'dijo "hola"'


def test_the_state_is_shown():
    made = components()
    board = Board("en-US", ("es",))
    board.mute(muted=True)
    for muted in (True, False):
        board.mute(muted=muted)
        payload = payloads.state(board.snapshot(), config_rev=0, epoch="0123abcd", final_seq=0, boot="89abcdef")
        state = json.loads(payload)
        assert rendered(made["mute"]["value_template"], value_json=state) == ("ON" if muted else "OFF")
        assert rendered(made["state"]["value_template"], value_json=state) in made["state"]["options"]
        assert rendered(made["problem"]["value_template"], value_json=state) == "OFF"


def shown_problem(board):
    """Return what Home Assistant shows of the problems, and those that stand beside it."""
    state = payloads.state(board.snapshot(), config_rev=0, epoch="0123abcd", final_seq=0, boot="89abcdef")
    values = {"value_json": valid("state", state)}
    problem = components()["problem"]
    beside = json.loads(rendered(problem["json_attributes_template"], **values))["problems"]
    return rendered(problem["value_template"], **values), [one["code"] for one in beside]


def test_a_problem_that_the_owner_has_accepted_is_told_but_raises_no_alarm():
    board = Board("en-US", ("es",))
    board.problem("mqtt_plaintext", "what is said can be read", accepted=True)
    assert shown_problem(board) == ("OFF", ["mqtt_plaintext"])
    board.problem("display_lost", "the display is gone")
    assert shown_problem(board) == ("ON", ["mqtt_plaintext", "display_lost"])


@pytest.mark.parametrize(
    ("outbox", "shown"),
    [({"rows": 50, "unacknowledged": 0}, "0"), ({"rows": 50, "unacknowledged": 3}, "3"), ({}, "None")],
)
def test_the_outbox_is_what_waits_for_the_broker(outbox, shown):
    assert rendered(components()["outbox"]["value_template"], value_json={"outbox": outbox}) == shown


def test_settings_are_shown_as_they_are():
    several = {"languages__targets": ["ca", "es"], "languages__speak": "es", "speaker__volume": 0.35}
    made = components(**several)
    assert of_config(made["volume"], **several) == "0.35"
    assert of_config(made["source"], **several) == "en-US"
    assert of_config(made["target"], **several) == "ca"
    assert of_config(made["spoken"], **several) == "es"
    assert of_config(made["speech"], **several) == "ON"
    assert of_config(made["spoken"], languages__speak="") == "off"
    assert of_config(made["speech"], languages__speak="") == "OFF"


def test_what_is_shown_is_always_among_the_options():
    for about in (ABOUT, About("1.0")):
        made = components(about, languages__source="en-GB", languages__targets=["es-MX", "ca"], languages__speak="es")
        assert made["source"]["options"][0] == "en-GB"
        assert made["target"]["options"][0] == "es-MX"
        assert made["spoken"]["options"][0] == "es"
    assert components()["source"]["options"] == ["en-US", "es"]
    assert components()["target"]["options"] == ["es", "ca"]
    assert components(languages__targets=["fr", "ca-ES"])["target"]["options"] == ["fr", "ca-ES", "es"]
    assert components()["spoken"]["options"] == ["es", "off"]


@pytest.mark.parametrize(
    ("value", "targets"),
    [
        ("es", ["es", "ca", "de-AT"]),
        ("ca", ["ca", "es", "de-AT"]),
        ("de-AT", ["de-AT", "ca", "es"]),
        ("fr", ["fr", "ca", "de-AT"]),
    ],
)
def test_a_target_changes_places_with_the_first_and_another_language_takes_its_place(value, targets):
    target = components(languages__targets=["es", "ca", "de-AT"])["target"]
    request, _ = sent(target, "languages.targets", value=value)
    assert request.arguments == Change(values={"languages.targets": targets})


def test_speech_is_chosen_and_switched_off():
    spoken = components()["spoken"]
    assert sent(spoken, "", value="ca")[0].arguments == ChangeOne(path="languages.speak", text="ca")
    assert sent(spoken, "", value="off")[0].arguments == ChangeOne(path="languages.speak", text="")


def payloads_of(component):
    """Yield whatever Home Assistant may send to a component."""
    yield from (component[key] for key in ("payload_on", "payload_off", "payload_press") if key in component)
    if component["platform"] == "number":
        yield from ("0", "1", "0.35")
    for option in component.get("options", ()):
        yield rendered(component.get("command_template", "{{ value }}"), value=option)


def test_every_command_that_is_named_is_served():
    now = settings(display__driver="vt100")
    made = discovery.components(DEVICE, now, ABOUT)
    commanded = [component for component in made.values() if "command_topic" in component]
    assert len(commanded) >= 9
    for component in commanded:
        for payload in payloads_of(component):
            request = read(Received(component["command_topic"], payload.encode(), retained=False), DEVICE)
            assert isinstance(request, Request), (component, payload, request)
            if isinstance(request.arguments, ChangeOne):
                key = now.schema.keys[request.arguments.path]
                assert key.remote
                key.from_text(request.arguments.text)


def test_a_card_that_was_forgotten_without_a_connection_comes_with_the_next_one():
    sent = []
    delivery = Delivery(
        DEVICE, Outbox(None, "boot"), lambda _session, message: not sent.append(message), retain_text=False
    )
    card = topics.discovery(DEVICE)
    delivery.retain(card, b"old")
    delivery.forget()  # a command that was read when the connection had gone
    delivery.retain(card, b"new")
    delivery.connected(Connected(1, remembered=True, window=20, maximum_packet=None))
    delivery.pump()
    assert [message.payload for message in sent if message.token == card] == [b"new"]
