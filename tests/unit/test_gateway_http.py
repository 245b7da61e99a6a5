"""The gateway's HTTP: requests, bodies, refusals."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from http import HTTPStatus

import pytest
from hypothesis import given, strategies

from daemon.gateway.http import MOST_BODY, Answer, HttpError, parse_head, serve


def answered(request: bytes, admit=lambda _request: contextlib.nullcontext()) -> bytes:
    """What comes back for the bytes of a request, and the end of the connection after them."""

    async def echo(asked):
        return Answer(HTTPStatus.OK, asked.body)

    async def run(ours, theirs):
        reader, writer = await asyncio.open_connection(sock=theirs, limit=16_384)
        ours.sendall(request)
        ours.shutdown(socket.SHUT_WR)
        await serve(reader, writer, admit, echo, lambda _status: None)
        await writer.wait_closed()
        return b"".join(iter(lambda: ours.recv(65_536), b""))

    ours, theirs = socket.socketpair()
    with ours, theirs:
        return asyncio.run(run(ours, theirs))


def test_a_body_is_read_by_its_length_or_in_chunks():
    assert answered(b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").endswith(b"\r\n\r\nhello")
    chunked = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"
    assert answered(chunked).endswith(b"\r\n\r\nhello")


def test_requests_may_follow_each_other_until_the_client_has_enough():
    first = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
    last = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo"
    said = answered(first + last + first)
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert said.endswith(b"Connection: close\r\n\r\ntwo")
    assert answered(b"GET /x HTTP/1.0\r\n\r\n" + first).count(b"HTTP/1.1 200 OK") == 1


def test_a_client_that_waits_to_be_told_is_told_to_go_on():
    said = answered(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET http://x HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n bad: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_a_request_that_is_none_is_refused_with_the_right_status(request_, status):
    assert answered(request_).startswith(b"HTTP/1.1 %d " % status)


def test_who_is_not_admitted_is_refused_before_the_body_is_read():
    def admit(_request):
        raise HttpError(HTTPStatus.UNAUTHORIZED, "no")

    assert answered(b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n", admit=admit).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("rest", [b"whole", b"half"])
def test_a_place_is_held_while_the_body_comes_and_given_back_whatever_becomes_of_it(rest):
    held = []

    @contextlib.contextmanager
    def place():
        held.append("taken")
        try:
            yield
        finally:
            held.append("free")

    answered(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n" + rest, admit=lambda _request: place())
    assert held == ["taken", "free"]


def test_nothing_is_answered_to_who_went_away():
    assert answered(b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nhalf") == b""


@given(strategies.binary(max_size=200))
def test_a_head_is_understood_or_refused_whatever_comes(head):
    for whole in (head, b"GET / HTTP/1.1\r\n" + head):
        with contextlib.suppress(HttpError):
            assert parse_head(whole).target.startswith("/")
