"""What is asked of the Speech service, at which address, and with which key."""

from __future__ import annotations

import json

import pytest

from daemon.engines import azure, home
from daemon.engines.base import Cure, Task
from daemon.engines.speech_service.access import access
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import Requests, host_addresses, region_addresses
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.wire.context import build_context

TASK = Task("en-US", ("es", "de"))


def test_a_region_has_its_addresses():
    known = region_addresses("westeurope")
    assert known.recognition == "wss://westeurope.stt.speech.microsoft.com/speech/universal/v2"
    assert known.synthesis == "wss://westeurope.tts.speech.microsoft.com/cognitiveservices/websocket/v1"
    assert region_addresses("chinaeast2").recognition.startswith("wss://chinaeast2.stt.speech.azure.cn/")


@pytest.mark.parametrize(
    ("address", "recognition"),
    [
        ("wss://a.example", "wss://a.example/stt/speech/universal/v2"),
        ("https://a.example:8443/", "wss://a.example:8443/stt/speech/universal/v2"),
        (
            "ws://[::1]:1/speech/translation/cognitiveservices/v1",
            "ws://[::1]:1/speech/translation/cognitiveservices/v1",
        ),
    ],
)
def test_an_address_gets_the_services_path_unless_it_has_one(address, recognition):
    assert host_addresses("key", address).recognition == recognition


@pytest.mark.parametrize("address", ["", "a.example", "ftp://a", "wss://", "wss://a:b", "wss://a/x?y", "wss://[1"])
def test_what_is_no_address_is_refused_by_the_name_of_its_key(address):
    with pytest.raises(ServiceFault, match=r"engine\.home\.address is") as caught:
        host_addresses("engine.home.address", address)
    assert caught.value.cure is Cure.CONFIGURE


def requests(address="wss://a.example", speak="", **own):
    return Requests(host_addresses("key", address), ServiceSettings(**own), speak, model=own.pop("model", ""))


def test_settings_that_are_not_set_are_not_asked():
    asked = requests().context(TASK)
    assert (asked.language, asked.targets, asked.phrase_weight) == ("en-US", ("es", "de"), None)
    assert asked.segmentation_silence_ms is asked.stable_threshold is None


@pytest.mark.parametrize(
    ("setting", "mode"), [("", None), ("time", {"mode": "Custom"}), ("semantic", {"mode": "Semantic"})]
)
def test_where_phrases_end_is_asked_by_the_word_of_the_service(setting, mode):
    asked = json.loads(build_context(requests(segmentation=setting).context(TASK)))
    assert asked["phraseDetection"].get("CONVERSATION", {}).get("segmentation") == mode


def test_speech_is_asked_with_the_utterance_only_where_it_is_spoken_by_a_voice_of_the_settings():
    voices = ("de-DE-KatjaNeural", "es-ES-ElviraNeural")
    assert requests(speak="es", voices=voices).context(TASK).voices == (("es", "es-ES-ElviraNeural"),)
    assert requests(speak="", voices=voices).context(TASK).voices == ()
    assert requests(speak="fr", voices=voices).context(TASK).voices == ()
    assert requests(speak="es", voices=("fr-FR-DeniseNeural",)).context(TASK).voices == ()


def test_on_v1_the_address_names_the_languages_and_on_v2_it_does_not():
    assert requests().url(TASK) == "wss://a.example/stt/speech/universal/v2"
    old = requests("wss://a.example/speech/translation/cognitiveservices/v1")
    assert old.url(TASK).endswith("/v1?from=en-US&to=es&to=de")
    assert old.url(TASK) != old.url(Task("en-US", ("es",)))


def test_text_is_quoted_in_ssml():
    ssml = requests().ssml("es", 'a < b & "c"\x00')
    assert 'xml:lang="es"' in ssml
    assert "a &lt; b &amp;" in ssml
    assert "\x00" not in ssml


def test_what_is_not_configured_is_said_by_both_engines():
    for engine, key in ((azure, "engine.azure.region"), (home, "engine.home.address")):
        (advice,) = engine.capabilities({"languages": {"source": "en-US", "targets": ("es",)}}).missing.values()
        assert key in advice


# ---------------------------------------------------------------- credentials


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    return str(file)


def test_key_and_token_are_read_from_files_and_never_shown(secret, tmp_path):
    (tmp_path / "azure-token").write_text("jwt")
    known = access("azure", ServiceSettings(key_file=secret), "wss://a", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert (known.key, known.token) == ("s3cret", "jwt")
    assert "s3cret" not in repr(known)
    assert "jwt" not in repr(known)
    assert access("home", ServiceSettings(), "wss://a", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).token == ""


@pytest.mark.parametrize("content", [b"two\nlines", b"\xff\xfe", None])
def test_a_key_that_cannot_be_used_is_said_with_its_setting(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ServiceFault, match="check key_file"):
        access("azure", ServiceSettings(key_file=str(file)), "wss://a", {})


@pytest.mark.parametrize("host", ["192.168.1.7", "gateway.local", "localhost.example"])
def test_speech_is_not_sent_in_the_clear_unasked(host):
    with pytest.raises(ServiceFault, match="allow_plaintext"):
        access("home", ServiceSettings(), f"ws://{host}:1/x", {})
    access("home", ServiceSettings(allow_plaintext=True), f"ws://{host}:1/x", {})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_be_spoken_to_in_the_clear(host):
    assert access("home", ServiceSettings(), f"ws://{host}:1/x", {}).tls is None


def test_an_authority_that_cannot_be_read_is_said_with_its_file(tmp_path):
    with pytest.raises(ServiceFault, match=r"nobody\.pem"):
        access("home", ServiceSettings(ca_file=str(tmp_path / "nobody.pem")), "wss://a", {})
