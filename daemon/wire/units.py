"""Times on the wire, ticks of 100 ns, and the ids that name turns and connections."""

from __future__ import annotations

import uuid

TICKS_PER_SECOND = 10_000_000


def ticks(seconds: float) -> int:
    """Return seconds as ticks."""
    return round(seconds * TICKS_PER_SECOND)


def seconds(ticks_: int) -> float:
    """Return ticks as seconds."""
    return ticks_ / TICKS_PER_SECOND


def new_id() -> str:
    """Return an id for a turn or a connection: 32 hex digits."""
    return uuid.uuid4().hex
