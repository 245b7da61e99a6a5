"""What `dragoman doctor` looks at on the display: shows a text that a person can look for, and hears what answers."""

from __future__ import annotations

import time

from daemon import build
from daemon.cli.checkup import Finding, Health
from daemon.config import Settings
from daemon.outputs.captions import lacking
from daemon.outputs.pacing import Pacer
from daemon.outputs.panel_advice import PanelAdvice
from daemon.outputs.stranger import BYTES
from hw.api import Caption, CaptionLine, Link, Panel

_SHOWN = "dragoman doctor"
_CAPTION = Caption(CaptionLine("", _SHOWN, len(_SHOWN)), (CaptionLine("", _SHOWN, len(_SHOWN)),), status=_SHOWN)
#: What talks without being asked does so each second.
_LISTEN_S, _LOOK_S = 1.2, 0.05
#: So long an answer is waited for, without which some panels get no more.
_ANSWER_S = 1.0


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
        refused = _show(link, panel, Pacer(settings.display.baud, time.monotonic))
        strange = _strange(link, panel)
    finally:
        link.close()
    name = f"{driver} on {link.name}"
    if strange:
        found = f"{link.name}: what comes from it is not what a {driver} says at {settings.display.baud} baud"
        advice = "`dragoman devices` lists the ports; see display.driver, display.port and display.baud"
        return Finding("display", Health.FAIL, found, advice)
    if panel.unanswered:
        found = f"{name}: does not answer at {settings.display.baud} baud"
        return Finding("display", Health.WARN, found, PanelAdvice.of(settings).silence)
    if panel.refused > refused:
        found = f"{name}: does not take part of what it is sent"
        return Finding("display", Health.WARN, found, PanelAdvice.of(settings).refusals)
    return _drawn(settings, panel, name)


def _drawn(settings: Settings, panel: Panel, name: str) -> Finding:
    targets, advice = settings.languages.targets, PanelAdvice.of(settings)
    if homeless := ", ".join(targets[panel.places :]):
        return Finding("display", Health.WARN, f"{name}: has no room for {homeless}", advice.room)
    if foreign := ", ".join(lacking(panel, settings.languages.source, targets)):
        return Finding("display", Health.WARN, f"{name}: shows {foreign} in Latin letters", advice.letters)
    size = f"{panel.columns} x {panel.rows} characters"
    return Finding("display", Health.OK, f"{name}, {size}: is to show “{_SHOWN}”")


def _show(link: Link, panel: Panel, pacer: Pacer) -> int:
    """Show a text at the pace of the daemon: who is flooded refuses what he could take. Return what was refused before.

    The end of half an instruction, which there was not, may be refused.
    """
    link.write(panel.reset())
    time.sleep(_LOOK_S)
    panel.hear(link.read())
    refused = panel.refused
    answered_s = time.monotonic()
    while (data := panel.show(_CAPTION, pacer.piece)) or panel.unanswered:
        link.write(data)
        pacer.sent(len(data))
        time.sleep(pacer.wait_s())
        panel.hear(link.read())
        if not panel.unanswered:
            answered_s = time.monotonic()
        elif time.monotonic() - answered_s > _ANSWER_S:
            break
    return refused


def _strange(link: Link, panel: Panel) -> bool:
    """Tell whether so much comes that is not the panel's protocol that something else must be there."""
    ends = time.monotonic() + _LISTEN_S
    while time.monotonic() < ends and panel.ignored < BYTES:
        panel.hear(link.read())
        time.sleep(_LOOK_S)
    return panel.ignored >= BYTES
