"""``dragoman run``: the daemon."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from daemon.cli.arguments import CONFIGURATION, USAGE, CommandError, add_config
from daemon.config import load, state_directory
from daemon.journal import log_to_journal_or_stderr
from daemon.probation import roll_back_after_crash
from daemon.serving import unserved

HELP = "run the daemon"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)
    parser.add_argument("--simulate", metavar="AUDIO", type=Path, help="play this file as the microphone, then stop")
    parser.add_argument("--simulate-loop", action="store_true", help="repeat the file for ever")
    parser.add_argument("--simulate-speed", metavar="N", type=float, default=1.0, help="play it N times as fast")


def run(arguments: argparse.Namespace) -> int:
    """Run until a signal, or until a simulation is over."""
    from daemon.app import Daemon, Simulation  # noqa: PLC0415 -- the whole daemon; `--help` does without it

    if arguments.simulate is None and (arguments.simulate_loop or arguments.simulate_speed != 1.0):
        raise CommandError("--simulate-loop and --simulate-speed need --simulate AUDIO", USAGE)
    if arguments.simulate_speed <= 0:
        raise CommandError(f"--simulate-speed {arguments.simulate_speed} must be more than 0", USAGE)
    log_to_journal_or_stderr()
    rolled_back = roll_back_after_crash(state_directory(os.environ))
    settings = load(arguments.config)
    if reason := unserved(settings):
        raise CommandError(reason, CONFIGURATION)
    simulation = None
    if arguments.simulate is not None:
        simulation = Simulation(arguments.simulate, arguments.simulate_loop, arguments.simulate_speed)
    return Daemon(settings, simulation, rolled_back=rolled_back).run()
