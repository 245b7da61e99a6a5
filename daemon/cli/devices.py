"""``dragoman devices``: what can be named in the settings."""

from __future__ import annotations

import argparse
import sys

from daemon.cli.arguments import DONE, FAILED, add_json
from daemon.cli.output import print_json, print_table
from hw import audio_process, serial_link
from hw.api import DeviceError, DeviceInfo

HELP = "list microphones, speakers and serial ports by stable name"

#: Kind → the setting that takes its name.
_SETTINGS = {"microphone": "microphone.device", "speaker": "speaker.device", "serial": "display.port"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List all kinds; one that cannot be listed does not hide the others."""
    found: list[DeviceInfo] = []
    troubles: list[str] = []
    for look in (audio_process.list_devices, serial_link.list_ports):
        try:
            found += look()
        except DeviceError as error:
            troubles.append(str(error))
    if arguments.json:
        print_json({"devices": found, "problems": troubles})
    else:
        _print(found)
    for trouble in troubles:
        print(f"dragoman: {trouble}", file=sys.stderr)
    return FAILED if troubles else DONE


def _print(found: list[DeviceInfo]) -> None:
    kinds = list(_SETTINGS)
    ranked = sorted(found, key=lambda device: kinds.index(device.kind))
    rows = ((device.kind, device.name, device.description, ", ".join(device.aliases)) for device in ranked)
    print_table(rows, ("KIND", "NAME", "WHAT", "ALSO"))
    print()
    for kind, setting in _SETTINGS.items():
        there = any(device.kind == kind for device in found)
        print(f"dragoman config set {setting} NAME" if there else f"no {kind} found")
