"""What must hold between settings. Each check yields (dotted key, code, text) for what does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon import drivers, phrases
from daemon.drivers import nearest
from daemon.language_tags import base
from daemon.schema import FAMILIES, Key, literal
from daemon.settings_keys import key_actions, key_names
from hw.options import Checked

if TYPE_CHECKING:
    from daemon.config import Settings

Finding = tuple[str, str, str]
Check = Callable[["Settings"], Iterator[Finding]]

_PINS_OF_A_LIGHT = (0, 1, 3)
_SIDES = 2
_MOST_TARGETS = 16
#: Last parts of MQTT topics that no device may have as its own.
RESERVED_IDS = frozenset({"group", "client"})


def _device_id_is_free(settings: Settings) -> Iterator[Finding]:
    if settings.device.id in RESERVED_IDS:
        reserved = " and ".join(sorted(RESERVED_IDS))
        yield (
            "device.id",
            "reserved",
            f"device.id is {literal(settings.device.id)}; {reserved} are reserved, take another",
        )


def _targets_are_some(settings: Settings) -> Iterator[Finding]:
    path, targets = "languages.targets", settings.languages.targets
    if not targets:
        yield path, "not_allowed", f"{path} is empty; allowed: one language or more"
    if len(targets) > _MOST_TARGETS:  # each has a translator's threads, and programs
        yield path, "too_many", f"{path} has {len(targets)} languages; at most {_MOST_TARGETS} are taken"
    yield from _repeated(path, targets)


def _spoken_is_a_target(settings: Settings) -> Iterator[Finding]:
    speak, targets = settings.languages.speak, settings.languages.targets
    if speak and targets and base(speak) not in map(base, targets):
        allowed = " or ".join(literal(choice) for choice in dict.fromkeys((*targets, "")))
        yield (
            "languages.speak",
            "conflict",
            f"languages.speak is {literal(speak)}; allowed: one of the targets: {allowed}",
        )


def _conversation_has_two_sides(settings: Settings) -> Iterator[Finding]:
    spoken = settings.languages.conversation
    if spoken and (len(spoken) != _SIDES or len(set(map(base, spoken))) != _SIDES):
        yield (
            "languages.conversation",
            "not_allowed",
            f"languages.conversation is {literal(spoken)}; allowed: none, or two different languages",
        )


def _phrases_can_be_said(settings: Settings) -> Iterator[Finding]:
    path, given = "languages.phrases", settings.languages.phrases
    if len(given) > phrases.MOST:
        yield path, "too_many", f"{path} has {len(given)} phrases; at most {phrases.MOST} are taken"
    for number, phrase in enumerate(given[: phrases.MOST], 1):
        if wrong := phrases.why_not(phrase):
            yield path, "not_allowed", f"{path}: number {number}, {literal(phrase[:40])}, {wrong}"
    yield from _repeated(path, given)


def _ladder_has_rungs(settings: Settings) -> Iterator[Finding]:
    if not settings.engine.order:
        yield "engine.order", "not_allowed", "engine.order is empty; allowed: one engine or more"
    yield from _repeated("engine.order", settings.engine.order)


def _drivers_are_known(settings: Settings) -> Iterator[Finding]:
    values = settings.flat()
    for path, key in settings.schema.keys.items():
        family = _family(key)
        if family is None:
            continue
        known = settings.schema.drivers(family)
        chosen = values[path] if key.many else (values[path],)
        for name in chosen:
            if name and name not in known:
                hint = nearest(name.lower(), known)
                yield path, "unknown_driver", f"{path}: there is no {family} {literal(name)}{hint}"


def _settings_of_a_driver_fit(settings: Settings) -> Iterator[Finding]:
    for section, own in settings.drivers.items():
        for name, code, text in own.conflicts() if isinstance(own, Checked) else ():
            yield f"{section}.{name}", code, f"{section}.{name} {text}"


def _client_certificate_is_whole(settings: Settings) -> Iterator[Finding]:
    mqtt = settings.mqtt
    if bool(mqtt.certificate_file) != bool(mqtt.key_file):
        there, lacking = ("certificate_file", "key_file") if mqtt.certificate_file else ("key_file", "certificate_file")
        yield f"mqtt.{there}", "conflict", f"mqtt.{there} needs mqtt.{lacking} beside it"


def _light_has_one_pin_or_three(settings: Settings) -> Iterator[Finding]:
    pins = settings.light.pins
    if len(pins) not in _PINS_OF_A_LIGHT:
        yield (
            "light.pins",
            "not_allowed",
            f"light.pins has {len(pins)} pins; allowed: none, 1, or 3 for a light of colours",
        )
    yield from _repeated("light.pins", tuple(map(str, pins)))
    if settings.button.pin in pins:
        yield "light.pins", "conflict", f"light.pins has {settings.button.pin}, which is button.pin: take another"


def _interruptions_can_be_heard(settings: Settings) -> Iterator[Finding]:
    if settings.speaker.barge_in and not settings.speaker.echo_cancelled:
        yield (
            "speaker.barge_in",
            "conflict",
            "speaker.barge_in needs speaker.echo_cancelled: without it the gate hears nobody while the device speaks",
        )


def _keys_are_the_panels(settings: Settings) -> Iterator[Finding]:
    path, driver, keys = "display.keys", settings.display.driver, settings.display.keys
    known, told = _keys_of(driver)
    if keys and not told and driver in settings.schema.drivers("display"):
        yield path, "conflict", f"{path} has {literal(keys[0])}, but a {driver} has no keys"
    for key, name in zip(keys if told else (), key_names(keys), strict=False):
        if not re.fullmatch(known, name):
            yield path, "not_allowed", f"{path} has {literal(key)}; the keys of a {driver} are called {told}"
    yield from _repeated(path, key_names(keys))


def _something_talks(settings: Settings) -> Iterator[Finding]:
    button = settings.button.hold == "talk" and settings.button.pin >= 0
    if settings.gate.mode == "push_to_talk" and not button and not _a_key_talks(settings):
        yield (
            "gate.mode",
            "conflict",
            'gate.mode is "push_to_talk", but no button and no key talks: see button.pin, button.hold, display.keys',
        )


def _a_key_talks(settings: Settings) -> bool:
    """Tell whether a key of the panel does, by an action of its own or because it has none and holding it talks."""
    known, _ = _keys_of(settings.display.driver)
    actions = key_actions(settings.display.keys)
    # A pattern of few keys names each; one of any number is no key itself, and leaves some without an action.
    free = any(name not in actions for name in known.split("|"))
    return bool(known) and ("talk" in actions.values() or (free and settings.button.hold == "talk"))


def _keys_of(driver: str) -> tuple[str, str]:
    """Return a pattern of what a panel's keys are called, and how to say it; empty where it has none."""
    module = drivers.load(FAMILIES["display"], driver) if driver in drivers.names(FAMILIES["display"]) else None
    found: tuple[str, str] = getattr(module, "KEYS", ("", ""))
    return found


CHECKS: tuple[Check, ...] = (
    _device_id_is_free,
    _targets_are_some,
    _spoken_is_a_target,
    _conversation_has_two_sides,
    _phrases_can_be_said,
    _ladder_has_rungs,
    _drivers_are_known,
    _settings_of_a_driver_fit,
    _client_certificate_is_whole,
    _light_has_one_pin_or_three,
    _interruptions_can_be_heard,
    _keys_are_the_panels,
    _something_talks,
)


def _repeated(path: str, values: tuple[str, ...]) -> Iterator[Finding]:
    for value in dict.fromkeys(value for value in values if values.count(value) > 1):
        yield path, "duplicate", f"{path} has {literal(value)} more than once"


def _family(key: Key) -> str | None:
    """Return of which family a key names a driver, if it does."""
    named = {
        "display.driver": "display",
        "engine.order": "engine",
        "gate.confirm": "confirmer",
        "gateway.engine": "engine",
    }
    if key.path in named:
        return named[key.path]
    singular = key.name.removesuffix("s")
    return singular if key.section.startswith("engine.") and singular in FAMILIES else None
