"""What `dragoman doctor` looks at on the pins: takes the button's, and lets the light shine."""

from __future__ import annotations

import time

from daemon import build
from daemon.cli.checkup import Finding, Health
from daemon.config import Settings
from hw.api import Signal

_SHINES_S = 0.5


def button(settings: Settings) -> Finding:
    """Take the button's pin. Raises what that raises."""
    made = build.button(settings)
    if made is None:
        return Finding("button", Health.NONE, "button.pin is -1: no button")
    try:
        made.open(lambda _event: None)
    finally:
        made.close()
    return Finding("button", Health.OK, f"{made.name} can be used")


def light(settings: Settings) -> Finding:
    """Let the light shine for a moment, for whoever looks. Raises what taking its pins raises."""
    made = build.light(settings)
    if made is None:
        return Finding("light", Health.NONE, "light.pins is empty: no light")
    try:
        made.open()
        made.show(Signal.HEARING)
        time.sleep(_SHINES_S)
    finally:
        made.close()
    return Finding("light", Health.OK, f"{made.name}: is to have shone for {_SHINES_S:g} s")
