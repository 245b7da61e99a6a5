"""``dragoman serve``: the gateway."""

from __future__ import annotations

import argparse

from daemon import build
from daemon.cli.arguments import add_config
from daemon.config import load
from daemon.drivers import DriverMissing
from daemon.journal import log_to_journal_or_stderr

HELP = "serve this machine's engine to other devices, by the Speech service's protocol"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal."""
    settings = load(arguments.config)
    try:
        from daemon.gateway.service import Gateway  # noqa: PLC0415 -- its libraries are an extra
    except ImportError as error:
        text = f"dragoman serve needs {error.name or error}: pip install 'dragoman[gateway]'"
        raise DriverMissing(text) from error
    log_to_journal_or_stderr()
    return Gateway(settings, lambda: build.engine(settings, settings.gateway.engine)).run()
