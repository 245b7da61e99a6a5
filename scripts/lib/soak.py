"""``scripts/soak``: takes publisher, broker and subscriber away for minutes, and sends hostile payloads."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from scripts.lib.soak_hostile import attack
from tests.support.chaos import Calamities, Scene

#: The outbox keeps 5000 finals, and a replay can bring no more.
_MOST_FINALS = 5_000


def main() -> int:
    """Soak; exit status 1 where anything is missing, changed or uncounted."""
    arguments = _arguments()
    faults = []
    if arguments.payloads:
        with tempfile.TemporaryDirectory(prefix="dragoman-soak-") as folder:
            faults += attack(Path(folder), arguments.payloads, arguments.seed)
            _complain(faults)
    missing = _chaos(arguments)
    _complain(missing)
    faults += missing
    print("nothing missing, nothing changed" if not faults else f"{len(faults)} faults")
    return int(bool(faults))


def _complain(faults: list[str]) -> None:
    for fault in faults[:20]:
        print(f"scripts/soak: {fault}", file=sys.stderr, flush=True)


def _chaos(arguments: argparse.Namespace) -> list[str]:
    """Play rounds until the time is over, each with a seed of its own and an outbox of its own."""
    calamities = Calamities(arguments.publisher_deaths, arguments.broker_deaths, arguments.absences)
    ends = time.monotonic() + arguments.minutes * 60
    faults: list[str] = []
    rounds = 0
    while time.monotonic() < ends:
        seed = arguments.seed + rounds
        faults += [f"seed {seed}: {fault}" for fault in _round(arguments.finals, calamities, seed)]
        rounds += 1
    finals, publisher, broker, subscriber = (
        rounds * each for each in (arguments.finals, calamities.publisher, calamities.broker, calamities.subscriber)
    )
    print(
        f"chaos: {rounds} rounds, {finals} finals; killed: the publisher {publisher} times, the broker {broker} times; "
        f"the subscriber away {subscriber} times"
    )
    return faults


def _round(finals: int, calamities: Calamities, seed: int) -> list[str]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dragoman-soak-") as folder:
        scene = Scene(Path(folder), finals)
        scene.play(calamities, random.Random(seed))  # noqa: S311 -- a seed, so that a failure comes again
        faults = scene.faults()
    early = sum(kept < finals for kept in scene.kept_at_deaths)
    seconds = time.monotonic() - began
    print(
        f"  seed {seed}: {len(scene.got)} of {finals} finals in {seconds:.0f} s, {len(faults)} faults; "
        f"{early} times the publisher was killed before all had been said",
        flush=True,
    )
    return faults


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=9.0, help="of chaos; the round that has begun is finished")
    parser.add_argument("--finals", type=int, default=2_000, help=f"of a round, 100 a second; at most {_MOST_FINALS}")
    parser.add_argument("--publisher-deaths", type=int, default=20, help="of a round")
    parser.add_argument("--broker-deaths", type=int, default=10, help="of a round")
    parser.add_argument("--absences", type=int, default=6, help="of the subscriber, of a round")
    parser.add_argument("--payloads", type=int, default=100_000, help="hostile ones; 0: none")
    parser.add_argument("--seed", type=int, default=7, help="of the first round; each further one has the next")
    arguments = parser.parse_args()
    if not 0 < arguments.finals <= _MOST_FINALS:
        parser.error(f"--finals {arguments.finals} must be 1 to {_MOST_FINALS}: the outbox keeps no more")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
