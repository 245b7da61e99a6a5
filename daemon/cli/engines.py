"""``dragoman engines``: what is installed here, what it serves, and what would serve more."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product
from string import ascii_lowercase

import daemon.engines
import daemon.translators
from daemon import drivers
from daemon.cli.arguments import DONE, add_config, add_json
from daemon.cli.output import print_json, print_table
from daemon.config import Settings, load
from daemon.drivers import DriverMissing
from daemon.engines.base import EngineReady
from daemon.engines.speech_service.faults import ServiceFault
from daemon.language_tags import base
from daemon.mdns import gateways

HELP = "list engines, their parts, and the language pairs that they serve"

#: Gateways on the network have so long to answer, seconds.
_LOOK_S = 1.5
#: More languages than this are counted, not listed.
_FEW = 8
#: Stages of the embedded engine, in the order of the sound's way.
_STAGES = ("recognizer", "translator", "synthesizer")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask every engine what it could do, without loading a model."""
    settings = load(arguments.config)
    engines = [_capabilities(settings, name) for name in settings.schema.drivers("engine")]
    silent = dict(_ask(settings, engines))
    served = _served(settings, engines)
    found = gateways(_LOOK_S)
    lacking, more = dict(_lacking(settings, served)), dict(_installable(settings, served))
    stages = {stage: settings.schema.drivers(stage) for stage in _STAGES}
    if arguments.json:
        print_json(
            {
                "engines": engines,
                "order": settings.engine.order,
                **stages,
                "lacking": lacking,
                "installable": more,
                "gateways": found,
                "silent": silent,
            }
        )
        return DONE
    _print_engines(settings, engines)
    for name, reason in silent.items():
        print(f"{name}: asked which languages it serves, and got no answer: {reason}")
    print()
    print_table(((stage, ", ".join(names) or "none") for stage, names in stages.items()), ("STAGE", "DRIVERS"))
    for target, advice in lacking.items():
        print(f"\n{settings.languages.source} to {target} is not served: {advice}")
    if more:
        print("\nCould be served, too:")
        print_table(more.items(), ("LANGUAGE", "PACKAGE"))
    if found:
        print("\nOn this network, used only if engine.home.address says so:")
        print_table(((gateway.name, gateway.address) for gateway in found), ("GATEWAY", "ADDRESS"))
    return DONE


def _capabilities(settings: Settings, name: str) -> EngineReady:
    try:
        ready: EngineReady = drivers.load(daemon.engines, name).capabilities(settings.plain())
    except DriverMissing as error:
        return EngineReady(name, missing={name: str(error)})
    return ready


def _ask(settings: Settings, engines: list[EngineReady]) -> Iterator[tuple[str, str]]:
    """Put what engines elsewhere say in the place of what they are taken for; yield who gives no answer, and why."""
    for at, engine in enumerate(engines):
        asking = getattr(drivers.load(daemon.engines, engine.engine), "served", None)
        if asking is None or not _is_configured(engine):
            continue
        try:
            engines[at] = asking(settings.plain())
        except ServiceFault as fault:
            yield engine.engine, fault.text


def _is_configured(engine: EngineReady) -> bool:
    """Tell whether an engine could be used by the settings: what is missing for it as a whole goes by its name."""
    return engine.engine not in engine.missing


def _print_engines(settings: Settings, engines: list[EngineReady]) -> None:
    order = settings.engine.order
    rows = (
        (
            engine.engine,
            str(order.index(engine.engine) + 1) if engine.engine in order else "-",
            (", ".join(engine.recognizes) or "-") if _is_configured(engine) else "not configured",
            _summary(engine.speaks) if _is_configured(engine) else "-",
        )
        for engine in engines
    )
    print_table(rows, ("ENGINE", "RUNG", "RECOGNIZES", "SPEAKS"))
    for engine in engines:
        for what, advice in engine.missing.items():
            print(f"{engine.engine}: {what}: {advice}")
    print()
    pairs = (row for engine in engines if _is_configured(engine) for row in _pairs(engine))
    print_table(pairs, ("FROM", "TO", "ENGINE", "TRANSLATOR"))


def _pairs(engine: EngineReady) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each pair; where one translator knows many targets, one for all."""
    into: dict[tuple[str, str], list[str]] = {}
    for pair in engine.pairs:
        into.setdefault((pair.source, pair.translator), []).append(pair.target)
    for (source, translator), targets in into.items():
        for target in targets if len(targets) <= _FEW else [_summary(tuple(targets))]:
            yield source, target, engine.engine, translator


def _summary(languages: tuple[str, ...]) -> str:
    return (", ".join(languages) if len(languages) <= _FEW else f"{len(languages)} languages") or "-"


def _lacking(settings: Settings, served: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each target that no engine of the ladder serves, with what to install for it."""
    for target in settings.languages.targets:
        if base(target) not in served:
            packages = _packages(settings, base(target))
            yield target, f"install {' or '.join(packages)}" if packages else "no translator here knows this pair"


def _installable(settings: Settings, served: set[str]) -> Iterator[tuple[str, str]]:
    """Yield each language that could be served, with the packages: all two-letter codes, for asking costs nothing."""
    for first, second in product(ascii_lowercase, repeat=2):
        packages = _packages(settings, first + second)
        if packages and first + second not in served:
            yield first + second, " or ".join(packages)


def _served(settings: Settings, engines: list[EngineReady]) -> set[str]:
    """Return the languages that the ladder translates the source into."""
    source = base(settings.languages.source)
    ladder = [engine for engine in engines if engine.engine in settings.engine.order]
    return {base(pair.target) for engine in ladder for pair in engine.pairs if base(pair.source) == source}


def _packages(settings: Settings, target: str) -> list[str]:
    """Return what each translator would need for a language."""
    source = base(settings.languages.source)
    translators = (drivers.load(daemon.translators, name) for name in settings.schema.drivers("translator"))
    return [package for driver in translators if (package := driver.package(source, target))]
