"""``dragoman`` on a machine with pins that are played: the first argument is a FIFO, each byte moves the button's pin.

``d`` presses it (to ground), ``u`` lets it go; gpiozero's own mock pins.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from daemon.cli.main import main

#: GPIO number of the button.
PIN = 17


def _follow(fifo: Path, factory: MockFactory) -> None:
    with fifo.open("rb", buffering=0) as moves:
        while move := moves.read(1):
            pin = factory.pin(PIN)
            pin.drive_low() if move == b"d" else pin.drive_high()


if __name__ == "__main__":
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    threading.Thread(target=_follow, args=(Path(sys.argv[1]), Device.pin_factory), name="finger", daemon=True).start()
    sys.argv = ["dragoman", *sys.argv[2:]]
    sys.exit(main())
