"""The embedded engine: recognizer, translators and synthesizer of this device, in a process of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from daemon.drivers import DriverMissing
from daemon.engines.base import EngineReady, Pair
from daemon.engines.memory import limit_mb
from daemon.engines.on_device.settings import DeviceSettings
from daemon.engines.process import ProcessEngine

SETTINGS = DeviceSettings

#: Module whose `build` makes the engine in the child.
_MODULE = "daemon.engines.on_device.engine"
#: Beginnings of the sections that it needs.
_SECTIONS = ("languages", "engine.device", "recognizer.", "translator.", "synthesizer.")


def open(settings: Mapping[str, Mapping[str, Any]]) -> ProcessEngine:  # noqa: A001 -- every driver module has an `open`
    """Return the engine for the settings, plain values by section: ``{"engine.device": {"recognizer": …}, …}``.

    Of ``languages`` it loads ``source`` and ``targets`` before it is ready; what is missing there it loads when an
    utterance asks for it.
    """
    needed = {section: values for section, values in settings.items() if section.startswith(_SECTIONS)}
    own = msgspec.convert(settings.get("engine.device", {}), DeviceSettings)
    return ProcessEngine("device", _MODULE, needed, memory_limit_mb=limit_mb(own.memory_limit_mb))


def capabilities(settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Return what is installed, without loading models.

    `missing` names the stages that cannot be used, or that lack a language of the settings and pass damaged models
    over.
    """
    # Here, because everything else in this module is imported by a daemon that need not know of the stages.
    from daemon.engines.on_device.stages import InstalledStages  # noqa: PLC0415

    stages = InstalledStages(settings)
    missing = {"recognizer": "", "translators": ""}
    recognizes: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    try:
        recognizes = stages.recognizes()
        missing["recognizer"] = stages.unheard(recognizes)
    except DriverMissing as error:
        missing["recognizer"] = str(error)
    try:
        pairs = stages.pairs()
        missing["translators"] = stages.untranslated(pairs)
    except DriverMissing as error:
        missing["translators"] = str(error)
    told = {stage: text for stage, text in missing.items() if text}
    return EngineReady("device", recognizes, pairs, stages.speaks(), told)
