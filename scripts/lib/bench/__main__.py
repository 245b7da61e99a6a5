"""``scripts/bench``: runs the measurements that the command line names, and prints their tables."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from scripts.lib.demo_parts import DemoError

from . import (
    capture,
    chaos,
    endurance,
    gate,
    gate_delay,
    gateway,
    hearing,
    interrupt,
    memory,
    mqtt,
    quality,
    silence,
    stream,
    translate,
    whole,
)
from .corpus import NoRecordings
from .figures import Table
from .world import BenchError

_ALL: dict[str, Callable[[], Iterable[Table]]] = {
    "whole": whole.measure,
    "silence": lambda: [silence.measure()],
    "capture": lambda: [capture.measure()],
    "memory": lambda: [memory.measure()],
    "gate": gate.measure,
    "interrupt": lambda: [interrupt.measure()],
    "gate-delay": lambda: [gate_delay.measure()],
    "translate": lambda: [translate.measure()],
    "quality": lambda: quality.measure(details=False),
    "phrases": lambda: [hearing.phrases()],
    "conversation": lambda: [hearing.conversation()],
    "stream": lambda: chain(stream.measure(), [gateway.measure()]),
    "mqtt": mqtt.measure,
}


def main() -> int:
    """Measure; exit status 1 where it cannot be done. A bar that is missed is a result, no failure."""
    arguments = _arguments()
    print(_machine())
    try:
        for tables in _measurements(arguments):
            for table in tables():
                print(table, flush=True)
    except (BenchError, DemoError, NoRecordings) as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _measurements(arguments: argparse.Namespace) -> list[Callable[[], Iterable[Table]]]:
    if arguments.what == "endurance":
        return [lambda: [endurance.measure(arguments.minutes, arguments.speed or 4.0)]]
    if arguments.what == "whole":
        return [lambda: whole.measure(details=arguments.details)]
    if arguments.what == "quality":
        return [lambda: quality.measure(details=arguments.details)]
    if arguments.what == "chaos":
        plan = chaos.Plan(arguments.seed, speed=arguments.speed or 1.0, patience=arguments.patience)
        return [lambda: chaos.measure(arguments.utterances, plan, details=arguments.details)]
    return list(_ALL.values()) if arguments.what == "all" else [_ALL[arguments.what]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=[*_ALL, "chaos", "endurance", "all"])
    parser.add_argument("--details", action="store_true", help="whole, chaos, quality: show each sentence")
    parser.add_argument("--utterances", type=int, default=200, help="chaos: how many are spoken")
    parser.add_argument("--seed", type=int, default=7, help="chaos: of all that happens")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="chaos: times the ladder's budgets, on a busy machine"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="endurance: minutes of sound")
    parser.add_argument("--speed", type=float, help="endurance (4) and chaos (1): how many times as fast as real time")
    return parser.parse_args()


def _machine() -> str:
    memory = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, "
        f"{int(memory) // 1024} MB, Python {platform.python_version()}, load before {load}"
    )


if __name__ == "__main__":
    sys.exit(main())
