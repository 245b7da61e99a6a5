"""``dragoman engines``: what is installed here, what it serves, and what would serve more."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import daemon.engines
import daemon.translators
from daemon import drivers
from daemon.cli.arguments import DONE, add_config, add_json
from daemon.cli.output import print_json, print_table
from daemon.config import Settings, load
from daemon.drivers import DriverMissing
from daemon.engines.base import EngineReady
from daemon.settings_checks import base

HELP = "list engines, their parts, and the language pairs that they serve"

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
    lacking = dict(_lacking(settings, engines))
    stages = {stage: settings.schema.drivers(stage) for stage in _STAGES}
    if arguments.json:
        print_json({"engines": engines, "order": settings.engine.order, **stages, "lacking": lacking})
        return DONE
    _print_engines(settings, engines)
    print()
    print_table(((stage, ", ".join(names) or "none") for stage, names in stages.items()), ("STAGE", "DRIVERS"))
    for target, advice in lacking.items():
        print(f"\n{settings.languages.source} to {target} is not served: {advice}")
    return DONE


def _capabilities(settings: Settings, name: str) -> EngineReady:
    try:
        ready: EngineReady = drivers.load(daemon.engines, name).capabilities(settings.plain())
    except DriverMissing as error:
        return EngineReady(name, missing={name: str(error)})
    return ready


def _print_engines(settings: Settings, engines: list[EngineReady]) -> None:
    order = settings.engine.order
    rows = (
        (
            engine.engine,
            str(order.index(engine.engine) + 1) if engine.engine in order else "-",
            ", ".join(engine.recognizes) or "-",
            ", ".join(f"{pair.source}-{pair.target} ({pair.translator})" for pair in engine.pairs) or "-",
            _summary(engine.speaks),
        )
        for engine in engines
    )
    print_table(rows, ("ENGINE", "RUNG", "RECOGNIZES", "TRANSLATES", "SPEAKS"))
    for engine in engines:
        for what, advice in engine.missing.items():
            print(f"{engine.engine}: {what}: {advice}")


def _summary(languages: tuple[str, ...]) -> str:
    few = 8
    return (", ".join(languages) if len(languages) <= few else f"{len(languages)} languages") or "-"


def _lacking(settings: Settings, engines: list[EngineReady]) -> Iterator[tuple[str, str]]:
    """Yield each target that no engine of the ladder serves, with what to install for it."""
    source = base(settings.languages.source)
    ladder = [engine for engine in engines if engine.engine in settings.engine.order]
    served = {(base(pair.source), base(pair.target)) for engine in ladder for pair in engine.pairs}
    for target in settings.languages.targets:
        if (source, base(target)) not in served:
            packages = [
                p for p in (_package(name, source, base(target)) for name in settings.schema.drivers("translator")) if p
            ]
            yield target, f"install {' or '.join(packages)}" if packages else "no translator here knows this pair"


def _package(name: str, source: str, target: str) -> str | None:
    driver: Any = drivers.load(daemon.translators, name)
    package: str | None = driver.package(source, target)
    return package
