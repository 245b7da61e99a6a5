"""Makes the parts that the settings name; used by the composition root and the commands. Imports drivers by name.

Raises `DriverMissing` with what to install.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import daemon.engines
import daemon.gate.confirmers
import daemon.recognizers
import hw.displays
from daemon import config, drivers
from daemon.board import Board
from daemon.config import Settings
from daemon.engines.base import Engine, EngineReady
from daemon.events import OutputEvent
from daemon.gate.confirmers.base import Confirmer
from daemon.ladder import Ladder
from daemon.layers import BUILT_IN
from daemon.rungs import Budgets
from hw.api import Button, Light, Link, Microphone, Panel, Speaker
from hw.audio_process import CaptureProcess, PlaybackProcess
from hw.fake.speaker import RecordingSpeaker
from hw.gpio import GpioButton, GpioLight
from hw.serial_link import SerialLink

#: `speaker.device` of this form writes speech to a WAV file: ``file:/tmp/speech.wav``.
_FILE = "file:"


def microphone(settings: Settings) -> Microphone:
    """Return the microphone of the settings, closed."""
    section = settings.microphone
    channel = None if section.channel == "mix" else int(section.channel) - 1
    return CaptureProcess(section.device, section.gain_db, channel)


def speaker(settings: Settings) -> Speaker | None:
    """Return the speaker of the settings, closed; None if there is to be none."""
    device = settings.speaker.device
    if not device:
        return None
    if device.startswith(_FILE):
        return RecordingSpeaker(device.removeprefix(_FILE), realtime=True)
    return PlaybackProcess(device)


def panel(settings: Settings) -> Panel | None:
    """Return the panel of the settings; None if there is to be none."""
    name = settings.display.driver
    if not name:
        return None
    opened: Panel = drivers.load(hw.displays, name).open(settings.section(f"display.{name}"))
    return opened


def button(settings: Settings) -> Button | None:
    """Return the button of the settings, closed; None if there is to be none."""
    section = settings.button
    return GpioButton(section.pin, pull_up=section.pull_up) if section.pin >= 0 else None


def light(settings: Settings) -> Light | None:
    """Return the light of the settings, closed; None if there is to be none."""
    section = settings.light
    if not section.pins:
        return None
    return GpioLight(section.pins, active_high=section.active_high, brightness=section.brightness)


def confirmer(settings: Settings, board: Board | None = None) -> Confirmer | None:
    """Return the second opinion of the settings; None if there is to be none.

    Where it is missing the board is told, and the gate does without; without a board that is raised.
    """
    name = settings.gate.confirm
    if not name:
        return None
    try:
        opened: Confirmer = drivers.load(daemon.gate.confirmers, name).open(settings.section(f"confirmer.{name}"))
    except drivers.DriverMissing as error:
        if board is None:
            raise
        board.problem("no_confirmer", str(error))
        return None
    return opened


def display_link(settings: Settings) -> Link:
    """Return the link to the panel, closed."""
    return SerialLink(settings.display.port, settings.display.baud)


def engine(settings: Settings, name: str = "", *, patient: bool = False) -> Engine:
    """Return one engine, not opened: that of this name, or the best of the settings.

    `patient`: nobody waits, so that quality goes before speed where the settings do not say otherwise.
    """
    module = drivers.load(daemon.engines, name or settings.engine.order[0])
    opened: Engine = module.open(sections(settings, patient=patient))
    return opened


def _make_patient(settings: Settings, needed: dict[str, dict[str, Any]]) -> None:
    for name in drivers.names(daemon.recognizers):
        section = f"recognizer.{name}"
        for key, value in getattr(drivers.load(daemon.recognizers, name), "PATIENT", {}).items():
            if settings.origin(f"{section}.{key}") == BUILT_IN:
                needed[section][key] = value


def ladder(settings: Settings, board: Board, announce: Callable[[OutputEvent], None]) -> Ladder:
    """Return the engines of the settings as one, not opened. One that lacks its library is left out, and told of."""
    section = settings.engine
    return Ladder(
        _rungs(settings, board),
        board,
        announce=announce,
        budgets=Budgets(section.first_result_ms / 1000, section.final_ms / 1000),
        keep_open=section.keep_loaded,
    )


def _rungs(settings: Settings, board: Board) -> list[Engine]:
    """Return those engines that can be made here. Raises `DriverMissing` where that is none."""
    made, lacking = [], []
    for name in settings.engine.order:
        try:
            made.append(engine(settings, name))
        except drivers.DriverMissing as error:
            board.problem("engine_away", str(error), about=name)
            lacking.append(str(error))
    if not made:
        raise drivers.DriverMissing("; ".join(lacking))
    return made


def state_directory() -> Path | None:
    """Return where the daemon may keep things, as systemd gave it; None without."""
    return config.state_directory(os.environ)


def engine_names() -> list[str]:
    """Return the engines that there are."""
    return drivers.names(daemon.engines)


def capabilities(name: str, settings: Settings) -> EngineReady:
    """Return what an engine can do here, without loading it."""
    found: EngineReady = drivers.load(daemon.engines, name).capabilities(sections(settings))
    return found


def sections(settings: Settings, *, patient: bool = False) -> dict[str, dict[str, Any]]:
    """Return the sections that engines may need, as plain values: they travel to other processes."""
    needed = {"languages": settings.languages, **settings.drivers}
    plain = {name: asdict(section) for name, section in needed.items()}
    if patient:
        _make_patient(settings, plain)
    return plain
