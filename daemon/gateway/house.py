"""What all sessions of a gateway share."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from daemon.engines.base import EngineReady
from daemon.gateway.metrics import Metrics
from daemon.gateway.pool import Pool
from daemon.settings import GateSection, GatewaySection

_LOG = logging.getLogger(__name__)
_MOST_REMARKS = 64


@dataclass(slots=True)
class House:
    """See the module."""

    pool: Pool
    metrics: Metrics
    settings: GatewaySection
    gate: GateSection
    #: The gateway stops: what is open is finished, nothing new begins.
    draining: bool = False
    #: What clients asked for in vain, each said once.
    remarks: set[str] = field(default_factory=set)

    def remark(self, *asked: str) -> None:
        """Say, once each, what a client asked for and does not get here."""
        for what in asked:
            if what not in self.remarks and len(self.remarks) < _MOST_REMARKS:
                self.remarks.add(what)
                _LOG.info("clients ask for %s, which is passed over here; said once", what)

    @property
    def served(self) -> EngineReady:
        """What is served; nothing while no engine is ready."""
        return self.pool.served or EngineReady("")
