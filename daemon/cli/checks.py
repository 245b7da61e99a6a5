"""What `dragoman doctor` looks at: each part is really used, briefly."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

import daemon.engines
from daemon import build, drivers
from daemon.cli.checkup import Check, Finding, Health
from daemon.cli.display_check import display
from daemon.cli.gate_check import second_opinion
from daemon.cli.machine_checks import STATE, UNIT, service_runs
from daemon.cli.stage_check import faulty
from daemon.cli.touch_check import button, light
from daemon.config import Settings
from daemon.engines.base import Engine, EngineEvent, EngineFailure, EngineReady, EngineWarning, Task, TextTranslated
from daemon.files import state_directory
from daemon.language_tags import base
from daemon.mqtt.access import CREDENTIAL, AccessError, is_exposed
from daemon.mqtt.probe import NotLetIn, knock
from daemon.mqtt.topics import device_id
from daemon.mqtt.trouble import explain, not_sent, where
from hw.api import FRAME_MS, PATIENCE_S, AudioFrame, DeviceBusy, Microphone, patiently

#: How long the microphone is listened to, and how long a silence is played, seconds.
#: The last is until a microphone's first sound: longer than it waits itself before it says that it hangs.
_LISTEN_S, _PLAY_S, _FIRST_S = 1.0, 0.2, 4.0
_PLAY_HZ = 16_000
_BROKER_S = 5.0
#: An engine may load its models so long, and then take so long for a word, seconds.
_LOAD_S, _WORD_S = 60.0, 15.0
_WORD = "hello"
_PINS = "button.pin and light.pins are GPIO numbers, not places on the header; docs/hardware.md has a table"
#: The daemon's credential as the unit takes it, for a doctor run by root outside the unit.
_CREDENTIAL_FILE = Path("/etc/credstore/dragoman.mqtt-password")
_FULL_SCALE = 32_768

_Wanted = TypeVar("_Wanted", EngineReady, TextTranslated)


def part_checks(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Return the checks of every part that the settings name."""
    rungs = [
        Check(
            f"engine {name}",
            lambda name=name: [*_usage(settings, name, environment), *_engine(settings, name)],  # type: ignore[misc] # mypy cannot infer a default's type
            _LOAD_S + _WORD_S + 10,
            "see `journalctl -u dragoman`; `dragoman engines` lists what is installed",
        )
        for name in settings.engine.order
    ]
    return [
        Check(
            "microphone",
            lambda: [_unless_in_use("microphone", lambda: _microphone(settings))],
            PATIENCE_S + 10,
            "`dragoman devices` lists what is there; dragoman config set microphone.device NAME",
        ),
        Check(
            "speaker",
            lambda: [_unless_in_use("speaker", lambda: _speaker(settings))],
            PATIENCE_S + 10,
            "`dragoman devices` lists what is there; dragoman config set speaker.device NAME",
        ),
        Check(
            "display",
            lambda: [_unless_in_use("display", lambda: display(settings))],
            advice="`dragoman devices` lists the ports; dragoman config set display.port NAME",
        ),
        Check("second opinion", lambda: [second_opinion(settings)], advice='or do without: gate.confirm = ""'),
        Check("button", lambda: [_unless_in_use("button", lambda: button(settings))], advice=_PINS),
        Check("light", lambda: [_unless_in_use("light", lambda: light(settings))], advice=_PINS),
        Check(
            "broker",
            lambda: [_broker(settings, environment)],
            _BROKER_S * 3,
            "check that it runs and that mqtt.host and mqtt.port are right",
        ),
        *rungs,
    ]


def _unless_in_use(part: str, look: Callable[[], Finding]) -> Finding:
    """Look at a device; that the service itself has it is no fault."""
    try:
        return look()
    except DeviceBusy as error:
        if not service_runs():
            raise
        advice = f"`state` says how it is; to have it looked at here: sudo systemctl stop {UNIT}"
        return Finding(part, Health.NONE, f"not looked at, for the service runs: {error}", advice)


