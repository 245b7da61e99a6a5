"""The gateway over real sockets, around engines that the tests play."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import ssl
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from daemon.engines.base import Cure
from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.gateway.server import SPARE
from daemon.wire.context import Mode, SpeechContext
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
from daemon.wire.messages import (
    Hypothesis,
    Phrase,
    RecognitionStatus,
    SpeechEnd,
    SpeechStart,
    SynthesisAudio,
    SynthesisEnd,
    TurnEnd,
    TurnStart,
)
from daemon.wire.sound import SoundShape, parse_riff_header
from daemon.wire.units import new_id
from daemon.wire.upgrade import HOST_SYNTHESIS_PATH, UNIVERSAL_PATH
from tests.support.gateway import Client, GatewayProcess, PlayedGateway, eventually, figure, get, health, post
from tests.support.recordings import shipped

pytestmark = pytest.mark.parts

TOKEN = "0123456789abcdef"  # noqa: S105 -- opens nothing
SPANISH = SpeechContext("en-US", ("es",))
SECOND = bytes(32_000)
V1 = "/speech/translation/cognitiveservices/v1"
RECOGNITION = "/speech/recognition/conversation/cognitiveservices/v1"


def scripted(*lines: Line, **options) -> ScriptedEngine:
    return ScriptedEngine(lines, stepwise=False, **options)


def spoken(name: str = "goforward") -> bytes:
    return SECOND + shipped(name) + SECOND


def talk(client: Client, pcm: bytes, context: SpeechContext = SPANISH, **named: str) -> list:
    client.begin(context, **named)
    client.sound(pcm)
    client.finish()
    return client.until_end()


# ---------------------------------------------------------------- turns


def test_a_turn_says_everything_in_the_order_that_clients_know():
    line = Line("Go forward.", {"es": "Adelante."}, hypotheses=((0.3, "go"), (0.6, "go forward")))
    with PlayedGateway([scripted(line)]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken())
    order = [type(message) for message in said]
    assert order == [TurnStart, SpeechStart, Hypothesis, Hypothesis, Phrase, SpeechEnd, TurnEnd]
    phrase = said[4]
    assert (phrase.text, [each.text for each in phrase.translations]) == ("Go forward.", ["Adelante."])
    assert phrase.offset_ticks == said[1].offset_ticks == said[2].offset_ticks > 10_000_000
    end_s = 2 + len(shipped("goforward")) / 32_000
    assert (phrase.offset_ticks + phrase.duration_ticks) / 1e7 < end_s


def test_one_connection_gives_many_phrases_whose_offsets_rise_with_the_sound():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        talk(client, (spoken() + SECOND) * 3)
        begun = [phrase.offset_ticks / 1e7 for phrase in client.of(Phrase)]
    length_s = len(spoken() + SECOND) / 32_000
    apart_s = [later - earlier for earlier, later in pairwise(begun)]
    assert apart_s == pytest.approx([length_s] * 2, abs=0.6)  # the gate knows the noise better the second time


def test_speech_of_a_translation_follows_its_phrase_with_one_header_and_an_end():
    asked = SpeechContext("en-US", ("es",), voices=(("es", "es-ES-X"),))
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken(), asked)
    after = said[[type(message) for message in said].index(Phrase) + 1 :]
    assert [type(message) for message in after][-3:] == [SynthesisEnd, SpeechEnd, TurnEnd]
    sound = b"".join(message.data for message in after if isinstance(message, SynthesisAudio))
    found = parse_riff_header(sound)
    assert found is not None
    assert found[0].rate_hz == 16_000
    assert len(sound) > 5_000


def test_speech_that_fails_ends_without_a_word_because_an_error_would_end_the_clients_session():
    class Mute(ScriptedEngine):
        def speak(self, request):
            self._alive = False
            super().speak(request)
            self._alive = True

    asked = SpeechContext("en-US", ("es",), voices=(("es", "es-ES-X"),))
    with PlayedGateway([Mute(stepwise=False)]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken(), asked)
    assert [message.error for message in said if isinstance(message, SynthesisEnd)] == [""]
    assert not [message for message in said if isinstance(message, SynthesisAudio)]


def test_a_single_shot_ends_with_its_phrase_though_more_sound_comes():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SpeechContext("en-US", ("es",), mode=Mode.INTERACTIVE))
        client.sound(spoken() + spoken())
        said = client.until_end()
        assert len([message for message in said if isinstance(message, Phrase)]) == 1
        assert isinstance(talk(client, spoken())[-1], TurnEnd)


def test_a_single_shot_without_speech_ends_after_the_silence_that_it_allows():
    asked = SpeechContext("en-US", ("es",), mode=Mode.INTERACTIVE, initial_silence_ms=3_000)
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(asked)
        client.sound(SECOND * 4)
        said = client.until_end()
    assert [message.status for message in said if isinstance(message, Phrase)] == [RecognitionStatus.INITIAL_SILENCE]


def test_long_silence_gets_phrases_without_words_that_cover_it():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(SECOND * 130)
        client.finish()
        said = client.until_end()
    phrases = [message for message in said if isinstance(message, Phrase)]
    assert {phrase.status for phrase in phrases} == {RecognitionStatus.NO_MATCH}
    covered = [0, *(phrase.offset_ticks + phrase.duration_ticks for phrase in phrases)]
    assert all(0 < (later - earlier) / 1e7 < 50 for earlier, later in pairwise(covered))
    assert covered[-1] / 1e7 > 100
    assert [phrase.offset_ticks for phrase in phrases] == covered[:-1]


def test_languages_can_be_added_and_a_phrase_ended_in_the_middle():
    engine = scripted()
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(spoken()[: 32_000 * 2])
        client.say(AudioCommit(client.turn, "1"))
        client.until(lambda message: isinstance(message, Phrase))
        client.say(UpdateLanguages(client.turn, ("es", "ca")))
        client.sound(spoken())
        client.finish()
        client.until_end()
        languages = [[each.language for each in phrase.translations] for phrase in client.of(Phrase)]
    assert languages[0] == ["es"]
    assert languages[-1] == ["es", "ca"]


@pytest.mark.parametrize("when", ["at the beginning", "in the middle"])
def test_who_wants_more_languages_than_an_engine_can_bear_is_cut_off(when):
    many = tuple(f"x{number}" for number in range(1_000))
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SpeechContext("en-US", many if when == "at the beginning" else ("es",)))
        client.say(UpdateLanguages(client.turn, many))
        with pytest.raises(ConnectionClosed) as closed:
            client.until_end()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1007, "1000 target languages; 16 are taken")


def test_older_addresses_get_the_older_words_and_read_languages_from_the_query():
    with (
        PlayedGateway([scripted(Line("Hello."))]) as gateway,
        Client(gateway.address, f"{V1}?from=en-US&to=es&to=ca") as client,
    ):
        client.begin(SpeechContext())
        client.sound(spoken())
        client.finish()
        raw = []
        while "turn.end" not in (message := client.connection.recv(20)):
            raw.append(message)
    phrase = next(message for message in raw if "Path:translation.phrase" in message)
    body = json.loads(phrase.partition("\r\n\r\n")[2])
    assert body["Text"] == "Hello."
    assert [each["Language"] for each in body["Translation"]["Translations"]] == ["es", "ca"]


def test_a_client_with_a_gate_of_its_own_is_heard_from_its_first_sample():
    engine = scripted()
    sound = SECOND + shipped("goforward")
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        talk(client, sound, name="Dragoman")
    assert [bytes(heard) for heard in engine.heard.values()] == [sound]


def test_a_turn_that_grows_too_long_is_ended_and_the_next_one_is_taken():
    with PlayedGateway([scripted()], turn_s=10.0) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(SECOND * 12)
        assert isinstance(client.until_end()[-1], TurnEnd)
        client.finish()
        assert isinstance(talk(client, spoken())[-1], TurnEnd)


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
        texts = [phrase.text for phrase in busy.of(Phrase) + other.of(Phrase)]
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


# ---------------------------------------------------------------- clients that send garbage

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
        assert [type(message) for message in good.until_end()].count(Phrase) == 1


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


# ---------------------------------------------------------------- text to speech, REST


def ssml(text: str, lang: str = "es") -> str:
    return f'<speak version="1.0" xml:lang="{lang}"><voice name="{lang}-X">{text}</voice></speak>'


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
        assert [voice["Locale"] for voice in json.loads(body)] == ["es"]


def test_a_client_that_dawdles_over_its_first_line_holds_up_nobody():
    with PlayedGateway([scripted()]) as gateway, socket.create_connection(("127.0.0.1", gateway.port)) as slow:
        slow.sendall(b"GE")
        assert health(gateway.port)["status"] == "ok"
        slow.sendall(b"T /health HTTP/1.1\r\n\r\n")
        assert slow.recv(100).startswith(b"HTTP/1.1 200 OK")
