"""What MQTT costs and bears: the way of a final, the gate while the broker hangs, a thousand devices on one broker."""

from __future__ import annotations

from collections.abc import Iterator

from . import mqtt_delay, mqtt_fleet, mqtt_gate
from .figures import Table


def measure() -> Iterator[Table]:
    """Yield the three tables as they are made; the second takes most of the seven minutes."""
    yield mqtt_delay.measure()
    yield mqtt_fleet.measure()
    yield mqtt_gate.measure()
