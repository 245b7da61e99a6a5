"""What the service does without a WebSocket: a short recording to text, text to speech, which voices there are.

One request, one answer, within deadlines; the caller waits. Faults are `ServiceFault`, as with the streaming client.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from daemon.engines.base import Cure
from daemon.engines.speech_service.access import Access
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault, phrase_failed, refused, unreachable, wait_of
from daemon.engines.speech_service.request import USER_AGENT, Requests, RestAddresses, rest_addresses
from daemon.wire.errors import WireError
from daemon.wire.fields import Fields, parse_object
from daemon.wire.messages import RecognitionStatus
from daemon.wire.sound import SoundShape, riff_file
from daemon.wire.upgrade import OUTPUT_FORMAT, Upgrade
from hw.api import SPEECH_FORMAT

#: Longest recording that the service takes, seconds, and longest answer that is read, bytes: ten minutes of speech.
LONGEST_S = 60.0
_MOST_BYTES = 64 << 20
#: So long after the request an answer must be complete, seconds.
_ANSWER_S = 90.0
_READ_BYTES = 1 << 16
#: A request is made so often; a service that wants a longer pause than this between two is not asked again, seconds.
_ATTEMPTS = 3
_LONGEST_PAUSE_S = 10.0
_WAV = f"audio/wav; codecs=audio/pcm; samplerate={SPEECH_FORMAT.rate_hz}"
_OK = 200
_HTTP, _HTTPS = http.client.HTTP_PORT, http.client.HTTPS_PORT
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}) ?(.*)")


@dataclass(frozen=True, slots=True)
class Recognized:
    """What was said. `answer` is the service's own, whole; `text` is empty where nothing was."""

    text: str
    answer: dict[str, Any]


