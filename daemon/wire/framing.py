"""How a message lies in a WebSocket frame.

A text frame is header lines ``Name:Value``, each ended by CRLF, an empty line, and a body in UTF-8. A binary frame is
the length of its headers (two bytes, big-endian), the header lines, and the payload up to the end of the frame.
Source: the open JavaScript client's ``WebsocketMessageFormatter.ts``, and frames of the native one.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.wire.errors import WireError

PATH = "Path"
REQUEST_ID = "X-RequestId"
STREAM_ID = "X-StreamId"
TIMESTAMP = "X-Timestamp"
CONTENT_TYPE = "Content-Type"

_END = "\r\n"
_LENGTH_BYTES = 2
#: Longest head that is looked at; a binary frame could not hold more than 64 KiB.
_MAX_HEAD = 16_384
_MAX_HEADERS = 64
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Frame:
    """A message before its body is understood. `body` is a text in a text frame, bytes in a binary one."""

    #: What kind of message it is: ``turn.start``, ``audio``, …
    path: str
    body: str | bytes
    #: The turn that it belongs to, 32 hex digits; empty: none was named.
    request_id: str = ""
    #: All others, as (name, value), in their order.
    headers: tuple[tuple[str, str], ...] = ()

    def header(self, name: str, default: str = "") -> str:
        """Return the value of another header, its name in any case."""
        wanted = name.casefold()
        return next((value for known, value in self.headers if known.casefold() == wanted), default)

    @property
    def text(self) -> str:
        """The body of a text frame. Raises `WireError`."""
        if isinstance(self.body, str):
            return self.body
        raise WireError("not_text", f"{self.path} came as a binary message, not as a text")

    @property
    def payload(self) -> bytes:
        """The payload of a binary frame. Raises `WireError`."""
        if isinstance(self.body, bytes):
            return self.body
        raise WireError("not_binary", f"{self.path} came as a text, not as a binary message")


def encode(frame: Frame) -> str | bytes:
    """Return the WebSocket message: text or bytes, as the body is."""
    named = [(PATH, frame.path)]
    if frame.request_id:
        named.append((REQUEST_ID, frame.request_id))
    head = "".join(f"{name}:{value}{_END}" for name, value in (*named, *frame.headers))
    if isinstance(frame.body, str):
        return f"{head}{_END}{frame.body}"
    coded = head.encode("ascii", "replace")
    return len(coded).to_bytes(_LENGTH_BYTES, "big") + coded + frame.body


def decode(message: str | bytes) -> Frame:
    """Return the frame of a WebSocket message. Raises `WireError`."""
    if isinstance(message, str):
        head, _, body = message.partition(_END + _END)
        return _frame(head, body)
    length = int.from_bytes(message[:_LENGTH_BYTES], "big")
    start = _LENGTH_BYTES + length
    if len(message) < max(start, _LENGTH_BYTES):
        raise WireError("too_short", f"a binary message of {len(message)} bytes says that its headers are {length}")
    try:
        head = message[_LENGTH_BYTES:start].decode("ascii")
    except UnicodeDecodeError as error:
        raise WireError("bad_header", "headers of a binary message are not ASCII") from error
    return _frame(head, message[start:])


def _frame(head: str, body: str | bytes) -> Frame:
    headers = _headers(head)
    path, request_id, others = "", "", []
    for name, value in headers:
        if name.casefold() == PATH.casefold():
            path = value
        elif name.casefold() == REQUEST_ID.casefold():
            request_id = value
        else:
            others.append((name, value))
    if not path:
        raise WireError("no_path", f"a message without the header {PATH}: {head[:_SHOWN]!a}")
    return Frame(path, body, request_id, tuple(others))


def _headers(head: str) -> list[tuple[str, str]]:
    lines = [line for line in head.split(_END) if line] if len(head) <= _MAX_HEAD else None
    if lines is None or len(lines) > _MAX_HEADERS:
        raise WireError("too_long", f"headers of {len(head)} characters")
    found = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise WireError("bad_header", f"no header line: {line[:_SHOWN]!a}")
        found.append((name.strip(), value.strip()))
    return found
