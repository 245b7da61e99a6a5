"""A stronger machine at home: a gateway that speaks the Speech service's protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.engines.base import Cure, Engine, EngineReady, Pair
from daemon.engines.speech_service import driver
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import Addresses, host_addresses
from daemon.engines.speech_service.rest import RestClient
from daemon.engines.speech_service.settings import HomeAddress, ServiceSettings
from daemon.wire.errors import WireError
from hw.options import Conflict

_NAME = "home"
_KNOWN_AS = (_NAME, "the gateway at home")
_UNSET = "set engine.home.address to the gateway's: wss://HOST:8443"


@dataclass(frozen=True)
class HomeSettings(ServiceSettings, HomeAddress):
    """Speech translation by a gateway on the local network: what is said leaves the device, not the house."""

    def conflicts(self) -> Iterator[Conflict]:
        """Yield an address that is none."""
        return driver.wrong_address("address", self.address)


SETTINGS = HomeSettings


def open(  # noqa: A001 -- every driver module has an `open`
    settings: Mapping[str, Mapping[str, Any]], deadlines: Deadlines | None = None
) -> Engine:
    """Return the engine for the settings, plain values by section. Raises `DriverMissing`."""
    own = driver.section(settings, _NAME, HomeSettings)
    return driver.engine(_KNOWN_AS, settings, own, lambda: _addresses(own), deadlines=deadlines)


def capabilities(settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Return what the settings ask of the gateway; it is not asked."""
    own = driver.section(settings, _NAME, HomeSettings)
    return driver.ready(_NAME, driver.task(settings), {} if own.address else {_NAME: _UNSET})


def rest(settings: Mapping[str, Mapping[str, Any]]) -> RestClient:
    """Return the client for what needs no WebSocket. Raises `ServiceFault` where it is not configured."""
    own = driver.section(settings, _NAME, HomeSettings)
    return driver.rest_client(_KNOWN_AS, settings, own, _addresses(own))


def served(settings: Mapping[str, Mapping[str, Any]]) -> EngineReady:
    """Ask the gateway which languages it serves. Raises `ServiceFault`."""
    said = rest(settings).health()
    try:
        known = said.fields("serves")
        pairs = tuple(Pair(pair.text("from"), pair.text("to"), _NAME) for pair in known.objects("pairs"))
        return EngineReady(_NAME, known.texts("recognizes"), pairs, known.texts("speaks"), translates_text=False)
    except WireError as error:
        raise ServiceFault("bad_answer", f"{_KNOWN_AS[1]} says of itself: {error}", Cure.NEXT) from error


def _addresses(own: HomeSettings) -> Addresses:
    if not own.address:
        raise ServiceFault("not_configured", f"home: {_UNSET}", Cure.CONFIGURE)
    return host_addresses("engine.home.address", own.address)
