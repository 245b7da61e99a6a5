"""Who is let in to the gateway, and how those who are share it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.gateway.server import SPARE
from daemon.wire.messages import Phrase, RecognitionStatus, SpeechStart, TurnEnd
from daemon.wire.units import new_id
from daemon.wire.upgrade import UNIVERSAL_PATH
from tests.support.gateway import (
    RECOGNITION,
    SECOND,
    SPANISH,
    Client,
    GatewayProcess,
    PlayedGateway,
    eventually,
    figure,
    get,
    health,
    post,
    scripted,
    spoken,
    talk,
)

pytestmark = pytest.mark.parts

TOKEN = "0123456789abcdef"  # noqa: S105 -- opens nothing


# ---------------------------------------------------------------- sessions side by side


def test_sessions_are_served_side_by_side_each_with_its_own_results():
    engines = [scripted(Line("First.")), scripted(Line("Second."))]
    with PlayedGateway(engines) as gateway, Client(gateway.address) as one, Client(gateway.address) as two:
        for client in (one, two):
            client.begin(SPANISH, name="Dragoman")
            client.sound(SECOND)
            client.until(lambda message: isinstance(message, SpeechStart))
        for client in (two, one):
            client.finish()
            client.until_end()
        texts = [client.of(Phrase)[0].text for client in (one, two)]
    assert texts == ["First.", "Second."]


def test_who_has_much_to_say_does_not_hold_up_the_others():
    engine = ScriptedEngine([Line("A.", late=True), Line("B."), Line("C.")])
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as busy, Client(gateway.address) as other:
        busy.begin(SPANISH)
        busy.sound((spoken() + SECOND) * 2)  # two utterances: the first holds the engine, the second waits
        busy.until(lambda message: isinstance(message, SpeechStart))
        busy.finish()
        other.begin(SPANISH, name="Dragoman")
        other.sound(SECOND)
        other.finish()
        other.until(lambda message: isinstance(message, SpeechStart))
        eventually(lambda: figure(gateway.port, "waiting") == 2)
        engine.step()
        other.until_end()
        busy.until_end()
        texts = [phrase.text for phrase in busy.phrases + other.phrases]
    assert texts == ["A.", "C.", "B."]


def test_more_sessions_than_there_may_be_are_refused_until_one_ends():
    with PlayedGateway([scripted()], sessions=1) as gateway:
        with Client(gateway.address):
            with pytest.raises(InvalidStatus) as refused:
                Client(gateway.address)
            assert refused.value.response.status_code == 429
            assert refused.value.response.headers["Retry-After"] == "1"
            assert health(gateway.port)["status"] == "ok"
            assert post(gateway.port, f"{RECOGNITION}?language=en-US", b"RIFF")[0] == 429
        with Client(gateway.address) as next_one:
            assert talk(next_one, spoken())
        assert figure(gateway.port, "refused_total") >= 2


def test_beyond_what_may_be_open_plain_requests_are_answered_503_unread():
    with PlayedGateway([scripted()], sessions=1) as gateway, contextlib.ExitStack() as opened:
        dawdling = [
            opened.enter_context(socket.create_connection(("127.0.0.1", gateway.port))) for _ in range(1 + SPARE)
        ]
        for connection in dawdling:
            connection.sendall(b"POST / HTTP/1.1\r\n")  # its head goes on: one that is whole is refused, and over
        eventually(lambda: answered_at_once(gateway.port).startswith(b"HTTP/1.1 503 "))
        dawdling.pop().close()
        eventually(lambda: answered_at_once(gateway.port).startswith(b"HTTP/1.1 200 "))


def answered_at_once(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10.0) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
        return connection.recv(4_096)


def test_a_client_that_comes_back_takes_the_place_of_the_connection_that_it_lost():
    """Whose end the gateway has not heard of: the network swallowed it."""
    who = new_id()
    with (
        PlayedGateway([scripted(Line("one"), Line("two"))], sessions=1) as gateway,
        Client(gateway.address, connection_id=who) as lost,
    ):
        lost.begin(SPANISH, name="Dragoman")
        lost.sound(SECOND)
        eventually(lambda: figure(gateway.port, "engines_busy") == 1)
        with Client(gateway.address, connection_id=who) as back:
            assert [m.text for m in talk(back, spoken(), name="Dragoman") if isinstance(m, Phrase)] == ["two"]
        with pytest.raises(ConnectionClosed):
            lost.until_end()
        eventually(lambda: figure(gateway.port, "sessions") == 0)


def test_an_utterance_that_no_engine_takes_in_time_is_refused_so_that_the_client_goes_elsewhere():
    engine = scripted(Line("A.", silent=True))
    with (
        PlayedGateway([engine], wait_s=1.0) as gateway,
        Client(gateway.address) as one,
        Client(gateway.address) as two,
    ):
        one.begin(SPANISH, name="Dragoman")
        one.sound(SECOND)
        one.until(lambda message: isinstance(message, SpeechStart))
        two.begin(SPANISH, name="Dragoman")
        two.sound(SECOND)
        phrase = two.until(lambda message: isinstance(message, Phrase))
    assert phrase.status is RecognitionStatus.TOO_MANY_REQUESTS


@contextmanager
def hasty_and_other(engine):
    """A client whose second utterance waits for its first, and one that has said nothing yet."""
    with (
        PlayedGateway([engine], wait_s=1.0) as gateway,
        Client(gateway.address) as hasty,
        Client(gateway.address) as other,
    ):
        hasty.begin(SPANISH)
        hasty.sound((spoken() + SECOND) * 2)
        hasty.finish()
        eventually(lambda: figure(gateway.port, "waiting") == 1)
        yield gateway, hasty, other


def test_an_utterance_is_not_refused_because_of_those_before_it_in_its_own_session():
    engine = ScriptedEngine([Line("A.", late=True), Line("B.")])
    with hasty_and_other(engine) as (_gateway, hasty, other):
        other.begin(SPANISH, name="Dragoman")  # what waits for others does so from here on
        other.sound(SECOND)
        refused = other.until(lambda message: isinstance(message, Phrase))
        engine.step()
        hasty.until_end()
    assert refused.status is RecognitionStatus.TOO_MANY_REQUESTS
    assert [phrase.text for phrase in hasty.phrases] == ["A.", "B."]


def test_an_utterance_is_refused_for_those_of_others_once_its_own_are_answered():
    engine = ScriptedEngine([Line("A.", late=True), Line("B.", silent=True)])
    with hasty_and_other(engine) as (gateway, hasty, other):
        other.begin(SPANISH, name="Dragoman")
        other.sound(SECOND)
        eventually(lambda: figure(gateway.port, "waiting") == 2)
        engine.step()  # the other has the engine from here on, and keeps it
        hasty.until_end()
    statuses = [phrase.status for phrase in hasty.of(Phrase)]
    assert statuses[:2] == [RecognitionStatus.SUCCESS, RecognitionStatus.TOO_MANY_REQUESTS]


# ---------------------------------------------------------------- who is let in


@pytest.mark.parametrize("key", ["", "wrong"])
def test_who_has_no_right_token_is_refused(key):
    with PlayedGateway([scripted()], tokens=(TOKEN,)) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            Client(gateway.address, key=key)
        assert refused.value.response.status_code == 401
        assert get(gateway.port, "/cognitiveservices/voices/list")[0] == 401
        assert get(gateway.port, "/health")[0] == 200
        with Client(gateway.address, key=TOKEN) as client:
            assert talk(client, spoken())


def test_there_is_nothing_at_other_addresses():
    with PlayedGateway([scripted()]) as gateway:
        with pytest.raises(InvalidStatus) as refused:
            Client(gateway.address, "/elsewhere")
        assert refused.value.response.status_code == 404
        assert get(gateway.port, "/elsewhere")[0] == 404
        assert post(gateway.port, "/health", b"")[0] == 404


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    for name in ("gateway", "client"):
        subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        made = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run([*command, *subject, *made, "-days", "2"], cwd=folder, check=True, capture_output=True)
    return folder


def test_with_mutual_tls_only_clients_with_a_certificate_are_served(tmp_path, certificates):
    section = {
        "listen": "127.0.0.1:0",
        "engine": "scripted",
        "workers": 1,
        "certificate_file": certificates / "gateway.pem",
        "certificate_key_file": certificates / "gateway.key",
        "client_ca_file": certificates / "client.pem",
    }
    trusting = ssl.create_default_context(cafile=str(certificates / "gateway.pem"))
    with GatewayProcess(tmp_path, {"gateway": section}) as gateway:
        url = f"wss://localhost:{gateway.port}{UNIVERSAL_PATH}"
        with pytest.raises((OSError, InvalidHandshake, ConnectionClosed)), connect(url, ssl=trusting) as stranger:
            stranger.recv(5)
        trusting.load_cert_chain(certificates / "client.pem", certificates / "client.key")
        with Client(f"wss://localhost:{gateway.port}", ssl=trusting) as client:
            assert [type(message) for message in talk(client, spoken())][-1] is TurnEnd
        assert gateway.stop() == 0
