"""The Azure Speech service, by its own protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.engines.base import Cure, Engine, EngineReady
from daemon.engines.speech_service import driver, usage_file
from daemon.engines.speech_service.allowance import Usage, is_running_out, local_day, used_words
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import Addresses, host_addresses, region_addresses
from daemon.engines.speech_service.rest import RestClient
from daemon.engines.speech_service.settings import AzureAddress, ServiceSettings
from hw.options import Conflict, option

_NAME = "azure"
_KNOWN_AS = (_NAME, "Azure Speech")
_UNSET = "set engine.azure.region, or engine.azure.endpoint, and the key: engine.azure.key_file"


@dataclass(frozen=True)
class AzureSettings(ServiceSettings, AzureAddress):
    """Speech translation by the Azure Speech service: what is said leaves the device."""

    max_minutes_per_day: float = option(
        0.0,
        "Sound that may be sent to the service from one midnight, local time, to the next, minutes; 0: no limit.",
        minimum=0,
        maximum=1_440,
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield an endpoint that is no address."""
        return driver.wrong_address("endpoint", self.endpoint)


SETTINGS = AzureSettings


def open(  # noqa: A001 -- every driver module has an `open`
    settings: Mapping[str, Mapping[str, Any]], deadlines: Deadlines | None = None
) -> Engine:
    """Return the engine for the settings, plain values by section. Raises `DriverMissing`."""
    own = driver.section(settings, _NAME, AzureSettings)
    minutes = own.max_minutes_per_day
    return driver.engine(
        _KNOWN_AS, settings, own, lambda: _addresses(own), model=own.model, minutes=minutes, deadlines=deadlines
    )


def capabilities(settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Return what the service is known to serve, without asking it."""
    own = driver.section(settings, _NAME, AzureSettings)
    missing = {} if own.region or own.endpoint else {_NAME: _UNSET}
    return driver.ready(_NAME, driver.task(settings), missing)


def rest(settings: Mapping[str, Mapping[str, Any]]) -> RestClient:
    """Return the client for what needs no WebSocket. Raises `ServiceFault` where it is not configured."""
    own = driver.section(settings, _NAME, AzureSettings)
    return driver.rest_client(_KNOWN_AS, settings, own, _addresses(own), model=own.model)


def usage(settings: Mapping[str, Mapping[str, Any]], directory: Path | None) -> tuple[str, bool] | None:
    """Return how much of the day's minutes is used, in words, and whether that is much; None: there is no limit."""
    minutes = driver.section(settings, _NAME, AzureSettings).max_minutes_per_day
    if not minutes:
        return None
    today = local_day()
    kept = usage_file.read(usage_file.usage_path(_NAME, directory))
    known = kept if kept is not None and kept.day >= today else Usage(today)
    return used_words(_NAME, known.spent_s, minutes), is_running_out(known.spent_s, minutes)


def _addresses(own: AzureSettings) -> Addresses:
    if own.endpoint:
        return host_addresses("engine.azure.endpoint", own.endpoint)
    if not own.region:
        raise ServiceFault("not_configured", f"Azure Speech: {_UNSET}", Cure.CONFIGURE)
    return region_addresses(own.region)