class RestClient:
    """See the module. `let_in` gives key, token and certificates for an address, read anew for each request."""

    def __init__(
        self,
        where: str,
        requests: Requests,
        let_in: Callable[[str], Access],
        deadlines: Deadlines | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._where = where
        #: What is asked, by the settings.
        self.requests = requests
        self._addresses: RestAddresses = rest_addresses(requests.addresses)
        self._let_in = let_in
        self._deadlines = deadlines or Deadlines()
        self._pause = pause

    # ------------------------------------------------------------ what can be asked

    def recognize(self, pcm: bytes, language: str, *, detailed: bool = False) -> Recognized:
        """Return what is said in sound of `SPEECH_FORMAT`. Raises `ServiceFault`."""
        if len(pcm) > LONGEST_S * SPEECH_FORMAT.bytes_per_second:
            raise ServiceFault("too_long", f"more than {LONGEST_S:g} s of sound", Cure.CONFIGURE)
        known = self.requests
        asked = {
            "language": language,
            "format": "detailed" if detailed else "simple",
            "profanity": known.settings.profanity,
            "cid": known.model,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        body = riff_file(SoundShape(SPEECH_FORMAT.rate_hz), pcm)
        answer = self._asked(
            f"{self._addresses.short_audio}?{query}", body, {"Content-Type": _WAV, "Accept": "application/json"}
        )
        return self._recognized(answer)

    def speak(self, ssml: str, output_format: str) -> bytes:
        """Return an SSML's speech in one of the service's formats. Raises `ServiceFault`."""
        headers = {"Content-Type": "application/ssml+xml", OUTPUT_FORMAT: output_format}
        return self._asked(self._addresses.speech, ssml.encode(), headers)

    def voices(self) -> list[dict[str, Any]]:
        """Return the voices as the service describes them. Raises `ServiceFault`."""
        return self._list(self._asked(self._addresses.voices))

    def health(self) -> Fields:
        """Return what a gateway says of itself, asked once. Raises `ServiceFault`."""
        return self._object(self._once(self._addresses.health, None, {}))

    # ------------------------------------------------------------ answers

    def _recognized(self, body: bytes) -> Recognized:
        said = self._object(body)
        try:
            word = said.text("RecognitionStatus")
            text = said.text("DisplayText")
        except WireError as error:
            raise self._unreadable(error) from error
        status = next((each for each in RecognitionStatus if each.value.casefold() == word.casefold()), None)
        failed = phrase_failed(self._where, status, "") if status is not None else None
        if failed is not None:
            raise ServiceFault(*failed)
        return Recognized(text, json.loads(body))

    def _object(self, body: bytes) -> Fields:
        try:
            return parse_object(body.decode(), "the answer")
        except (UnicodeDecodeError, WireError) as error:
            raise self._unreadable(error) from error

    def _list(self, body: bytes) -> list[dict[str, Any]]:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._unreadable(error) from error
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self._unreadable("not a list of voices")
        return found

    def _unreadable(self, why: object) -> ServiceFault:
        return ServiceFault("bad_answer", f"{self._where} gave an answer that cannot be read: {why}", Cure.NEXT)

    # ------------------------------------------------------------ one request, and one more

    def _asked(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        """Ask, and once more where that may help and the service does not want to be left alone for long."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._once(url, body, headers or {})
            except ServiceFault as fault:
                wait_s = max(fault.wait_s, self._deadlines.back_off(attempt))
                if fault.cure is Cure.CONFIGURE or attempt == _ATTEMPTS or wait_s > _LONGEST_PAUSE_S:
                    raise
                self._pause(wait_s)
        raise AssertionError  # the last attempt returns or raises

    def _once(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        let_in = self._let_in(url)
        named = {"User-Agent": USER_AGENT, **headers, **Upgrade("", key=let_in.key, token=let_in.token).headers()}
        parts = urlsplit(url)
        connection = self._connection(parts, let_in.tls)
        try:
            self._connect(connection)
            with _limited(connection.sock):
                connection.request("GET" if body is None else "POST", _target(parts), body, named)
                with connection.getresponse() as response:
                    return self._answer(response)
        except TimeoutError as error:
            raise ServiceFault("answer_timeout", f"{self._where} did not answer in time") from error
        except http.client.HTTPException as error:
            words = str(error) or type(error).__name__
            raise ServiceFault("unavailable", f"{self._where} does not speak HTTP as it should: {words}") from error
        except OSError as error:
            raise unreachable(self._where, error) from error
        finally:
            connection.close()

    def _connection(self, address: SplitResult, tls: ssl.SSLContext | None) -> http.client.HTTPConnection:
        """Return a connection, not open, through the proxy of the settings if there is one."""
        proxy = urlsplit(self.requests.settings.proxy)
        if proxy.scheme not in ("", "http") or (proxy.scheme and not proxy.hostname):
            text = f"{self._where}: without a WebSocket only an HTTP proxy is gone through, http://host:port"
            raise ServiceFault("bad_address", text, Cure.CONFIGURE)
        host, port = address.hostname or "", address.port
        to = (proxy.hostname, proxy.port or _HTTP) if proxy.hostname else (host, port)
        within_s = self._deadlines.connect_s
        connection = (
            http.client.HTTPConnection(*to, timeout=within_s)
            if tls is None
            else http.client.HTTPSConnection(*to, timeout=within_s, context=tls)
        )
        if proxy.hostname:
            connection.set_tunnel(host, port or (_HTTPS if tls else _HTTP), _proxy_headers(proxy))
        return connection

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except TimeoutError as error:
            text = f"{self._where} cannot be reached within {self._deadlines.connect_s:g} s"
            raise ServiceFault("connect_timeout", text) from error
        except OSError as error:
            if found := _TUNNEL.fullmatch(str(error)):
                raise refused(f"{self._where}: the proxy", int(found[1]), found[2]) from error
            raise
        connection.sock.settimeout(self._deadlines.silence_s)

    def _answer(self, response: http.client.HTTPResponse) -> bytes:
        whole = bytearray()
        while piece := response.read(_READ_BYTES):
            whole += piece
            if len(whole) > _MOST_BYTES:
                raise ServiceFault("bad_answer", f"{self._where} answered more than {_MOST_BYTES} bytes", Cure.NEXT)
        if response.length:
            raise http.client.IncompleteRead(bytes(whole), response.length)
        if response.status != _OK:
            said = whole.decode("utf-8", "replace") or response.reason
            wait_s = wait_of(response.headers.get("Retry-After", ""))
            raise refused(self._where, response.status, said, wait_s, what="request")
        return bytes(whole)


@contextmanager
def _limited(link: socket.socket) -> Iterator[None]:
    """End what a server draws out without end, a byte now and then: each wait alone would be short enough."""

    def cut() -> None:
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_ANSWER_S, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _target(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    words = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(words).decode()}"}
