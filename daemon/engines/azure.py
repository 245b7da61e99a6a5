"""The Azure Speech service, by its own protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daemon.engines.base import Cure, Engine, EngineReady
from daemon.engines.speech_service import driver
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import Addresses, host_addresses, region_addresses
from daemon.engines.speech_service.settings import AzureAddress, ServiceSettings

_NAME = "azure"
_UNSET = "set engine.azure.region, or engine.azure.endpoint, and the key: engine.azure.key_file"


@dataclass(frozen=True)
class AzureSettings(ServiceSettings, AzureAddress):
    """Speech translation by the Azure Speech service: what is said leaves the device."""


SETTINGS = AzureSettings


def open(  # noqa: A001 -- every driver module has an `open`
    settings: Mapping[str, Mapping[str, Any]], deadlines: Deadlines | None = None
) -> Engine:
    """Return the engine for the settings, plain values by section. Raises `DriverMissing`."""
    own = driver.section(settings, _NAME, AzureSettings)
    names = (_NAME, "Azure Speech")
    return driver.engine(names, settings, own, lambda: _addresses(own), model=own.model, deadlines=deadlines)


def capabilities(settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Return what the service is known to serve, without asking it."""
    own = driver.section(settings, _NAME, AzureSettings)
    missing = {} if own.region or own.endpoint else {_NAME: _UNSET}
    return driver.ready(_NAME, driver.task(settings), missing)


def _addresses(own: AzureSettings) -> Addresses:
    if own.endpoint:
        return host_addresses("engine.azure.endpoint", own.endpoint)
    if not own.region:
        raise ServiceFault("not_configured", f"Azure Speech: {_UNSET}", Cure.CONFIGURE)
    return region_addresses(own.region)
