"""How the device introduces itself to Home Assistant: pure functions from settings and languages to one message.

Form and keys: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload and the page of each platform.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from daemon.config import Settings
from daemon.language_tags import base
from daemon.mqtt import topics
from daemon.mqtt.sources import About
from daemon.tasks import task_of

#: Longest state of an entity in Home Assistant, characters.
_LONGEST_STATE = 255
#: Not "none": that is Home Assistant's word for a state that is not known.
_NO_SPEECH = "off"
_STATES = ["starting", "listening", "hearing", "speaking", "muted", "degraded", "stopped"]
_OWN_NAME = "Dragoman"

Component = dict[str, Any]


def message(device: str, version: str, components: Mapping[str, Component], removed: Mapping[str, str]) -> bytes:
    """Return the payload. `removed`: components that Home Assistant is to take away → their platform."""
    gone = {name: {"platform": platform} for name, platform in removed.items()}
    return msgspec.json.encode(
        {
            "device": {
                "identifiers": [device],
                "name": device,
                "manufacturer": _OWN_NAME,
                "model": "Speech translator",
                "sw_version": version,
            },
            "origin": {"name": _OWN_NAME, "sw_version": version},
            "availability_topic": topics.base(device) + topics.AVAILABILITY,
            "qos": 1,
            "components": {**components, **gone},
        }
    )


def components(device: str, settings: Settings, about: About) -> dict[str, Component]:
    """Return name → what is shown, for what this device has."""
    made = {**_results(settings), **_languages(settings, about), **_controls(settings), **_diagnostics(about)}
    return {name: _named(device, name, component) for name, component in made.items()}


def _named(device: str, name: str, component: Component) -> Component:
    """Complete a component: its own id, and the topics with the device's base before them."""
    whole = {key: topics.base(device) + value if key.endswith("_topic") else value for key, value in component.items()}
    slug = device.replace("-", "_")
    ids = {"unique_id": f"{device}_{name}", "default_entity_id": f"{component['platform']}.{slug}_{name}"}
    return {**whole, **ids}


# ------------------------------------------------------------------ what is said


def _results(settings: Settings) -> dict[str, Component]:
    ways = task_of(settings.languages).ways
    captions = {_caption_name(lang): _caption(lang) for way in ways for lang in way.targets}
    final = {
        "platform": "event",
        "name": "Final",
        "icon": "mdi:translate",
        "event_types": ["final"],
        "state_topic": topics.FINAL,
        "value_template": "{{ dict(value_json, event_type='final') | to_json }}",
    }
    return {**captions, "final": final}


def _caption_name(lang: str) -> str:
    return f"caption_{lang.replace('-', '_').lower()}"


def _caption(lang: str) -> Component:
    said = f"(value_json.translations.get('{lang}') or {{}})"
    shown = {
        "text": f"{said}.get('text')",
        "confidence": f"{said}.get('confidence')",
        "source": "value_json.source.text",
        "id": "value_json.id",
    }
    attributes = ", ".join(f"'{name}': {value}" for name, value in shown.items())
    return {
        "platform": "sensor",
        "name": f"Caption {lang}",
        "icon": "mdi:closed-caption",
        "state_topic": topics.FINAL,
        "value_template": f"{{{{ ({said}.get('text') or '')[:{_LONGEST_STATE}] }}}}",
        "json_attributes_topic": topics.FINAL,
        "json_attributes_template": f"{{{{ {{{attributes}}} | to_json }}}}",
    }


# ------------------------------------------------------------------ languages


def _languages(settings: Settings, about: About) -> dict[str, Component]:
    now = settings.languages
    pairs = {pair for served in about.engines.values() for pair in served}
    known = sorted({target for source, target in pairs if base(source) == base(now.source)})
    return {
        "source": {
            **_select("languages.source", "Spoken to it", "{{ value_json['values'].languages.source }}"),
            "options": _options((now.source,), about.recognizes),
        },
        "target": {
            **_select("languages.targets", "Translated into", "{{ value_json['values'].languages.targets[0] }}"),
            "options": _options(now.targets, known),
            "command_template": _chosen_first(now.targets),
        },
    }


def _chosen_first(targets: Sequence[str]) -> str:
    """Return a template: a target that is chosen changes places with the first, another language takes its place."""
    first, *others = targets
    changed = {lang: [lang, *(first if other == lang else other for other in others)] for lang in others}
    return f"{{{{ ({json.dumps(changed)}.get(value) or [value] + {json.dumps(others)}) | to_json }}}}"


def _select(key: str, name: str, value_template: str) -> Component:
    return {
        "platform": "select",
        "name": name,
        "icon": "mdi:translate",
        **_setting(key),
        "value_template": value_template,
    }


