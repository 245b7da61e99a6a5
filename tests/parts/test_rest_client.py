"""What needs no WebSocket: our client and our gateway over real sockets, TLS, a proxy, and in every trouble."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import soundfile

from daemon.cli.main import main
from daemon.engines import azure, home
from daemon.engines.base import Cure
from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.engines.speech_service.access import access
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import Requests, host_addresses
from daemon.engines.speech_service.rest import RestClient
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.wire.sound import parse_riff_header
from tests.support.authority import Authority
from tests.support.gateway import GatewayProcess, PlayedGateway
from tests.support.odd_servers import Answers, Proxy
from tests.support.recordings import shipped

pytestmark = pytest.mark.parts

TOKEN = "0123456789abcdef"  # noqa: S105 -- for a server of this test
SSML = '<speak version="1.0" xml:lang="es"><voice name="es-ES-X">hola</voice></speak>'
SOUND = shipped("goforward")
FORMAT = "riff-16khz-16bit-mono-pcm"
QUICK = replace(Deadlines(), connect_s=1.0, silence_s=0.3)


def played(*lines: Line, **options) -> PlayedGateway:
    return PlayedGateway([ScriptedEngine(lines, stepwise=False)], **options)


def client(address: str, **own) -> RestClient:
    """A client that does not really wait between its attempts; the waits are its attribute."""
    settings, pauses = replace(ServiceSettings(), **own), []
    requests = Requests(host_addresses("engine.home.address", address), settings)
    made = RestClient("the gateway", requests, lambda url: access("home", settings, url), QUICK, pauses.append)
    made.pauses = pauses
    return made


def answer(status: str, body: str = "", *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body.encode())}", *headers, "", body)
    return "\r\n".join(lines).encode()


# ---------------------------------------------------------------- what goes well


def test_a_short_recording_is_recognized_with_its_details():
    with played(Line("Go forward, damn it.")) as gateway:
        found = client(gateway.address, profanity="masked").recognize(SOUND, "en-US", detailed=True)
    assert found.text == "Go forward, **** it."
    assert found.answer["NBest"][0]["Display"] == found.text
    assert found.answer["Duration"] == pytest.approx(len(SOUND) / 32_000 * 10_000_000)


def test_where_nothing_is_said_the_text_is_empty():
    with played(Line("")) as gateway:
        found = client(gateway.address).recognize(SOUND, "en-US")
    assert (found.text, found.answer["RecognitionStatus"]) == ("", "NoMatch")


def test_a_text_is_spoken_in_the_format_that_is_asked_for():
    with played() as gateway:
        speech = client(gateway.address).speak(SSML, FORMAT)
    shape, begins = parse_riff_header(speech)
    assert (shape.rate_hz, begins) == (16_000, 44)
    assert len(speech) > 5_000


def test_the_voices_are_listed_and_the_gateway_says_what_it_serves():
    with played() as gateway:
        asked = client(gateway.address)
        assert {voice["Locale"] for voice in asked.voices()} == {"es", "es-ES"}
        served = home.served({"engine.home": {"address": gateway.address}})
    assert [(pair.source, pair.target) for pair in served.pairs] == [("en", "es")]
    assert (served.recognizes, served.speaks) == (("en",), ("es",))


def test_the_token_is_sent_and_a_wrong_one_is_a_persons_business(tmp_path):
    for word, is_right in ((TOKEN, True), ("f" * 16, False)):
        (tmp_path / "token").write_text(word)
        with played(Line("Go."), tokens=(TOKEN,)) as gateway:
            asked = client(gateway.address, token_file=str(tmp_path / "token"))
            if is_right:
                assert asked.recognize(SOUND, "en-US").text == "Go."
                continue
            with pytest.raises(ServiceFault, match="the key or token is not one of") as fault:
                asked.recognize(SOUND, "en-US")
            assert (fault.value.code, fault.value.cure, asked.pauses) == ("unauthorized", Cure.CONFIGURE, [])


def test_over_tls_an_own_authority_is_trusted_and_no_other(tmp_path):
    authority = Authority(tmp_path / "ours")
    certificate, key = authority.issue("gateway")
    section = {
        "listen": "127.0.0.1:0",
        "engine": "scripted",
        "workers": 1,
        "certificate_file": certificate,
        "certificate_key_file": key,
    }
    with GatewayProcess(tmp_path / "gateway", {"gateway": section}) as gateway:
        address = gateway.address.replace("ws:", "wss:")
        assert client(address, ca_file=str(authority.file)).voices()
        with pytest.raises(ServiceFault, match="ca_file") as fault:
            client(address).voices()
        assert (fault.value.code, fault.value.cure) == ("certificate", Cure.CONFIGURE)


def test_a_proxy_is_gone_through_with_its_password():
    with played() as gateway, Proxy() as proxy:
        assert client(gateway.address, proxy=f"http://ann:secret@{proxy.address}").voices()
        assert proxy.asked[0].startswith(b"CONNECT 127.0.0.1:")
        assert b"Proxy-Authorization: Basic YW5uOnNlY3JldA==" in proxy.asked[0]


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("own", "code"),
    [({"proxy": "socks5://127.0.0.1:1"}, "bad_address"), ({"key_file": "/nowhere/key"}, "no_credential")],
)
def test_settings_that_cannot_be_used_are_said_before_anything_is_sent(own, code):
    with Answers(answer("200 OK", "[]")) as server:
        with pytest.raises(ServiceFault) as fault:
            client(server.address, **own).voices()
        assert (fault.value.code, fault.value.cure, server.asked) == (code, Cure.CONFIGURE, [])


def test_a_proxy_that_refuses_is_said_to():
    with Proxy("407 Proxy Authentication Required") as proxy, pytest.raises(ServiceFault) as fault:
        client("ws://127.0.0.1:9", proxy=f"http://{proxy.address}").voices()
    assert "Proxy Authentication Required" in fault.value.text
    assert (fault.value.code, fault.value.cure) == ("proxy_refused", Cure.CONFIGURE)


@pytest.mark.parametrize(
    ("status", "headers", "code", "attempts"),
    [
        ("400 Bad Request", (), "bad_request", 1),
        ("404 Not Found", (), "not_found", 1),
        ("415 Unsupported Media Type", (), "unsupported", 1),
        ("503 Service Unavailable", (), "unavailable", 3),
        ("429 Too Many Requests", ("Retry-After: 2",), "too_many_requests", 3),
        ("429 Too Many Requests", ("Retry-After: 600",), "too_many_requests", 1),
    ],
)
def test_a_refusal_has_its_class_and_is_tried_again_only_where_that_may_help(status, headers, code, attempts):
    with Answers(answer(status, "in its own words", *headers)) as server:
        asked = client(server.address)
        with pytest.raises(ServiceFault, match="in its own words") as fault:
            asked.voices()
        assert (fault.value.code, len(server.asked), len(asked.pauses)) == (code, attempts, attempts - 1)
        assert all(pause >= 2 for pause in asked.pauses) or "Retry-After: 2" not in headers


def test_503_twice_and_then_well_is_an_answer():
    busy = answer("503 Service Unavailable")
    with Answers(busy, busy, answer("200 OK", "[]")) as server:
        assert client(server.address).voices() == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"", "answer_timeout"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "unavailable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[", "unavailable"),
        (answer("200 OK", "{}"), "bad_answer"),
        (answer("200 OK", "[1]"), "bad_answer"),
        (answer("200 OK", "no JSON"), "bad_answer"),
        (answer("200 OK", "[" * 100_000), "bad_answer"),
    ],
)
def test_what_is_no_answer_is_a_fault_within_its_deadline(said, code):
    with Answers(said) as server:
        with pytest.raises(ServiceFault) as fault:
            client(server.address).voices()
        assert fault.value.code == code


@pytest.mark.parametrize("body", ['{"RecognitionStatus":7}', "[]", '{"RecognitionStatus":"Error"}'])
def test_a_recognition_that_is_none_is_a_fault(body):
    with Answers(answer("200 OK", body)) as server, pytest.raises(ServiceFault):
        client(server.address).recognize(SOUND, "en-US")


def test_nobody_there_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServiceFault, match="cannot be reached") as fault:
        client(f"ws://127.0.0.1:{port}").voices()
    assert (fault.value.code, fault.value.cure) == ("unreachable", Cure.RETRY)


def test_more_than_the_service_takes_is_not_sent():
    with Answers(answer("200 OK", "{}")) as server:
        with pytest.raises(ServiceFault, match="60 s"):
            client(server.address).recognize(bytes(61 * 32_000), "en-US")
        assert server.asked == []


def test_the_region_has_its_own_addresses_and_a_path_stays_in_front():
    made = azure.rest({"engine.azure": {"region": "westeurope", "model": "m1"}})
    region, behind = made._addresses, client("wss://proxy.example/azure/speech/universal/v2")._addresses
    assert region.short_audio == (
        "wss://westeurope.stt.speech.microsoft.com/speech/recognition/conversation/cognitiveservices/v1"
    )
    assert region.voices == "wss://westeurope.tts.speech.microsoft.com/cognitiveservices/voices/list"
    assert behind.short_audio == ("wss://proxy.example/azure/speech/recognition/conversation/cognitiveservices/v1")
    with pytest.raises(ServiceFault, match=r"engine\.azure\.region"):
        azure.rest({})


# ---------------------------------------------------------------- the command


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "command.wav"
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        file.buffer_write(SOUND, dtype="int16")
    return str(path)


@contextmanager
def configured(monkeypatch, *lines: Line) -> Iterator[PlayedGateway]:
    with played(*lines) as gateway:
        monkeypatch.setenv("DRAGOMAN_ENGINE__ORDER", "home,scripted")
        monkeypatch.setenv("DRAGOMAN_ENGINE__HOME__ADDRESS", gateway.address)
        yield gateway


def test_the_command_gives_a_line_a_recording(monkeypatch, capsys, wav):
    with configured(monkeypatch, Line("Go forward."), Line("Go forward."), Line("")):
        assert main(["rest", "recognize", wav]) == 0
        assert capsys.readouterr().out == "Go forward.\n"
        assert main(["rest", "recognize", "--json", wav]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["file"], said["text"]) == (wav, "Go forward.")
        assert main(["rest", "recognize", wav]) == 0
        assert capsys.readouterr().out == "\n", "nothing was said: a line all the same"


def test_a_file_in_which_nothing_was_said_keeps_its_line_among_others(monkeypatch, capsys, wav):
    with configured(monkeypatch, Line(""), Line("Go forward.")):
        assert main(["rest", "recognize", wav, wav]) == 0
    assert capsys.readouterr().out == f"{wav}:\n{wav}: Go forward.\n"


def test_the_command_does_the_others_where_one_fails(monkeypatch, capsys, wav, tmp_path):
    with configured(monkeypatch, Line("Go forward.")):
        assert main(["rest", "recognize", str(tmp_path / "none.wav"), wav]) == 1
    shown = capsys.readouterr()
    assert shown.out == f"{wav}: Go forward.\n"
    assert shown.err.count("none.wav") == 1


def test_the_command_writes_speech_to_a_file_or_the_output(monkeypatch, capsysbinary, tmp_path):
    with configured(monkeypatch):
        assert main(["rest", "say", "--in", "es", "--output", str(tmp_path / "a.wav"), "hola", "amigo"]) == 0
        assert main(["rest", "say", "--output", "-", "--format", FORMAT, "hola"]) == 0
        monkeypatch.setattr("sys.stdin", io.StringIO(SSML))
        assert main(["rest", "say", "--ssml", "--output", str(tmp_path / "b.wav")]) == 0
    assert capsysbinary.readouterr().out[:4] == b"RIFF"
    for name in ("a.wav", "b.wav"):
        assert soundfile.info(tmp_path / name).samplerate == 24_000


def test_the_command_lists_voices_and_says_what_it_lacks(monkeypatch, capsys, tmp_path):
    with configured(monkeypatch):
        assert main(["rest", "voices"]) == 0
        assert "es-Dragoman" in capsys.readouterr().out
        assert main(["rest", "voices", "--engine", "hom"]) == 2
        assert "did you mean home?" in capsys.readouterr().err
        assert main(["rest", "say", "--output", str(tmp_path / "a.wav"), "--format", "mp3", "hola"]) == 1
        assert "output format" in capsys.readouterr().err
        assert main(["rest", "say", "--output", str(tmp_path / "no" / "a.wav"), "hola"]) == 1
        assert f"{tmp_path / 'no'}: there is no such folder, make it first" in capsys.readouterr().err
    monkeypatch.setenv("DRAGOMAN_ENGINE__ORDER", "scripted")
    assert main(["rest", "voices"]) == 2
    assert "--engine" in capsys.readouterr().err
    assert main(["rest", "voices", "--engine", "azure"]) == 1
    assert "engine.azure.region" in capsys.readouterr().err