def _microphone(settings: Settings) -> Finding:
    microphone = build.microphone(settings)
    try:
        patiently(microphone.open)
        frames = _listen(microphone)
    finally:
        microphone.close()
    expected = _LISTEN_S * 1000 / FRAME_MS
    if len(frames) < expected / 2:
        found = f"{microphone.name}: only {len(frames)} of {expected:.0f} frames came in {_LISTEN_S:g} s"
        return Finding("microphone", Health.FAIL, found, "plug it in anew, or name another: microphone.device")
    peak = int(np.abs(np.frombuffer(b"".join(f.pcm for f in frames), np.int16).astype(np.int32)).max())
    if peak == 0:
        found = f"{microphone.name}: nothing but zeros in {_LISTEN_S:g} s"
        return Finding("microphone", Health.WARN, found, "is it muted? See `alsamixer`, or the switch on it")
    level = 20 * np.log10(peak / _FULL_SCALE)
    return Finding("microphone", Health.OK, f"{microphone.name}: {len(frames)} frames, peak {level:.0f} dBFS")


def _listen(microphone: Microphone) -> list[AudioFrame]:
    frames: list[AudioFrame] = []
    ends = time.monotonic() + _FIRST_S
    while len(frames) < _LISTEN_S * 1000 / FRAME_MS and time.monotonic() < ends:
        if (frame := microphone.read(0.1)) is not None:
            ends = ends if frames else time.monotonic() + 2 * _LISTEN_S
            frames.append(frame)
    return frames


def _speaker(settings: Settings) -> Finding:
    if settings.speaker.device.startswith("file:"):
        return _writable(Path(settings.speaker.device.removeprefix("file:")).parent)
    speaker = build.speaker(settings)
    if speaker is None:
        return Finding("speaker", Health.NONE, "speaker.device is empty: nothing is spoken")
    try:
        patiently(lambda: speaker.start(_PLAY_HZ))
        speaker.write(bytes(int(2 * _PLAY_HZ * _PLAY_S)))
        speaker.finish()
    finally:
        speaker.close()
    return Finding("speaker", Health.OK, f"{speaker.name}: took {_PLAY_S:g} s of silence")


def _broker(settings: Settings, environment: Mapping[str, str]) -> Finding:
    mqtt = settings.mqtt
    if not mqtt.host:
        return Finding("broker", Health.NONE, "mqtt.host is empty: no MQTT")
    if not mqtt.password_file and not environment.get("CREDENTIALS_DIRECTORY") and os.access(_CREDENTIAL_FILE, os.R_OK):
        mqtt = replace(mqtt, password_file=str(_CREDENTIAL_FILE))
    place = where(mqtt)
    try:
        knock(mqtt, device_id(settings.device.id), environment, _BROKER_S)
    except NotLetIn as error:
        accounts = f"mqtt.username and mqtt.password_file (or the credential {CREDENTIAL}) and the broker's accounts"
        advice = not_sent(mqtt, environment) or f"check {accounts}"
        return Finding("broker", Health.FAIL, f"{place}: {error}", advice)
    except (OSError, AccessError) as error:
        return Finding(
            "broker", Health.FAIL, explain(error, mqtt).detail, "start it, or correct the settings under mqtt"
        )
    if is_exposed(mqtt):
        advice = "turn TLS on: mqtt.tls or mqtt.ca_file"
        return Finding("broker", Health.WARN, f"{place}: lets us in, but everything can be read on the way", advice)
    return Finding("broker", Health.OK, f"{place}: lets us in")


def _usage(settings: Settings, name: str, environment: Mapping[str, str]) -> list[Finding]:
    """Say how much of a limit that is a day's is used, by the daemon's own count, where the engine has one."""
    ask = getattr(drivers.load(daemon.engines, name), "usage", None)
    used = ask(settings.plain(), state_directory(environment) or STATE) if ask is not None else None
    if used is None:
        return []
    words, is_much = used
    advice = f"raise engine.{name}.max_minutes_per_day, or see what else is in engine.order" if is_much else ""
    return [Finding(f"engine {name}", Health.WARN if is_much else Health.OK, words, advice)]


def _engine(settings: Settings, name: str) -> Iterator[Finding]:
    """Load it, translate a word, and say for each stage what it serves of the settings."""
    events: queue.SimpleQueue[EngineEvent] = queue.SimpleQueue()
    warnings: dict[str, str] = {}

    def take(event: EngineEvent) -> None:
        if isinstance(event, EngineWarning):
            warnings[event.code] = event.text
        events.put(event)

    engine: Engine = drivers.load(daemon.engines, name).open(settings.plain())
    try:
        engine.open(take)
        began = time.monotonic()
        ready = _wait(events, EngineReady, _LOAD_S)
        if isinstance(ready, EngineFailure):
            yield Finding(f"engine {name}", Health.FAIL, ready.text, "`dragoman engines` lists what is installed")
            return
        yield Finding(f"engine {name}", Health.OK, f"ready after {time.monotonic() - began:.1f} s")
        ready = _really(settings, name, ready)
        yield from _recognizers(settings, ready)
        yield from _translators(settings, ready, engine, events)
        yield from faulty(settings, warnings)
        yield _synthesizer(settings, ready)
    finally:
        engine.close()