def _options(current: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the current languages as they are written in the settings, then the others."""
    served = {base(lang) for lang in current}
    return [*current, *(lang for lang in known if base(lang) not in served)]


def _setting(key: str) -> Component:
    return {"state_topic": topics.CONFIG, "command_topic": f"{topics.CONFIG}/{key}/set"}


# ------------------------------------------------------------------ what can be done


def _controls(settings: Settings) -> dict[str, Component]:
    made = {
        "mute": {
            "platform": "switch",
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "state_topic": topics.STATE,
            "value_template": "{{ 'ON' if value_json.muted else 'OFF' }}",
            "command_topic": f"{topics.COMMAND}/mute",
            "payload_on": '{"muted": true}',
            "payload_off": '{"muted": false}',
            **_ON_OFF,
        },
        "sensitivity": _number("gate.sensitivity", "Sensitivity", "mdi:microphone-settings"),
        "swap": _button("swap", "Swap languages", "mdi:swap-horizontal"),
    }
    return {**made, **(_speech(settings) if settings.speaker.device else {}), **_display(settings)}


_ON_OFF = {"state_on": "ON", "state_off": "OFF"}


def _speech(settings: Settings) -> dict[str, Component]:
    now = settings.languages
    spoken = f"{{{{ value_json['values'].languages.speak or '{_NO_SPEECH}' }}}}"
    return {
        "spoken": {
            **_select("languages.speak", "Spoken by it", spoken),
            "options": [*_options((now.speak,) if now.speak else (), now.targets), _NO_SPEECH],
            "command_template": f"{{{{ '\"\"' if value == '{_NO_SPEECH}' else value }}}}",
        },
        "speech": {
            "platform": "switch",
            "name": "Speech",
            "icon": "mdi:account-voice",
            **_setting("languages.speak"),
            "value_template": "{{ 'ON' if value_json['values'].languages.speak else 'OFF' }}",
            "payload_on": json.dumps(now.targets[0]),
            "payload_off": '""',
            **_ON_OFF,
        },
        "volume": _number("speaker.volume", "Volume", "mdi:volume-high"),
        "repeat": _button("repeat", "Repeat", "mdi:repeat"),
    }


def _display(settings: Settings) -> dict[str, Component]:
    if not settings.display.driver:
        return {}
    return {"identify": {**_button("identify", "Identify", "mdi:hand-wave"), "device_class": "identify"}}


def _number(key: str, name: str, icon: str) -> Component:
    return {
        "platform": "number",
        "name": name,
        "icon": icon,
        **_setting(key),
        "value_template": f"{{{{ value_json['values'].{key} }}}}",
        "min": 0,
        "max": 1,
        "step": 0.05,
        "mode": "slider",
    }


def _button(command: str, name: str, icon: str) -> Component:
    topic = f"{topics.COMMAND}/{command}"
    return {"platform": "button", "name": name, "icon": icon, "command_topic": topic, "payload_press": "{}"}


# ------------------------------------------------------------------ how it is


def _diagnostics(about: About) -> dict[str, Component]:
    latency = _sensor(topics.FINAL, "Latency", "value_json.latency_ms.final", unit="ms", device_class="duration")
    waiting = _sensor(topics.METRICS, "Outbox", "value_json.outbox.get('unacknowledged')", unit="finals")
    disk = _sensor(topics.METRICS, "Free disk", "value_json.disk_free_bytes", unit="B", device_class="data_size")
    heat = _sensor(topics.METRICS, "Temperature", "value_json.temperature_c", unit="°C", device_class="temperature")
    state = {
        "platform": "sensor",
        "name": "State",
        "state_topic": topics.STATE,
        "value_template": "{{ value_json.state }}",
        "device_class": "enum",
        "options": _STATES,
        **_DIAGNOSTIC,
    }
    problem = {
        "platform": "binary_sensor",
        "name": "Problem",
        "device_class": "problem",
        "state_topic": topics.STATE,
        "value_template": f"{{{{ 'ON' if {_UNEXPECTED} else 'OFF' }}}}",
        "json_attributes_topic": topics.STATE,
        "json_attributes_template": "{{ {'problems': value_json.problems} | to_json }}",
        **_DIAGNOSTIC,
    }
    known = {"latency": latency, "outbox": waiting, "disk": disk, "state": state, "problem": problem}
    return {**known, "temperature": heat} if about.thermometer else known


#: The problems that nobody has put up with by a setting.
_UNEXPECTED = "value_json.problems | rejectattr('accepted', 'defined') | list"
_DIAGNOSTIC = {"entity_category": "diagnostic"}


def _sensor(topic: str, name: str, value: str, *, unit: str, device_class: str = "") -> Component:
    kind = {"device_class": device_class} if device_class else {}
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": f"{{{{ {value} }}}}",
        "unit_of_measurement": unit,
        "state_class": "measurement",
        **kind,
        **_DIAGNOSTIC,
    }
