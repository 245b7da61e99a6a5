"""The gateway when an engine fails, when it is told to end, and when it cannot begin."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from daemon.engines.base import Cure
from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.wire.from_client import Ssml
from daemon.wire.messages import Phrase, RecognitionStatus, SpeechStart
from daemon.wire.units import new_id
from daemon.wire.upgrade import HOST_SYNTHESIS_PATH, UNIVERSAL_PATH
from tests.support.gateway import (
    SECOND,
    SPANISH,
    Client,
    GatewayProcess,
    PlayedGateway,
    eventually,
    figure,
    health,
    scripted,
    talk,
)

pytestmark = pytest.mark.parts


# ---------------------------------------------------------------- engines that fail


def test_an_utterance_whose_engine_dies_is_heard_anew_by_another_from_its_first_sample():
    dying, other = scripted(Line("Lost.", dies_at_s=0.5)), scripted(Line("Kept."))
    with PlayedGateway([dying, other]) as gateway, Client(gateway.address) as client:
        said = talk(client, SECOND * 2, name="Dragoman")
        assert figure(gateway.port, "replayed_total") == 1
    assert [message.text for message in said if isinstance(message, Phrase)] == ["Kept."]
    assert [bytes(heard) for heard in other.heard.values()] == [SECOND * 2]


def test_an_utterance_waits_for_its_only_engine_to_come_back():
    engine = scripted(Line("Kept.", dies_at_s=0.5))
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH, name="Dragoman")
        client.sound(SECOND)
        client.finish()
        eventually(lambda: health(gateway.port)["status"] == "loading")
        with pytest.raises(InvalidStatus) as refused:
            Client(gateway.address)
        assert refused.value.response.status_code == 503
        engine.revive()
        assert [message.text for message in client.until_end() if isinstance(message, Phrase)] == ["Kept."]


@pytest.mark.parametrize("path", [UNIVERSAL_PATH, HOST_SYNTHESIS_PATH])
def test_who_asks_while_all_engines_come_back_for_long_is_told_to_try_again_and_not_that_it_asks_wrongly(path):
    engine = scripted()
    with PlayedGateway([engine], wait_s=1.0) as gateway, Client(gateway.address, path) as client:
        engine.die()
        eventually(lambda: health(gateway.port)["status"] == "loading")
        if path == UNIVERSAL_PATH:
            client.begin(SPANISH)
        else:
            client.say(Ssml(new_id(), "<speak>hola</speak>"))
        with pytest.raises(ConnectionClosed) as closed:
            client.until_end()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "no engine is ready")


def test_an_utterance_that_every_engine_dies_of_is_given_up():
    class Dying(ScriptedEngine):
        def finish(self, utterance):  # noqa: ARG002 -- whichever it is
            self.die()
            self.revive()

    with PlayedGateway([Dying(stepwise=False)]) as gateway, Client(gateway.address) as client:
        said = talk(client, SECOND, name="Dragoman")
        assert [message.status for message in said if isinstance(message, Phrase)] == [RecognitionStatus.ERROR]
        assert figure(gateway.port, "replayed_total") == 3


def test_an_utterance_that_an_engine_cannot_do_is_an_error_and_the_session_goes_on():
    lines = Line(failure="recognizer_failed", cure=Cure.NEXT), Line("Fine.")
    with PlayedGateway([scripted(*lines)]) as gateway, Client(gateway.address) as client:
        first = talk(client, SECOND, name="Dragoman")
        assert [message.status for message in first if isinstance(message, Phrase)] == [RecognitionStatus.ERROR]
        second = talk(client, SECOND, name="Dragoman")
        assert [message.text for message in second if isinstance(message, Phrase)] == ["Fine."]


# ---------------------------------------------------------------- the end


def test_at_the_end_the_open_utterance_is_finished_and_nobody_else_is_let_in():
    engine = ScriptedEngine([Line("Last words.", late=True)])
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as idle, Client(gateway.address) as client:
        client.begin(SPANISH, name="Dragoman")
        client.sound(SECOND)
        client.until(lambda message: isinstance(message, SpeechStart))
        gateway.stop()
        with pytest.raises(ConnectionClosed) as going:
            idle.connection.recv(10)
        assert going.value.rcvd is not None
        assert going.value.rcvd.code == 1001
        with pytest.raises((OSError, InvalidStatus)):
            Client(gateway.address)
        client.finish()
        eventually(engine.step)
        assert [message.text for message in client.until_end() if isinstance(message, Phrase)] == ["Last words."]
        gateway.wait()
    assert gateway.cut_off == 0


def test_a_session_that_does_not_end_is_cut_off():
    with PlayedGateway([scripted(Line(silent=True))], drain_s=0.2) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH, name="Dragoman")
        client.sound(SECOND)
        client.until(lambda message: isinstance(message, SpeechStart))
        gateway.stop()
        gateway.wait()
    assert gateway.cut_off == 1


def test_without_any_engine_it_ends_and_says_why(tmp_path, monkeypatch):
    broken = tmp_path / "installation"
    broken.mkdir()
    fault = 'raise ImportError("its shared library is not there", name="pocketsphinx")'
    (broken / "pocketsphinx.py").write_text(f"{fault}\n")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with GatewayProcess(tmp_path / "gateway", {"gateway": {"listen": "127.0.0.1:0", "workers": 1}}) as gateway:
        assert gateway.wait() == 1
        assert "no engine can serve" in gateway.log_text


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"listen": "0.0.0.0:8443"}, "gateway.listen"),
        ({"listen": "nowhere"}, "gateway.listen"),
        ({"engine": "devise"}, "gateway.engine"),
        ({"token_file": "/nowhere/token"}, "gateway.token_file"),
        ({"certificate_file": "/nowhere/cert.pem"}, "gateway.certificate_file"),
    ],
)
def test_wrong_settings_are_told_and_have_their_own_status(tmp_path, section, key):
    with GatewayProcess(tmp_path, {"gateway": section}) as gateway:
        assert gateway.wait() == 78
        assert key in gateway.log_text
