"""``scripts/fuzz``: feeds both parsers of the protocol with what atheris makes of messages that were really said.

One run is one side: ``client`` is what a client says and a gateway reads, ``server`` the other way round. Nothing but
`WireError` may come of any bytes, and what was understood must be the same when it is said and read once more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["daemon"]):
    from daemon.gateway.http import HttpError, parse_head
    from daemon.gateway.ssml import parse_ssml
    from daemon.wire import from_client, from_server, messages
    from daemon.wire.context import Continuation, SpeechContext
    from daemon.wire.errors import WireError
    from daemon.wire.sound import parse_riff_header
    from daemon.wire.upgrade import parse_upgrade, with_query

_GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "speech_sdk_1.53.json"
_TURN = "0f" * 16
#: Longest input, bytes, and longest time for one, seconds.
_LONGEST, _SLOWEST_S = 8_192, 5

#: What stands where something else is expected.
_ODD = (
    *(b"null", b"true", b"[]", b"{}", b"-1", b"1e999", b"NaN"),
    *(b'"--1"', b'"9223372036854775808"', b"\\ud800", b"\r\n\r\n"),
)
Reader = Callable[[bytes], None]


# ---------------------------------------------------------------- what is tried


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")  # a WebSocket brings no text that is not UTF-8


def _understood(message: Any, encode: Callable[[Any], Any], parse: Callable[[Any], Any]) -> None:
    """Say again what was understood: from then on it must not change any more."""
    once = parse(encode(message))
    if parse(encode(once)) != once:
        raise AssertionError(f"not the same when it is read again: {once!r}")


def _said_by_client(message: str | bytes) -> None:
    _understood(from_client.parse_client(message), from_client.encode_client, from_client.parse_client)


def _said_by_server(message: str | bytes) -> None:
    from_server.continuation_of(message)
    understood = from_server.parse_server(message)
    for vocabulary in (messages.Vocabulary.V1, messages.Vocabulary.V2):
        _understood(understood, lambda each, used=vocabulary: from_server.encode_server(each, used), _read_server)


def _read_server(message: str | bytes) -> messages.ServerMessage:
    return from_server.parse_server(message)


def _address(data: bytes) -> None:
    """Read a request line and a context: an address, a line feed, and what follows it."""
    target, _, body = _text(data).partition("\n")
    upgrade = parse_upgrade(target, [("X-ConnectionId", body[:32])])
    with_query(SpeechContext(), upgrade)


def _head(data: bytes) -> None:
    try:
        request = parse_head(data)
    except HttpError:
        return
    parse_upgrade(request.target, request.headers.items())


#: What an input is, by its first byte: its number among the readers of its side.
READERS: dict[str, tuple[Reader, ...]] = {
    "client": (
        lambda data: _said_by_client(_text(data)),
        _said_by_client,
        _address,
        _head,
        lambda data: _ignored(parse_ssml(_text(data))),
        lambda data: _ignored(parse_riff_header(data)),
    ),
    "server": (lambda data: _said_by_server(_text(data)), _said_by_server),
}


def _ignored(_result: object) -> None:
    """Only that it came back matters."""


def one(side: str, data: bytes) -> None:
    """Read one input. Raises what must not happen."""
    readers = READERS[side]
    if not data:
        return
    with contextlib.suppress(WireError):
        readers[data[0] % len(readers)](data[1:])


# ---------------------------------------------------------------- what it starts from


def seeds(side: str) -> Iterator[bytes]:
    """Yield messages that were really said, or that we say ourselves, each with its first byte."""
    yield from _client_seeds() if side == "client" else _server_seeds()


def _client_seeds() -> Iterator[bytes]:
    for recorded in json.loads(_GOLDEN.read_text(encoding="utf-8")):
        yield b"\x02" + recorded["target"].encode()
        yield b"\x03" + f"GET {recorded['target']} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        for message in recorded["messages"]:
            binary = "binary" in message
            yield b"\x01" + bytes.fromhex(message["binary"]) if binary else b"\x00" + message["text"].encode()
    ssml = '<speak version="1.0" xml:lang="en-US"><voice name="es-ES-X">Hola<break time="200ms"/></voice></speak>'
    yield b"\x04" + ssml.encode()
    for message in (from_client.Ssml(_TURN, ssml), from_client.SynthesisContext(_TURN, "riff-24khz-16bit-mono-pcm")):
        yield b"\x00" + str(from_client.encode_client(message)).encode()


def _server_seeds() -> Iterator[bytes]:
    spans = (10_000_000, 20_000_000)
    words = (messages.Translated("es", "hola"), messages.Translated("fr", "salut"))
    said: list[messages.ServerMessage] = [
        messages.TurnStart(_TURN, "tag"),
        messages.SpeechStart(_TURN, 1),
        messages.Hypothesis(_TURN, "hello", *spans, words, "en-US"),
        messages.Phrase(_TURN, "Hello.", *spans, words, "en-US"),
        messages.Phrase(_TURN, "", *spans, status=messages.RecognitionStatus.NO_MATCH),
        messages.Phrase(_TURN, "Hello.", *spans, translation_error="no model"),
        messages.SynthesisAudio(_TURN, b"RIFF\0\0", "1"),
        messages.SynthesisEnd(_TURN),
        messages.SynthesisEnd(_TURN, "no voice"),
        messages.SynthesisResponse(_TURN, "1"),
        messages.SpeechEnd(_TURN, 5),
        messages.TurnEnd(_TURN),
    ]
    for vocabulary in messages.Vocabulary:
        for message in said:
            raw = from_server.encode_server(message, vocabulary, Continuation("", "a", 3))
            yield b"\x01" + raw if isinstance(raw, bytes) else b"\x00" + raw.encode()


def words(side: str) -> Iterator[str]:
    """Yield what libFuzzer puts into inputs: the words of the protocol, and values where others are expected."""
    found = {word for seed in seeds(side) for word in re.findall(rb"[A-Za-z][A-Za-z.-]{3,40}", seed)}
    for word in (*sorted(found), *_ODD):
        yield '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"'


# ---------------------------------------------------------------- the run


def main() -> int:
    """Fuzz one side; atheris ends the process, with a status other than 0 where something was found."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("side", choices=sorted(READERS))
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    arguments = parser.parse_args()
    corpus = arguments.corpus / arguments.side
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(arguments.side)):
        (corpus / f"seed-{number:03}").write_bytes(seed)
    dictionary = arguments.corpus / f"{arguments.side}.dict"
    dictionary.write_text("\n".join(words(arguments.side)) + "\n", encoding="ascii")
    options = (
        f"-dict={dictionary}",
        "-len_control=0",
        f"-max_total_time={arguments.seconds}",
        f"-max_len={_LONGEST}",
        f"-timeout={_SLOWEST_S}",
        f"-artifact_prefix={arguments.corpus}/{arguments.side}-",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: one(arguments.side, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
