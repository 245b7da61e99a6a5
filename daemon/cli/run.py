"""``dragoman run``: the daemon."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path

from daemon.cli.arguments import CONFIGURATION, USAGE, CommandError, add_config
from daemon.config import ConfigError, load, state_directory
from daemon.drivers import DriverMissing
from daemon.journal import log_to_journal_or_stderr
from daemon.last_exit import LastExit
from daemon.probation import roll_back_after_crash
from daemon.serving import why_unserved
from daemon.stop_signals import StopSignals
from hw.audio_file import AudioFileError

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
    if not 0 < arguments.simulate_speed < math.inf:  # what is not a number is not more than 0 either
        raise CommandError(f"--simulate-speed {arguments.simulate_speed} must be a number of more than 0", USAGE)
    log_to_journal_or_stderr()
    signals = StopSignals()
    signals.watch()  # first: whoever was stopped before the start was over has not crashed
    rolled_back = roll_back_after_crash(state_directory(os.environ))
    settings = load(arguments.config)
    # What was set over MQTT never keeps the daemon from starting: `state` says what is missing.
    by_mqtt = any(path.startswith("languages.") for path in settings.remote)
    if not by_mqtt and (wrong := why_unserved(settings)):
        raise ConfigError(wrong)
    simulation = None
    if arguments.simulate is not None:
        simulation = Simulation(arguments.simulate, arguments.simulate_loop, arguments.simulate_speed)
    try:
        return Daemon(settings, simulation, rolled_back=rolled_back).run(signals)
    except AudioFileError as error:
        raise CommandError(str(error)) from error
    except DriverMissing as error:  # no engine can be used, and starting it again installs nothing
        LastExit(state_directory(os.environ)).ended(str(error))
        raise CommandError(str(error), CONFIGURATION) from error
