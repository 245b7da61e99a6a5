"""Runs checks one after the other; one that fails or hangs never stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """What a check found."""

    OK = "OK"
    NONE = "none"  # not configured, or nothing of the kind on this machine
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    part: str
    health: Health
    found: str
    #: What to do; empty only where nothing is wrong.
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """Looks at one part. `look` may raise; it is given up after the deadline."""

    part: str
    look: Callable[[], list[Finding]]
    deadline_s: float = 10.0
    #: What to do if it raises or hangs.
    advice: str = "see the message"


def examine(check: Check) -> list[Finding]:
    """Run one check within its deadline."""
    findings: list[Finding] = []

    def look() -> None:
        try:
            findings.extend(check.look())
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what was found
            text = str(error) or type(error).__name__
            findings.append(Finding(check.part, Health.FAIL, text, check.advice))

    # A daemon thread: one that hangs in a driver must not keep the command from ending.
    worker = threading.Thread(target=look, name=f"check {check.part}", daemon=True)
    worker.start()
    worker.join(check.deadline_s)
    if worker.is_alive():
        return [Finding(check.part, Health.FAIL, f"no answer within {check.deadline_s:g} s", check.advice)]
    return findings


def examine_all(checks: list[Check]) -> Iterator[Finding]:
    """Run every check, yielding what it found as soon as it has."""
    for check in checks:
        yield from examine(check)
