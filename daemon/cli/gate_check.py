"""What `dragoman doctor` looks at of the gate: whether whom it is to ask for a second opinion is there."""

from __future__ import annotations

from daemon import build
from daemon.cli.checkup import Finding, Health
from daemon.config import Settings


def second_opinion(settings: Settings) -> Finding:
    """Load the confirmer. Raises `DriverMissing`."""
    confirmer = build.confirmer(settings)
    if confirmer is None:
        return Finding("second opinion", Health.NONE, "gate.confirm is empty: the gate decides alone")
    confirmer.close()
    return Finding("second opinion", Health.OK, f"{settings.gate.confirm} can be asked")
