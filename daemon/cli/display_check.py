"""What `dragoman doctor` looks at on the display: shows a text that a person can look for, and hears what answers."""

from __future__ import annotations

import time

from daemon import build
from daemon.cli.checkup import Finding, Health
from daemon.config import Settings
from daemon.outputs.stranger import BYTES
from hw.api import Caption, CaptionLine, Link, Panel

_SHOWN = "dragoman doctor"
#: What talks without being asked does so each second.
_LISTEN_S, _LOOK_S = 1.2, 0.05


def display(settings: Settings) -> Finding:
    """Look at the display. Raises what opening its port raises."""
    panel = build.panel(settings)
    if panel is None:
        return Finding("display", Health.NONE, "display.driver is empty: no display")
    if not settings.display.port:
        advice = "`dragoman devices` lists the ports; dragoman config set display.port NAME"
        return Finding("display", Health.FAIL, "display.port is empty", advice)
    link = build.display_link(settings)
    driver = settings.display.driver
    try:
        link.open()
        _show(link, panel)
        if _strange(link, panel):
            found = f"{link.name}: what comes from it is not what a {driver} says at {settings.display.baud} baud"
            advice = "`dragoman devices` lists the ports; see display.driver, display.port and display.baud"
            return Finding("display", Health.FAIL, found, advice)
        if panel.unanswered:
            found = f"{driver} on {link.name}: does not answer at {settings.display.baud} baud"
            advice = (
                "is it switched on, are TX and RX the right way round, is display.baud its own? "
                f"If its TX is not connected: dragoman config set display.{driver}.answers false"
            )
            return Finding("display", Health.WARN, found, advice)
    finally:
        link.close()
    size = f"{panel.columns} x {panel.rows} characters"
    return Finding("display", Health.OK, f"{driver}, {size}, on {link.name}: is to show “{_SHOWN}”")


def _show(link: Link, panel: Panel) -> None:
    link.write(panel.reset())
    link.write(panel.show(Caption(translations=(CaptionLine("en", _SHOWN, len(_SHOWN)),))))


def _strange(link: Link, panel: Panel) -> bool:
    """Tell whether so much comes that is not the panel's protocol that something else must be there."""
    ends = time.monotonic() + _LISTEN_S
    while time.monotonic() < ends and panel.ignored < BYTES:
        panel.hear(link.read())
        time.sleep(_LOOK_S)
    return panel.ignored >= BYTES
