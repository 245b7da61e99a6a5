"""As much of HTTP/1.1 as the gateway needs beside WebSocket: one request after the other, bodies within bounds.

`websockets` reads the request that opens a WebSocket and nothing else: no method but GET, no body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

#: Longest head, bytes, and how long it may take to come, seconds.
MOST_HEAD = 16_384
HEAD_S = 10.0
#: Longest body: a minute of sound as clients usually have it, 48 kHz stereo. And how long it may take.
MOST_BODY = 12 << 20
_BODY_S = 90.0
#: From there a client that went away is not waited for.
_SEND_S = 30.0
#: From an answer to the next request, seconds.
_PAUSE_S = 2.0
_OLD = "HTTP/1.0"
#: Headers that say where a request ends: two could be read in two ways.
_ONCE = frozenset({"content-length", "transfer-encoding"})


class HttpError(Exception):
    """The request is answered with a status and a line of text."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request, whole. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def text(status: HTTPStatus, words: str, *headers: tuple[str, str]) -> Answer:
    """Return an answer for people."""
    return Answer(status, f"{words}\n".encode(), headers=headers)


def as_json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """Return an answer for programs."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, "application/json; charset=utf-8")


#: Gets the request's head, and raises `HttpError` before its body is read; what it returns is entered until the request
#: is answered, or given up.
Admit = Callable[[Request], AbstractContextManager[None]]
Respond = Callable[[Request], Awaitable[Answer]]


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    admit: Admit,
    respond: Respond,
    tell: Callable[[HTTPStatus], None],
) -> None:
    """Answer the requests of a connection, one after the other, to its end; `tell` gets each status.

    One that was refused is the last: what follows its head may be its body. Otherwise it is the client who ends the
    connection, or a pause: the service's own client takes an end right after an answer for a broken connection.
    """
    try:
        within_s, goes_on = HEAD_S, True
        while goes_on:
            answer, goes_on = await _answered(reader, writer, admit, respond, within_s)
            tell(answer.status)
            async with asyncio.timeout(_SEND_S):
                await _send(writer, answer, goes_on=goes_on)
            within_s = _PAUSE_S
    except (OSError, EOFError, TimeoutError):
        pass  # the client went away
    finally:
        writer.close()


async def _answered(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, admit: Admit, respond: Respond, within_s: float
) -> tuple[Answer, bool]:
    """Return the answer to the next request, and whether another may follow."""
    try:
        async with asyncio.timeout(within_s):
            head = parse_head(await reader.readuntil(b"\r\n\r\n"))
        with admit(head):
            async with asyncio.timeout(_BODY_S):
                body = await _body(head.headers, reader, writer)
            answer = await respond(Request(head.method, head.target, head.headers, body, head.version))
    except HttpError as error:
        return text(error.status, str(error)), False
    except asyncio.LimitOverrunError:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return text(status, f"a head or a line of more than {MOST_HEAD} bytes"), False
    ends = head.version == _OLD or "close" in head.headers.get("connection", "").lower()
    return answer, not ends


def parse_head(head: bytes) -> Request:
    """Return the request of a head. Raises `HttpError`."""
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):  # noqa: PLR2004 -- METHOD TARGET VERSION
        raise HttpError(HTTPStatus.BAD_REQUEST, f"no request line: {lines[0][:60]!a}")
    headers = {}
    for line in filter(None, lines[1:]):
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise HttpError(HTTPStatus.BAD_REQUEST, f"no header: {line[:60]!a}")
        if name.lower() in headers and name.lower() in _ONCE:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"{name[:40]} more than once")
        headers[name.lower()] = value.strip()
    return Request(words[0], words[1], headers, version=words[2])


async def _body(headers: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    coding, said = headers.get("transfer-encoding", "").lower(), headers.get("content-length", "")
    if coding not in ("", "chunked") or (coding and said):
        raise HttpError(HTTPStatus.NOT_IMPLEMENTED, f"transfer coding {coding[:40]!a}")
    if said and (not said.isascii() or not said.isdecimal()):
        raise HttpError(HTTPStatus.BAD_REQUEST, f"Content-Length is {said[:40]!a}")
    length = int(said[:12] or 0)
    if length > MOST_BODY:
        raise _too_long()
    if headers.get("expect", "").lower() == "100-continue" and (coding or length):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    return await _chunks(reader) if coding else await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = bytearray()
    while True:
        line = (await reader.readuntil(b"\r\n"))[:-2].partition(b";")[0].strip()
        try:
            length = int(line, 16)
        except ValueError as error:
            raise HttpError(HTTPStatus.BAD_REQUEST, f"no length of a chunk: {line[:20]!r}") from error
        if not 0 <= length <= MOST_BODY - len(whole):
            raise _too_long()
        if not length:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass  # trailers
            return bytes(whole)
        whole += await reader.readexactly(length)
        await reader.readexactly(2)


def _too_long() -> HttpError:
    return HttpError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MOST_BODY} bytes")


async def _send(writer: asyncio.StreamWriter, answer: Answer, *, goes_on: bool) -> None:
    status = answer.status
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Connection": "keep-alive" if goes_on else "close",
        **dict(answer.headers),
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    writer.write(answer.body)
    await writer.drain()
