"""What goes wrong with a service elsewhere, and what helps."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from daemon.engines.base import Cure
from daemon.wire.messages import RecognitionStatus

#: Longest text of the service's that is passed on.
_LONGEST = 400
_TOO_MANY = 429
_LONGEST_WAIT_S = 3_600.0
#: HTTP status of a refused connection → code and cure.
_STATUSES: dict[int, tuple[str, Cure]] = {
    400: ("bad_request", Cure.CONFIGURE),
    401: ("unauthorized", Cure.CONFIGURE),
    403: ("unauthorized", Cure.CONFIGURE),
    404: ("not_found", Cure.CONFIGURE),
    407: ("proxy_refused", Cure.CONFIGURE),
    415: ("unsupported", Cure.CONFIGURE),
    _TOO_MANY: ("too_many_requests", Cure.NEXT),
}
#: Close codes by which a server says that what it got is wrong: the same would happen again.
_REJECTED = frozenset({1002, 1003, 1007, 1009, 4000})
_PHRASES: dict[RecognitionStatus, tuple[str, Cure]] = {
    RecognitionStatus.ERROR: ("service_error", Cure.RETRY),
    RecognitionStatus.TOO_MANY_REQUESTS: ("too_many_requests", Cure.NEXT),
    RecognitionStatus.BAD_REQUEST: ("bad_request", Cure.CONFIGURE),
    RecognitionStatus.FORBIDDEN: ("forbidden", Cure.CONFIGURE),
}
_ADVICE = {
    "unauthorized": "check the key or the token, and that they belong to this region",
    "not_found": "check the region or the address",
    "proxy_refused": "check the proxy's user and password",
}
_CONNECTION = "connection"
#: A connection is refused for what the settings ask; what is wrong with a request the service says by itself.
_CONNECTION_ADVICE = {"bad_request": "check languages, model and category"}


class ServiceFault(Exception):
    """The connection, or the turn at hand, failed. Code and text as in `EngineFailure`."""

    def __init__(
        self, code: str, text: str, cure: Cure = Cure.RETRY, *, wait_s: float = 0.0, blames_turn: bool = False
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.cure = cure
        #: The service wants to be left alone for so long, seconds.
        self.wait_s = wait_s
        #: What was asked in this turn is wrong, not the connection.
        self.blames_turn = blames_turn


def refused(where: str, status: int, said: str, wait_s: float = 0.0, what: str = _CONNECTION) -> ServiceFault:
    """Return what an HTTP status in the place of an answer means; `said`: the body, in the service's own words."""
    code, cure = _STATUSES.get(status, ("unavailable", Cure.RETRY))
    known = _ADVICE | _CONNECTION_ADVICE if what == _CONNECTION else _ADVICE
    advice = f"; {known[code]}" if code in known else ""
    return ServiceFault(code, f"{where} refused the {what}: {status} {_short(said)}{advice}", cure, wait_s=wait_s)


def closed(where: str, code: int | None, reason: str) -> ServiceFault:
    """Return what the end of a connection means; `code` None: it broke without a word."""
    if code in _REJECTED:
        text = f"{where} rejected what was asked: {code} {_short(reason)}".rstrip()
        return ServiceFault("rejected", text, Cure.CONFIGURE, blames_turn=True)
    said = f"closed the connection: {code} {_short(reason)}".rstrip() if code else "is gone: the connection broke"
    return ServiceFault("connection_lost", f"{where} {said}")


def unreachable(where: str, error: OSError) -> ServiceFault:
    """Return what an error on the way to a connection means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = (
            f"{where}: its certificate is not trusted: {error.verify_message}; check ca_file and this machine's clock"
        )
        return ServiceFault("certificate", text, Cure.CONFIGURE)
    advice = "check its region or address, and the network"
    return ServiceFault("unreachable", f"{where} cannot be reached: {error.strerror or error}; {advice}")


def phrase_failed(where: str, status: RecognitionStatus, said: str) -> tuple[str, str, Cure] | None:
    """Return code, text and cure of a phrase that is an error; None if it is none."""
    if status not in _PHRASES:
        return None
    code, cure = _PHRASES[status]
    return code, f"{where} answered {status.value} {_short(said)}".rstrip(), cure


def wait_of(said: str) -> float:
    """Return how long a ``Retry-After`` asks to be left alone, seconds; 0 if it says nothing that can be read."""
    if said.isascii() and said.isdecimal():
        return min(float(said), _LONGEST_WAIT_S)
    try:
        wait = parsedate_to_datetime(said) - datetime.now(UTC)
    except (TypeError, ValueError):
        return 0.0
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT_S)


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
