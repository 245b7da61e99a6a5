"""What the driver modules of the service share: from plain settings to an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from daemon.drivers import DriverMissing
from daemon.engines.base import Engine, EngineReady, Pair, Task
from daemon.engines.speech_service.access import access
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.languages import TARGETS
from daemon.engines.speech_service.request import Addresses, Requests, host_addresses
from daemon.engines.speech_service.rest import RestClient
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.language_tags import base
from daemon.settings import LanguagesSection
from daemon.tasks import task_of
from hw.options import Conflict

Settings = TypeVar("Settings", bound=ServiceSettings)
_LIBRARY = "websockets"


def section(settings: Mapping[str, Mapping[str, Any]], name: str, kind: type[Settings]) -> Settings:
    """Return the engine's own section; what is missing has its default."""
    return msgspec.convert(dict(settings.get(f"engine.{name}", {})), kind)


def task(settings: Mapping[str, Mapping[str, Any]]) -> Task:
    """Return what the languages of the settings ask for."""
    return task_of(msgspec.convert(dict(settings.get("languages", {})), LanguagesSection))


def ready(name: str, wanted: Task, missing: dict[str, str]) -> EngineReady:
    """Return what the service serves, as far as it is known without asking: it knows more languages than are listed."""
    sources = tuple(base(way.source) for way in wanted.ways)
    targets = tuple(dict.fromkeys((*(base(target) for way in wanted.ways for target in way.targets), *TARGETS)))
    pairs = tuple(Pair(source, target, name) for source in sources for target in targets if target != source)
    return EngineReady(name, sources, pairs, targets, missing, translates_text=False)


def wrong_address(name: str, address: str) -> Iterator[Conflict]:
    """Yield what is wrong with the address that a key of the engine's section has, if it has one."""
    try:
        if address:
            host_addresses(name, address)
    except ServiceFault as fault:
        yield name, "not_allowed", fault.text.removeprefix(f"{name} ")


def rest_client(
    known_as: tuple[str, str],
    settings: Mapping[str, Mapping[str, Any]],
    own: ServiceSettings,
    addresses: Addresses,
    *,
    model: str = "",
) -> RestClient:
    """Return the client for what needs no WebSocket. `known_as` as in `engine`."""
    name, where = known_as
    speak = str(settings.get("languages", {}).get("speak", ""))
    return RestClient(where, Requests(addresses, own, speak, model), lambda url: access(name, own, url))


def engine(
    known_as: tuple[str, str],
    settings: Mapping[str, Mapping[str, Any]],
    own: ServiceSettings,
    addresses: Callable[[], Addresses],
    *,
    model: str = "",
    minutes: float = 0.0,
    deadlines: Deadlines | None = None,
) -> Engine:
    """Return the engine. `known_as`: its name, and how the service is called. Raises `DriverMissing`.

    `minutes` of sound are sent on a day at most; 0: as many as are spoken.
    """
    try:
        from daemon.engines.speech_service.engine import Known, SpeechServiceEngine  # noqa: PLC0415 -- its library
    except ImportError as error:
        raise DriverMissing(f"engine {known_as[0]} needs {_LIBRARY}: pip install 'dragoman[cloud]'") from error
    wanted = task(settings)
    speak = str(settings.get("languages", {}).get("speak", ""))
    known = Known(*known_as, ready(known_as[0], wanted, {}), wanted)
    return SpeechServiceEngine(known, lambda: Requests(addresses(), own, speak, model), deadlines, minutes)
