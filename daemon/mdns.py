"""Gateways on the local network, by mDNS: announced by `dragoman serve`, listed by `dragoman engines`, used by nobody.

What is found is for people to read: anybody on the network can announce anything. The only importer of zeroconf, which
a machine may lack: then nothing is announced or found.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from daemon.drivers import DriverMissing
from daemon.network import own_address

_LOG = logging.getLogger(__name__)
_TYPE = "_dragoman._tcp.local."
#: Longest name that is shown, and most gateways.
_NAME_CHARACTERS, _MOST = 63, 32
_ASK_S = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """A gateway that says it is there."""

    name: str
    #: What `engine.home.address` would be.
    address: str


def require() -> None:
    """Raise `DriverMissing` where there is no zeroconf."""
    _library()


class Announcement:
    """A gateway's. Raises `DriverMissing` without zeroconf. `interfaces`: own addresses; None: all."""

    def __init__(self, host: str, port: int, *, tls: bool, interfaces: Sequence[str] | None = None) -> None:
        library = _library()
        self._errors: tuple[type[Exception], ...] = (OSError, library.Error)
        self._interfaces = interfaces
        self._zeroconf: Any = None
        name = socket.gethostname().partition(".")[0][:_NAME_CHARACTERS]
        self._info = library.ServiceInfo(
            _TYPE,
            f"{name}-{port}.{_TYPE}",
            port=port,
            addresses=[ipaddress.ip_address(_announced(host)).packed],
            properties={"tls": "1" if tls else "0"},
            server=f"{name}.local.",
        )

    def start(self) -> None:
        """Announce it; waits until the name is known to be free. What fails is logged: the gateway serves without."""
        try:
            self._zeroconf = _zeroconf(_library(), self._interfaces)
            self._zeroconf.register_service(self._info)
        except self._errors as error:
            _LOG.warning("the gateway cannot be announced by mDNS: %s", error or type(error).__name__)

    def stop(self) -> None:
        """Take it back."""
        if self._zeroconf is not None:
            self._zeroconf.close()


def gateways(within_s: float, interfaces: Sequence[str] | None = None) -> list[Found]:
    """Return the gateways that answer within so many seconds; none without zeroconf."""
    try:
        library = _library()
        with _zeroconf(library, interfaces) as network:
            return _ask(library, network, within_s)
    except DriverMissing:
        return []
    except OSError as error:
        _LOG.warning("the network cannot be asked by mDNS: %s", error)
        return []


def _ask(library: Any, network: Any, within_s: float) -> list[Found]:
    names: set[str] = set()

    def heard(zeroconf: Any, service_type: str, name: str, state_change: Any) -> None:  # noqa: ARG001 -- by these names
        if len(names) < _MOST:
            names.add(name)

    browser = library.ServiceBrowser(network, _TYPE, handlers=[heard])
    time.sleep(within_s)
    browser.cancel()
    asked = ((name, network.get_service_info(_TYPE, name, int(_ASK_S * 1_000))) for name in sorted(names))
    return [_found(name, info) for name, info in asked if info is not None and info.parsed_addresses()]


def _found(name: str, info: Any) -> Found:
    scheme = "wss" if (info.properties or {}).get(b"tls") == b"1" else "ws"
    shown = "".join(char for char in name.removesuffix(f".{_TYPE}") if char.isprintable())[:_NAME_CHARACTERS]
    host = info.parsed_addresses()[0]
    return Found(shown, f"{scheme}://{f'[{host}]' if ':' in host else host}:{info.port}")


def _announced(host: str) -> str:
    """Return the address that others reach a gateway by."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = ipaddress.ip_address(own_address() or "127.0.0.1")
    return str(address) if not address.is_unspecified else own_address() or "127.0.0.1"


def _zeroconf(library: Any, interfaces: Sequence[str] | None) -> Any:
    return library.Zeroconf(interfaces=library.InterfaceChoice.All if interfaces is None else list(interfaces))


def _library() -> Any:
    try:
        import zeroconf  # noqa: PLC0415 -- most have no use for it
    except ImportError as error:
        raise DriverMissing("mDNS needs zeroconf: pip install 'dragoman[mdns]'") from error
    return zeroconf
