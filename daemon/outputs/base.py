"""What an output does, and the fan-out that tells all of them."""

from __future__ import annotations

import logging
from typing import Protocol

from daemon.events import OutputEvent

_LOG = logging.getLogger(__name__)


class Output(Protocol):
    """One consumer of results, with a mailbox of its own."""

    def offer(self, event: OutputEvent) -> None:
        """Take what concerns it. Never waits."""


class FanOut:
    """Tells every output; what one does wrong is logged and does not reach the others."""

    def __init__(self) -> None:
        self._outputs: list[Output] = []

    def add(self, output: Output) -> None:
        """Tell this one, too, from now on."""
        self._outputs.append(output)

    def publish(self, event: OutputEvent) -> None:
        """Offer the event to every output."""
        for output in self._outputs:
            try:
                output.offer(event)
            except Exception:  # noqa: BLE001 -- one broken output must not stop the others
                _LOG.exception("%s did not take %s", type(output).__name__, type(event).__name__)
