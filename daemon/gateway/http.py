"""As much of HTTP/1.1 as the gateway needs beside WebSocket: one request a connection, a body of known bounds.

`websockets` reads the request that opens a WebSocket and nothing else: no method but GET, no body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
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


#: Gets the request's head, and raises `HttpError` before its body is read.
Admit = Callable[[Request], None]
Respond = Callable[[Request], Awaitable[Answer]]


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, admit: Admit, respond: Respond
) -> HTTPStatus | None:
    """Read a request, answer it, end the connection; return the status, None where the client went away."""
    try:
        answer = await _answered(reader, writer, admit, respond)
        async with asyncio.timeout(_SEND_S):
            await _send(writer, answer)
    except (OSError, EOFError, TimeoutError):
        return None
    else:
        return answer.status
    finally:
        writer.close()


async def _answered(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, admit: Admit, respond: Respond
) -> Answer:
    try:
        async with asyncio.timeout(HEAD_S):
            head = parse_head(await reader.readuntil(b"\r\n\r\n"))
        admit(head)
        async with asyncio.timeout(_BODY_S):
            body = await _body(head.headers, reader, writer)
        return await respond(Request(head.method, head.target, head.headers, body))
    except HttpError as error:
        return text(error.status, str(error))
    except asyncio.LimitOverrunError:
        return text(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"a head or a line of more than {MOST_HEAD} bytes")


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
        headers[name.lower()] = value.strip()
    return Request(words[0], words[1], headers)


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


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    status = answer.status
    headers = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
        **dict(answer.headers),
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    writer.write(answer.body)
    await writer.drain()
