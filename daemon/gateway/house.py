"""What all sessions of a gateway share."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.engines.base import EngineReady
from daemon.gateway.metrics import Metrics
from daemon.gateway.pool import Pool
from daemon.settings import GateSection, GatewaySection


@dataclass(slots=True)
class House:
    """See the module."""

    pool: Pool
    metrics: Metrics
    settings: GatewaySection
    gate: GateSection
    #: The gateway stops: what is open is finished, nothing new begins.
    draining: bool = False

    @property
    def served(self) -> EngineReady:
        """What is served; nothing while no engine is ready."""
        return self.pool.served or EngineReady("")
