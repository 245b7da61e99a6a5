"""Text to speech from the gateway, and what it answers by REST."""

from __future__ import annotations

import io
import json
import socket

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from daemon.engines.script import Line
from daemon.wire.from_client import Ssml, SynthesisContext
from daemon.wire.messages import SynthesisAudio
from daemon.wire.sound import parse_riff_header
from daemon.wire.upgrade import HOST_SYNTHESIS_PATH
from tests.support.gateway import (
    RECOGNITION,
    SECOND,
    Client,
    PlayedGateway,
    eventually,
    get,
    health,
    post,
    scripted,
    ssml,
)

pytestmark = pytest.mark.parts
TOKEN = "/sts/v1.0/issueToken"  # noqa: S105 -- a path


def test_text_to_speech_comes_in_the_format_that_was_asked_for():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address, HOST_SYNTHESIS_PATH) as client:
        for rate_hz in (24_000, 8_000):
            client.turn = f"{rate_hz:032}"
            client.say(SynthesisContext(client.turn, f"riff-{rate_hz // 1000}khz-16bit-mono-pcm"))
            client.say(Ssml(client.turn, ssml("hola")))
            said = client.until_end()
            sound = b"".join(message.data for message in said if isinstance(message, SynthesisAudio))
            found = parse_riff_header(sound)
            assert found is not None
            assert found[0].rate_hz == rate_hz
            assert abs(len(sound) - 44 - rate_hz * 2 * 0.3) < 200


@pytest.mark.parametrize("text", ["no ssml", ssml("foo", "xx")])
def test_what_cannot_be_spoken_ends_the_connection(text):
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address, HOST_SYNTHESIS_PATH) as client:
        client.say(Ssml("1" * 32, text))
        with pytest.raises(ConnectionClosed) as closed:
            client.connection.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007


def wav(pcm: bytes) -> bytes:
    from daemon.gateway.conversion import OutputFormat  # noqa: PLC0415 -- here only

    return OutputFormat(16_000, riff=True).whole(pcm)


def test_short_sound_is_recognized_by_rest():
    with PlayedGateway([scripted(Line("Hello there."), Line(""))]) as gateway:
        status, body = post(gateway.port, f"{RECOGNITION}?language=en-US&format=detailed", wav(SECOND * 2))
        assert status == 200
        answer = json.loads(body)
        assert (answer["RecognitionStatus"], answer["DisplayText"]) == ("Success", "Hello there.")
        assert answer["Duration"] == 20_000_000
        assert answer["NBest"][0]["Display"] == "Hello there."
        status, body = post(gateway.port, f"{RECOGNITION}?language=en-US", wav(SECOND))
        assert json.loads(body)["RecognitionStatus"] == "NoMatch"


def test_short_sound_is_taken_as_ogg_too_up_to_its_longest():
    soundfile = pytest.importorskip("soundfile")

    def ogg(seconds):
        file = io.BytesIO()
        soundfile.write(file, np.zeros(seconds * 16_000, "<i2"), 16_000, format="OGG", subtype="OPUS")
        return file.getvalue()

    engine = scripted(Line("Hello there."))
    with PlayedGateway([engine]) as gateway:
        status, body = post(gateway.port, f"{RECOGNITION}?language=en-US", ogg(2), Content_Type="audio/ogg")
        assert (status, json.loads(body)["Duration"]) == (200, 20_000_000)
        assert abs(len(engine.heard[1]) - 2 * len(SECOND)) <= 4
        assert post(gateway.port, f"{RECOGNITION}?language=en-US", ogg(61)) == (400, b"more than 60 s of sound\n")
        assert post(gateway.port, f"{RECOGNITION}?language=en-US", b"OggS" + SECOND)[0] == 400


def test_a_token_is_issued_for_a_key_and_let_in():
    key = "0123456789abcdef"
    with PlayedGateway([scripted()], tokens=(key,)) as gateway:
        assert post(gateway.port, TOKEN, b"")[0] == 401
        status, token = post(gateway.port, TOKEN, b"", Ocp_Apim_Subscription_Key=key)
        assert status == 200
        bearer = {"Authorization": f"Bearer {token.decode()}"}
        assert post(gateway.port, TOKEN, b"", **bearer)[0] == 401, "it is not renewed by itself"
        url = f"{RECOGNITION}?language=en-US"
        assert [post(gateway.port, url, wav(SECOND), **said)[0] for said in ({}, bearer)] == [401, 200]


@pytest.mark.parametrize(
    ("query", "body"),
    [("", wav(SECOND)), ("?language=fr-FR", wav(SECOND)), ("?language=en", b"mp3"), ("?language=en", wav(61 * SECOND))],
)
def test_short_sound_that_is_wrong_is_refused(query, body):
    with PlayedGateway([scripted()]) as gateway:
        assert post(gateway.port, RECOGNITION + query, body)[0] == 400


def test_by_rest_too_an_engine_that_fails_while_the_sound_comes_is_no_fault_of_what_was_asked():
    engine = scripted()
    head = (
        f"POST {RECOGNITION}?language=en-US HTTP/1.1\r\nHost: here\r\n"
        f"Expect: 100-continue\r\nContent-Length: {len(SECOND)}\r\n\r\n"
    )
    with PlayedGateway([engine]) as gateway, socket.create_connection(("127.0.0.1", gateway.port), 10) as client:
        client.sendall(head.encode())
        assert client.recv(100).startswith(b"HTTP/1.1 100 "), "it is admitted, and told to go on"
        engine.die()
        eventually(lambda: health(gateway.port)["status"] == "loading")
        client.sendall(SECOND)
        assert client.recv(100).startswith(b"HTTP/1.1 503 ")


def test_speech_by_rest_is_a_whole_file():
    with PlayedGateway([scripted()]) as gateway:
        status, body = post(
            gateway.port,
            "/cognitiveservices/v1",
            ssml("hola").encode(),
            X_Microsoft_OutputFormat="riff-24khz-16bit-mono-pcm",
        )
        assert status == 200
        assert int.from_bytes(body[40:44], "little") == len(body) - 44 > 10_000
        assert post(gateway.port, "/cognitiveservices/v1", b"no ssml")[0] == 400
        unknown = {"X_Microsoft_OutputFormat": "ogg"}
        assert post(gateway.port, "/cognitiveservices/v1", ssml("hola").encode(), **unknown)[0] == 400
        status, body = get(gateway.port, "/cognitiveservices/voices/list")
        assert [voice["Locale"] for voice in json.loads(body)] == ["es", "es-ES"]


def test_a_client_that_dawdles_over_its_first_line_holds_up_nobody():
    with PlayedGateway([scripted()]) as gateway, socket.create_connection(("127.0.0.1", gateway.port)) as slow:
        slow.sendall(b"GE")
        assert health(gateway.port)["status"] == "ok"
        slow.sendall(b"T /health HTTP/1.1\r\n\r\n")
        assert slow.recv(100).startswith(b"HTTP/1.1 200 OK")
