"""Opens the stages' drivers by the names in the settings, and tells what they could do without opening them."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec

import daemon.recognizers
import daemon.synthesizers
import daemon.translators
from daemon import drivers, python_module
from daemon.drivers import DriverMissing
from daemon.engines.base import Pair
from daemon.engines.on_device.chain import Chain, Link
from daemon.engines.on_device.pronunciation import pronounced
from daemon.engines.on_device.settings import DeviceSettings
from daemon.language_tags import base
from daemon.recognizers.base import Recognizer
from daemon.synthesizers.base import Synthesizer

_LOG = logging.getLogger(__name__)

#: Opening a synthesizer takes a tenth of a second, on the smallest board a few.
_SPEAKS_S = 20.0


class Stages(Protocol):
    """Where the engine gets its stages from. Each method that opens one raises `DriverMissing`."""

    def recognizer(self, language: str, phrases: tuple[str, ...], others: tuple[str, ...]) -> Recognizer:
        """Open the recognizer of a language, BCP-47, that expects phrases; they may be said as in other languages."""

    def translator(self, source: str, target: str) -> Chain:
        """Open the translators of a direction, ISO 639 codes."""

    def synthesizer(self) -> Synthesizer:
        """Open the synthesizer."""

    def recognizes(self) -> tuple[str, ...]:
        """Return the languages that can be recognized, BCP-47."""

    def pairs(self) -> tuple[Pair, ...]:
        """Return the directions that can be translated, each once, by the first driver that serves it."""


class InstalledStages:
    """The drivers that the settings name."""

    def __init__(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._settings = settings
        self._device = msgspec.convert(settings.get("engine.device", {}), DeviceSettings)
        languages = settings.get("languages", {})
        named = (languages.get("source", ""), *languages.get("targets", ()), *languages.get("conversation", ()))
        #: Of the settings, ISO 639; empty where there are none.
        self._wanted = frozenset(base(each) for each in named if each)
        spoken = languages.get("conversation", ()) or named[:1]
        self._spoken = frozenset(base(each) for each in spoken if each)

    def recognizer(self, language: str, phrases: tuple[str, ...], others: tuple[str, ...]) -> Recognizer:
        """See `Stages`."""
        driver = drivers.load(daemon.recognizers, self._device.recognizer)
        opened: Recognizer = driver.open(language, self._of("recognizer", self._device.recognizer, driver))
        if phrases:
            opened.expect(pronounced(phrases, (language, *others)))
        return opened

    def translator(self, source: str, target: str) -> Chain:
        """See `Stages`."""
        links, packages, faults = [], [], []
        for name in self._device.translators:
            driver = drivers.load(daemon.translators, name)
            settings = self._of("translator", name, driver)
            if (source, target) in driver.pairs(settings):
                links.append(Link(name, partial(driver.open, source, target, settings)))
            packages.append(driver.package(source, target))
            faults += driver.faults(settings, self._wanted and self._wanted | {source, target})
        if links:
            return Chain(source, target, links, faults)
        known = " or ".join(package for package in packages if package)
        into = sorted({pair.target for pair in self.pairs() if pair.source == source})
        advice = f"install {known}" if known else f"{', '.join(self._device.translators)} cannot do it"
        advice += f"; from {source} there is {', '.join(into)}" if into else ""
        raise DriverMissing("; ".join([f"nothing installed translates {source} to {target}: {advice}", *faults]))

    def synthesizer(self) -> Synthesizer:
        """See `Stages`."""
        name = self._device.synthesizer
        if not name:
            raise DriverMissing("engine.device.synthesizer is empty: nothing is spoken")
        driver = drivers.load(daemon.synthesizers, name)
        opened: Synthesizer = driver.open(self._of("synthesizer", name, driver))
        return opened

    def recognizes(self) -> tuple[str, ...]:
        """See `Stages`."""
        name = self._device.recognizer
        driver = drivers.load(daemon.recognizers, name)
        return tuple(driver.languages(self._of("recognizer", name, driver)))

    def pairs(self) -> tuple[Pair, ...]:
        """See `Stages`."""
        found: dict[tuple[str, str], Pair] = {}
        for name in self._device.translators:
            driver = drivers.load(daemon.translators, name)
            for source, target in driver.pairs(self._of("translator", name, driver)):
                found.setdefault((source, target), Pair(source, target, name))
        return tuple(found.values())

    def speaks(self) -> tuple[str, ...]:
        """Return the languages that can be spoken.

        A synthesizer knows them once it is open. Its library is opened in a process that ends at once: espeak-ng's can
        be opened but once in the life of a process, and may hang at its end.
        """
        command = python_module.command("daemon.engines.on_device.spoken")
        given = msgspec.json.encode(msgspec.to_builtins(dict(self._settings)))
        try:
            answer = subprocess.check_output(command, input=given, timeout=_SPEAKS_S, env=python_module.environment())
            return tuple(msgspec.json.decode(answer, type=list[str]))
        except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
            _LOG.warning("the languages of the synthesizer cannot be had: %s", error)
            return ()

    def unheard(self, recognizes: Collection[str]) -> str:
        """Return what is wrong with models passed over, where a language of the settings is not recognized."""
        if self._spoken <= set(map(base, recognizes)):
            return ""
        driver = drivers.load(daemon.recognizers, self._device.recognizer)
        settings = self._of("recognizer", self._device.recognizer, driver)
        return "; ".join(driver.faults(settings)) if hasattr(driver, "faults") else ""

    def untranslated(self, pairs: Collection[Pair]) -> str:
        """Return what is wrong with models passed over, where a direction of the settings is not translated."""
        wanted = {(source, target) for source in self._spoken for target in self._wanted if source != target}
        if wanted <= {(pair.source, pair.target) for pair in pairs}:
            return ""
        faults: list[str] = []
        for name in self._device.translators:
            driver = drivers.load(daemon.translators, name)
            faults += driver.faults(self._of("translator", name, driver), self._wanted)
        return "; ".join(faults)

    def _of(self, family: str, name: str, driver: Any) -> Any:
        return msgspec.convert(self._settings.get(f"{family}.{name}", {}), driver.SETTINGS)
