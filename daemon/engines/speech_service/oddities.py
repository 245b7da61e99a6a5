"""What a server says that it should not: counted, logged once each, otherwise passed over."""

from __future__ import annotations

import logging
from collections import Counter

_LOG = logging.getLogger(__name__)


class Oddities(Counter[str]):
    """Code → how often."""

    def __init__(self, engine: str = "") -> None:
        super().__init__()
        self._engine = engine

    def note(self, code: str, text: str) -> None:
        """Count one more."""
        self[code] += 1
        if self[code] == 1:
            _LOG.warning("%s: %s; said once, counted from now on", code, text, extra={"ENGINE": self._engine})