def _really(settings: Settings, name: str, ready: EngineReady) -> EngineReady:
    """Return what an engine elsewhere says that it serves, where it can be asked, rather than what it is taken for."""
    asking = getattr(drivers.load(daemon.engines, name), "served", None)
    return ready if asking is None else asking(settings.plain())


def _wait(events: queue.SimpleQueue[EngineEvent], wanted: type[_Wanted], within_s: float) -> _Wanted | EngineFailure:
    """Return the next event of a kind, or a failure of the engine as a whole. Raises TimeoutError."""
    ends = time.monotonic() + within_s
    while True:
        try:
            event = events.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"no {wanted.__name__} within {within_s:g} s") from None
        if isinstance(event, wanted) or (isinstance(event, EngineFailure) and event.utterance is None):
            return event


def _recognizers(settings: Settings, ready: EngineReady) -> Iterator[Finding]:
    """Judge what may be spoken: of the two sides of a conversation one is enough to start."""
    sides = settings.languages.conversation or (settings.languages.source,)
    known = [lang for lang in sides if base(lang) in map(base, ready.recognizes)]
    yield from (Finding("recognizer", Health.OK, f"understands {lang}") for lang in known)
    for lang in (lang for lang in sides if lang not in known):
        text = f"{lang} is not understood; {', '.join(ready.recognizes) or 'nothing'} is"
        advice = {**ready.missing, **ready.unheard}.get(lang, "take another language, or name another engine")
        yield Finding("recognizer", Health.WARN if known else Health.FAIL, text, advice)


def _translators(
    settings: Settings, ready: EngineReady, engine: Engine, events: queue.SimpleQueue[EngineEvent]
) -> Iterator[Finding]:
    targets = settings.languages.targets
    engine.translate("doctor", _WORD, Task(settings.languages.source, targets))
    answer = _wait(events, TextTranslated, _WORD_S)
    if isinstance(answer, EngineFailure):
        yield Finding("translator", Health.FAIL, answer.text, "`dragoman engines` lists what is installed")
        return
    failed = 0
    for target in targets:
        translation = answer.translations.get(target)
        if translation is not None and translation.error is None:
            yield Finding(f"translator {target}", Health.OK, f"{_WORD} → {translation.text}")
            continue
        if translation is not None and translation.error is not None and translation.error.code == "speech_only":
            yield _translated_speech(settings.languages.source, target, ready)
            continue
        failed += 1
        text = translation.error.text if translation is not None and translation.error is not None else "no answer"
        # The daemon starts as long as one target is served.
        health = Health.FAIL if failed == len(targets) else Health.WARN
        advice = ready.missing.get(target) or f"install what serves {target}, or take it out of languages.targets"
        yield Finding(f"translator {target}", health, text, advice)


def _translated_speech(source: str, target: str, ready: EngineReady) -> Finding:
    """Judge an engine that translates no typed text by what it says that it serves."""
    part = f"translator {target}"
    if (base(source), base(target)) in {(base(pair.source), base(pair.target)) for pair in ready.pairs}:
        return Finding(part, Health.OK, f"{ready.engine} translates speech from {source}")
    into = ", ".join(sorted({pair.target for pair in ready.pairs if base(pair.source) == base(source)})) or "nothing"
    advice = f"install what serves {target} there, or take it out of languages.targets"
    return Finding(part, Health.WARN, f"{ready.engine} translates {source} into {into} only", advice)


def _synthesizer(settings: Settings, ready: EngineReady) -> Finding:
    speak = settings.languages.speak
    if not speak:
        return Finding("synthesizer", Health.NONE, "languages.speak is empty: nothing is spoken")
    if base(speak) in map(base, ready.speaks):
        return Finding("synthesizer", Health.OK, f"speaks {speak}")
    advice = ready.missing.get(speak) or '`dragoman engines` lists what is installed; languages.speak = "" for none'
    return Finding("synthesizer", Health.WARN, f"{speak} cannot be spoken", advice)


def _writable(directory: Path) -> Finding:
    found = f"speech goes to a file in {directory}"
    if os.access(directory, os.W_OK):
        return Finding("speaker", Health.OK, found)
    return Finding("speaker", Health.FAIL, f"{found}, which cannot be written", "name another file: speaker.device")
