"""What the gateway makes of clients that send garbage, or nothing, or go away."""

from __future__ import annotations

import contextlib
import random
import socket

import pytest
from websockets.exceptions import ConnectionClosed

from daemon.wire.context import SpeechContext
from daemon.wire.framing import Frame, encode
from daemon.wire.from_client import (
    Audio,
    AudioCommit,
    AudioStart,
    SpeechConfig,
    Ssml,
    SynthesisContext,
    TurnContext,
    UpdateLanguages,
    encode_client,
)
from daemon.wire.messages import Phrase, SpeechStart
from daemon.wire.sound import SoundShape
from daemon.wire.upgrade import HOST_SYNTHESIS_PATH, UNIVERSAL_PATH
from tests.support.gateway import (
    SECOND,
    SPANISH,
    V1,
    Client,
    PlayedGateway,
    eventually,
    figure,
    scripted,
    spoken,
    ssml,
    talk,
)

pytestmark = pytest.mark.parts

TEXT_AUDIO = "Path: audio\r\nX-RequestId: 1\r\n\r\n"
BINARY_CONTEXT = encode(Frame("speech.context", b"{}", "1"))


@pytest.mark.parametrize(
    ("garbage", "code"),
    [
        ("", 1002),
        ("hello", 1002),
        (b"", 1002),
        (b"\xff\xff\xff", 1002),
        (b"\x00\x05Path:", 1002),
        (TEXT_AUDIO, 1003),
        (BINARY_CONTEXT, 1003),
        ("Path: speech.context\r\nX-RequestId: 1\r\n\r\n{", 1007),
        ("Path: speech.context\r\nX-RequestId: 1\r\n\r\n[]", 1007),
        ('Path: speech.context\r\nX-RequestId: 1\r\n\r\n{"phraseDetection":{"language":7}}', 1007),
        ('Path: speech.context\r\nX-RequestId: 1\r\n\r\n{"phraseDetection":{"language":"fr-FR"}}', 1007),
        (bytes(2 << 20), 1009),
    ],
)
def test_garbage_ends_its_own_connection_with_the_protocols_code_and_no_other(garbage, code):
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as good:
        good.begin(SPANISH)
        good.sound(spoken())
        with Client(gateway.address) as bad:
            bad.connection.send(garbage)
            with pytest.raises(ConnectionClosed) as closed:
                bad.connection.recv(10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == code
        good.finish()
        good.until_end()
        assert len(good.phrases) == 1


def mutilated(chance: random.Random, raw: str | bytes) -> str | bytes:
    """The message with some of it changed, or cut off, or as it is."""
    kept = raw[: chance.randrange(len(raw) + 1)] if chance.random() < 0.3 else raw
    if not kept or chance.random() < 0.5:
        return kept
    at = chance.randrange(min(len(kept), 200))
    if isinstance(kept, str):
        return kept[:at] + chance.choice('\0\r\n:{"1é😀') + kept[at + 1 :]
    return kept[:at] + bytes([chance.randrange(256)]) + kept[at + 1 :]


def test_whatever_is_sent_nothing_but_its_own_connection_ends(caplog):
    chance = random.Random(7)
    turn = "1" * 32
    messages = (
        SpeechConfig("Dragoman", "1"),
        TurnContext(turn, SpeechContext("en-US", ("es", "xx"), voices=(("es", "es-X"),), initial_silence_ms=1)),
        AudioStart(turn, SoundShape(8_000, 1, 8), bytes(999)),
        Audio(turn, chance.randbytes(50_000)),
        UpdateLanguages(turn, ("ca",)),
        AudioCommit(turn, "1"),
        Audio(turn, b""),
        SynthesisContext(turn, "raw-16khz-16bit-mono-pcm"),
        Ssml(turn, ssml("hola")),
    )
    with PlayedGateway([scripted(), scripted()], wait_s=1.0) as gateway:
        for _connection in range(80):
            path = chance.choice((UNIVERSAL_PATH, f"{V1}?from=en-US&to=es", HOST_SYNTHESIS_PATH))
            with contextlib.suppress(ConnectionClosed), Client(gateway.address, path) as client:
                for message in messages:
                    client.connection.send(mutilated(chance, encode_client(message)))
        eventually(lambda: not figure(gateway.port, "sessions") and not figure(gateway.port, "engines_busy"))
        with Client(gateway.address) as client:
            assert talk(client, spoken())
        assert figure(gateway.port, "closed_total") > 10
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_sound_that_cannot_be_understood_is_refused():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.turn = "1" * 32
        client.say(TurnContext(client.turn, SPANISH))
        mp3 = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x55\0\1\0\x80\x3e\0\0\0\0\0\0\0\0\0\0data\0\0\0\0"
        headers = (("Content-Type", "audio/x-wav"),)
        client.connection.send(encode(Frame("audio", mp3, client.turn, headers)))
        with pytest.raises(ConnectionClosed) as closed:
            client.until(lambda message: isinstance(message, Phrase))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007


def test_what_belongs_to_no_turn_is_passed_over():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.say(Audio("2" * 32, SECOND))
        client.say(Audio("2" * 32, b""))
        client.say(UpdateLanguages("", ("de",)))
        client.connection.send("Path: telemetry\r\n\r\n{}")
        assert talk(client, spoken())


def test_a_client_that_says_nothing_for_long_is_let_go():
    with PlayedGateway([scripted()], idle_s=0.2) as gateway, Client(gateway.address) as client:
        with pytest.raises(ConnectionClosed) as closed:
            client.connection.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


def test_a_client_that_goes_away_in_mid_utterance_leaves_nothing_behind():
    engine = scripted()
    with PlayedGateway([engine], sessions=1) as gateway:
        with Client(gateway.address) as client:
            client.begin(SPANISH, name="Dragoman")
            client.sound(SECOND)
            client.until(lambda message: isinstance(message, SpeechStart))
            client.connection.socket.shutdown(socket.SHUT_RDWR)
        eventually(lambda: not figure(gateway.port, "sessions") and not figure(gateway.port, "engines_busy"))
        assert engine._open == {}
        with Client(gateway.address) as client:
            assert talk(client, spoken())
