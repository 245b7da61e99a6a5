"""Entry point: ``python -m daemon.engines.on_device.spoken`` reads settings, writes the languages that are spoken."""

from __future__ import annotations

import os
import sys

import msgspec

from daemon.drivers import DriverMissing
from daemon.engines.on_device.stages import InstalledStages


def main() -> None:
    """Read the settings from the standard input, write a list of languages: both JSON."""
    settings = msgspec.json.decode(sys.stdin.buffer.read())
    try:
        languages = InstalledStages(settings).synthesizer().languages
    except DriverMissing:
        languages = ()
    os.write(sys.stdout.fileno(), msgspec.json.encode(languages))


if __name__ == "__main__":
    main()
    os._exit(0)  # without closing the synthesizer: nothing of it is needed, and its library may hang
