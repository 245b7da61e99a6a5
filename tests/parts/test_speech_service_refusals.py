"""The client of the Speech service's protocol that is not let in: keys, quotas, certificates, proxies."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections import deque
from dataclasses import replace

import pytest

from daemon.engines.base import Cure, EngineFailure
from tests.support.broker import DEADLINE_S
from tests.support.odd_servers import Proxy
from tests.support.speech_scenario import Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import MORNING, MORNING_TEXTS, QUICK, engine, say, texts

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_said_once_in_the_services_words_and_nothing_is_hammered(status, tmp_path):
    key = tmp_path / "key"
    key.write_text("wrong")
    scenario = Scenario(statuses=deque([status] * 50), body="Access denied: wrong key")
    with SpeechServer(scenario) as server, engine(server, key_file=str(key)) as (opened, listener):
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("unauthorized", Cure.CONFIGURE)
        assert "Access denied: wrong key" in failure.text
        say(opened, 1, MORNING)
        opened.close()
        assert len(server.upgrades) == 1
        assert server.upgrades[0].key == "wrong"
        assert listener.all(EngineFailure) == [failure]


def test_a_key_that_was_corrected_is_used_by_the_next_attempt(tmp_path):
    key = tmp_path / "key"
    key.write_text("wrong")
    quick = replace(QUICK, configure_s=0.05)
    with (
        SpeechServer(Scenario(statuses=deque([401, 401]))) as server,
        engine(server, quick, key_file=str(key)) as (
            _opened,
            listener,
        ),
    ):
        listener.failure()
        key.write_text("right")
        listener.ready()
        assert server.upgrades[-1].key == "right"
        assert len(listener.all(EngineFailure)) == 1


def test_503_twice_and_then_well_is_said_once_and_recovers():
    with SpeechServer(Scenario(statuses=deque([503, 503]), body="busy")) as server, engine(server) as (_, listener):
        listener.ready()
        (failure,) = listener.all(EngineFailure)
        assert (failure.code, failure.cure) == ("unavailable", Cure.RETRY)
        assert "503 busy" in failure.text
        assert len(server.upgrades) == 3


def test_429_is_for_the_next_engine_and_waits_as_long_as_the_service_says():
    scenario = Scenario(statuses=deque([429] * 9), headers={"Retry-After": "3600"}, body="quota")
    with SpeechServer(scenario) as server, engine(server) as (opened, listener):
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("too_many_requests", Cure.NEXT)
        opened.close()
        assert len(server.upgrades) == 1


def test_nobody_there_is_said_and_the_engine_comes_back_with_the_server():
    server = SpeechServer()
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        server.port = reserved.getsockname()[1]
    with engine(server.address) as (opened, listener):
        assert listener.failure().code == "unreachable"
        with server:
            listener.ready()
            say(opened, 1, MORNING)
            assert texts(listener.final(1)) == MORNING_TEXTS


def test_what_does_not_speak_websocket_is_said_to():
    def answer(listening):
        client, _ = listening.accept()
        with client:
            client.recv(4_096)
            client.sendall(b"220 mail.example ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(DEADLINE_S)
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        with engine(f"ws://127.0.0.1:{listening.getsockname()[1]}") as (_opened, listener):
            assert listener.failure().code in {"unavailable", "unreachable"}
        thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    return folder


def tls(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_over_tls_an_own_authority_is_trusted(certificate):
    own = str(certificate / "cert.pem")
    with SpeechServer(tls=tls(certificate)) as server, engine(server, ca_file=own) as (opened, listener):
        listener.ready()
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS


def test_a_certificate_that_is_not_trusted_is_said_and_not_used(certificate):
    with SpeechServer(tls=tls(certificate)) as server, engine(server) as (_opened, listener):
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("certificate", Cure.CONFIGURE)
        assert "ca_file" in failure.text


def test_a_proxy_is_gone_through_with_its_password():
    with (
        SpeechServer() as server,
        Proxy() as proxy,
        engine(server, proxy=f"http://ann:secret@{proxy.address}") as (opened, listener),
    ):
        listener.ready()
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        assert proxy.asked[0].startswith(b"CONNECT localhost:")
        assert b"Proxy-Authorization: Basic YW5uOnNlY3JldA==" in proxy.asked[0]


def test_a_proxy_that_refuses_is_said_to():
    with (
        SpeechServer() as server,
        Proxy("407 Proxy Authentication Required") as proxy,
        engine(server, proxy=f"http://{proxy.address}") as (_opened, listener),
    ):
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("proxy_refused", Cure.CONFIGURE)
