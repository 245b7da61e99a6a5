"""The client of the Speech service's protocol against a server, over real sockets, in every trouble."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from dataclasses import replace

import pytest

from daemon.board import PartState
from daemon.engines.base import Cure, EngineFailure, EngineHypothesis, EngineReady, Task, TextTranslated
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.events import (
    SpeechRequest,
    SynthesizedSpeech,
)
from daemon.wire.from_client import Audio, SpeechConfig
from daemon.wire.messages import RecognitionStatus, TurnEnd, Vocabulary
from tests.support.broker import DEADLINE_S, until
from tests.support.odd_servers import DeafServer, Proxy
from tests.support.speech_server import ABORT, SPEECH, SPEECH_RATE_HZ, Scenario, SpeechServer
from tests.support.speech_service import QUICK, TASK, TWO, Streamed, begin, ends, engine, say, texts
from tests.support.spoken_code import silence, sound_of

pytestmark = pytest.mark.parts

MORNING = sound_of("good morning . how are you")
MORNING_TEXTS = {"": "good morning how are you", "es": "es:good es:morning es:how es:are es:you"}


@contextlib.contextmanager
def served(scenario: Scenario | None = None, deadlines: Deadlines = QUICK, **own):
    """A server in some trouble, and a ready engine on it."""
    with SpeechServer(scenario) as server, engine(server, deadlines, **own) as (opened, listener):
        listener.ready()
        yield server, opened, listener


# ---------------------------------------------------------------- what goes well


@pytest.mark.parametrize("vocabulary", [Vocabulary.V1, Vocabulary.V2])
def test_an_utterance_is_one_turn_and_its_phrases_are_one_final(vocabulary):
    with served(Scenario(vocabulary=vocabulary)) as (server, opened, listener):
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        server.wait_for(lambda: any(isinstance(each, Audio) and not each.pcm for each in server.messages))
        (turn,) = server.turns
        assert bytes(turn.decoder.pcm[: len(MORNING)]) == MORNING
        assert isinstance(server.messages[0], SpeechConfig)


def test_the_connection_is_there_before_anything_is_said_and_stays():
    with served() as (server, opened, listener):
        server.wait_for(lambda: len(server.messages) == 1)
        for number in (1, 2, 3):
            say(opened, number, sound_of("one two"))
            listener.final(number)
        assert len(server.upgrades) == 1
        assert [turn.connection for turn in server.turns] == [1, 1, 1]


def test_targets_may_change_from_utterance_to_utterance():
    with served() as (server, opened, listener):
        for number, task in enumerate((TASK, TWO, Task("en-US", ("fr",))), start=1):
            say(opened, number, sound_of("one"), task)
            assert set(listener.final(number).translations) == set(task.targets)
        assert len(server.upgrades) == 1


def test_on_a_v1_address_other_targets_need_another_connection():
    with SpeechServer() as server:
        address = f"{server.address}/speech/translation/cognitiveservices/v1"
        with engine(address) as (opened, listener):
            listener.ready()
            for number, task in enumerate((TASK, TASK, TWO), start=1):
                say(opened, number, sound_of("one"), task)
                assert texts(listener.final(number))["es"] == "es:one"
            assert [upgrade.parameters("to") for upgrade in server.upgrades] == [("es",), ("es", "de")]
            assert listener.all(EngineFailure) == []
            assert len(listener.all(EngineReady)) == 1


def test_everything_that_is_set_is_asked():
    own = {
        "profanity": "masked",
        "phrases": ("Dragoman",),
        "phrase_weight": 1.5,
        "candidates": ("en-US", "fr-FR"),
        "language_changes": True,
        "segmentation": "semantic",
        "segmentation_silence_ms": 300,
        "stable_partials": 3,
        "category": "medical",
        "model": "abc",
    }
    with served(**own) as (server, opened, listener):
        say(opened, 1, sound_of("one"))
        listener.final(1)
        asked = server.turns[0].context
        assert (asked.profanity, asked.phrases, asked.phrase_weight) == ("masked", ("Dragoman",), 1.5)
        assert (asked.candidates, asked.language_id.value) == (("en-US", "fr-FR"), "DetectContinuous")
        assert (asked.semantic, asked.segmentation_silence_ms, asked.stable_threshold) == (True, 300, 3)
        assert asked.category == "medical"
        assert server.upgrades[0].parameter("cid") == "abc"


def test_interims_are_not_asked_for_where_nobody_wants_them():
    with served() as (server, opened, listener):
        say(opened, 1, sound_of("one"), Task("en-US", ("es",), interims=False))
        listener.final(1)
        assert not server.turns[0].context.interims


def test_speech_comes_with_the_utterance_and_is_not_asked_for_again():
    with served(speak="es", voices=("es-ES-ElviraNeural",)) as (server, opened, listener):
        say(opened, 1, sound_of("good morning"))
        final = listener.final(1)
        opened.speak(SpeechRequest("u1", "es", final.translations["es"].text))
        listener.last_block("u1")
        blocks = listener.all(SynthesizedSpeech)
        assert b"".join(block.pcm for block in blocks) == SPEECH
        assert {block.rate_hz for block in blocks} == {SPEECH_RATE_HZ}
        assert server.synthesized == []


def test_the_final_does_not_wait_for_the_speech():
    with served(Scenario(unsaid=(TurnEnd,)), speak="es", voices=("es-ES-X",)) as (_server, opened, listener):
        say(opened, 1, sound_of("good morning"))
        assert listener.final(1).source == "good morning"


def test_other_texts_are_spoken_over_a_connection_of_their_own():
    with served() as (server, opened, listener):
        for number in (1, 2):
            opened.speak(SpeechRequest(f"t{number}", "es", "¿Qué tal <hoy>?"))
            assert listener.last_block(f"t{number}").error == ""
        assert server.synthesized == ["¿Qué tal <hoy>?"] * 2
        assert len(server.upgrades) == 2


def test_a_connection_for_speech_that_has_gone_is_opened_again():
    with served() as (server, opened, listener):
        opened.speak(SpeechRequest("one", "es", "uno"))
        listener.last_block("one")
        server.cut_all()
        opened.speak(SpeechRequest("two", "es", "dos"))
        assert listener.last_block("two").error == ""


def test_typed_text_is_said_not_to_be_translated():
    with served() as (_server, opened, listener):
        opened.translate("t", "Hello", TWO)
        answer = listener.wait_for(TextTranslated)
        assert {each.error.code for each in answer.translations.values()} == {"speech_only"}


# ---------------------------------------------------------------- the connection is lost


@pytest.mark.parametrize("how", [1000, 1011, ABORT])
def test_a_connection_lost_in_mid_turn_is_told_and_a_new_one_is_there_at_once(how):
    with served(Scenario(cuts=deque([(2, how)]))) as (server, opened, listener):
        begin(opened, 1, MORNING)
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("connection_lost", Cure.RETRY)
        listener.ready(2)
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        assert len(ends(listener, 1)) == 1
        assert server.upgrades[0].connection_id == server.upgrades[1].connection_id != ""


def test_the_services_reason_for_closing_is_passed_on():
    with served(Scenario(cuts=deque([(1, 1011)]), reason="quota exceeded")) as (_server, opened, listener):
        begin(opened, 1, MORNING)
        assert "1011 quota exceeded" in listener.failure().text


def test_a_connection_lost_between_turns_is_opened_again_without_a_word():
    with served() as (server, opened, listener):
        server.wait_for(lambda: server.messages)
        for number in (1, 2):
            server.cut_all()
            server.wait_for(lambda number=number: len(server.upgrades) == number + 1)
            say(opened, number, sound_of("one"))
            assert listener.final(number).source == "one"
        assert listener.all(EngineFailure) == []
        assert len(listener.all(EngineReady)) == 1


@pytest.mark.parametrize("code", [1002, 1007])
def test_a_rejected_turn_fails_alone_with_the_reason_and_the_next_one_is_taken(code):
    scenario = Scenario(cuts=deque([(1, code)]), reason="no such language: xx")
    with served(scenario) as (_server, opened, listener):
        begin(opened, 1, sound_of("one two three"))
        failure = listener.wait_for(EngineFailure)
        assert (failure.utterance, failure.cure) == (1, Cure.CONFIGURE)
        assert "no such language: xx" in failure.text
        say(opened, 2, sound_of("four"))
        assert listener.final(2).source == "four"
        assert len(listener.all(EngineReady)) == 1


def test_a_turn_that_the_server_ends_is_followed_by_another_that_loses_nothing():
    with served(Scenario(phrases_a_turn=1)) as (server, opened, listener):
        text = "one two . three . four five . six"
        say(opened, 1, sound_of(text))
        assert listener.final(1).source == text.replace(" .", "")
        assert len(server.turns) >= 4
        assert len(server.upgrades) == 1
        covered = [event.audio_s for event in listener.all(EngineHypothesis)]
        assert covered == sorted(covered)
        assert covered[-1] == pytest.approx(4.5, abs=0.1)


def test_a_turn_that_ends_before_the_server_heard_all_that_was_sent_is_followed_by_another():
    with served(Scenario(phrases_a_turn=1)) as (server, opened, listener):
        text = "one two . three . four"
        begin(opened, 1, sound_of(text))
        server.wait_for(lambda: len(server.turns) == 3)
        opened.finish(1)
        assert listener.final(1).source == text.replace(" .", "")


def test_silence_after_the_last_words_is_not_sent_again_for_ever():
    with served() as (server, opened, listener):
        say(opened, 1, sound_of("one two", tail_s=3))
        assert listener.final(1).source == "one two"
        assert len(server.turns) <= 2


def test_a_server_that_ends_every_turn_at_once_is_not_asked_for_ever():
    with served(Scenario(ends_at_once=True)) as (server, opened, listener):
        begin(opened, 1, MORNING)
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("turn_ended", Cure.RETRY)
        assert len(server.turns) == 3


# ---------------------------------------------------------------- the connection is refused


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


# ---------------------------------------------------------------- hangs


def test_a_request_that_is_not_answered_has_its_deadline():
    quick = replace(QUICK, upgrade_s=0.2)
    with SpeechServer(Scenario(unanswered=1)) as server, engine(server, quick) as (opened, listener):
        failure = listener.failure()
        assert (failure.code, failure.cure) == ("upgrade_timeout", Cure.RETRY)
        listener.ready()
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS


def test_a_machine_that_does_not_take_connections_has_its_deadline():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)  # noqa: FBT003 -- the socket's own method
            one.connect_ex(full.getsockname())
        try:
            with engine(f"ws://127.0.0.1:{full.getsockname()[1]}", replace(QUICK, connect_s=0.2)) as (_, listener):
                assert listener.failure().code == "connect_timeout"
        finally:
            for one in waiting:
                one.close()


@pytest.mark.parametrize(
    ("scenario", "deadlines", "code"),
    [
        (Scenario(silent_after=0), {"turn_start_s": 0.2}, "turn_start_timeout"),
        (Scenario(silent_after=2), {"silence_s": 1, "turn_end_s": 30}, "server_silent"),
        (Scenario(unsaid=(TurnEnd,), status=RecognitionStatus.NO_MATCH), {"turn_end_s": 0.2}, "turn_end_timeout"),
    ],
)
def test_each_hang_in_a_turn_has_its_deadline_and_the_replay_succeeds(scenario, deadlines, code):
    with served(scenario, replace(QUICK, **deadlines)) as (server, opened, listener):
        begin(opened, 1, sound_of("one two three"))
        if code == "server_silent":
            until(lambda: opened.feed(1, silence(0.1)) or listener.all(EngineFailure), "the silence is noticed")
        opened.finish(1)
        failure = listener.failure()
        assert (failure.code, failure.cure) == (code, Cure.RETRY)
        listener.ready(2)
        server.scenario.unsaid, server.scenario.status = (), RecognitionStatus.SUCCESS
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS


def test_a_turn_that_hangs_after_its_final_is_left_without_a_word():
    with served(Scenario(unsaid=(TurnEnd,)), replace(QUICK, turn_end_s=0.2)) as (server, opened, listener):
        for number in (1, 2):
            say(opened, number, sound_of("one"))
            listener.final(number)
        assert listener.all(EngineFailure) == []
        assert len(server.upgrades) == 2


def test_a_connection_that_answers_no_ping_is_left():
    with DeafServer() as server, engine(server.address, replace(QUICK, ping_s=0.1, pong_s=0.1)) as (_, listener):
        listener.ready()
        assert server.requests.acquire(timeout=5)
        assert server.requests.acquire(timeout=5)


def test_a_slow_server_is_waited_for():
    with served(Scenario(slow_s=0.05), replace(QUICK, turn_start_s=0.5, turn_end_s=0.5)) as (_s, opened, listener):
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        assert listener.all(EngineFailure) == []


def test_closing_takes_no_time_whatever_hangs():
    with SpeechServer(Scenario(unanswered=1)) as server, engine(server) as (opened, listener):
        server.wait_for(lambda: server.upgrades)
        opened.close()
        assert not opened._thread.is_alive()
        assert listener.events == []


# ---------------------------------------------------------------- what a server should not say


@pytest.mark.parametrize(
    ("trouble", "oddity"),
    [
        ({"garbage": ("", "no header", b"\xff\xff", b"\x00", "Path:translation.phrase\r\n\r\n{")}, "not_json"),
        ({"garbage": ("Path:new.thing\r\n\r\n{}",)}, "wrong_request_id"),
        ({"garbage": (b"\x00\x0dPath:turn.end",)}, "not_text"),
        ({"foreign_ids": True}, "wrong_request_id"),
        ({"twice": True}, "twice"),
        ({"disordered": True}, None),
    ],
)
def test_nonsense_is_counted_and_the_result_is_right(trouble, oddity):
    with served(Scenario(**trouble)) as (_server, opened, listener):
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        say(opened, 2, MORNING)
        listener.final(2)
        assert [len(ends(listener, number)) for number in (1, 2)] == [1, 1]
        assert listener.all(EngineFailure) == []
        assert oddity is None or opened.oddities[oddity] > 0


def test_the_end_of_an_utterance_that_was_taken_away_is_nothing_odd():
    with served(Scenario()) as (_server, opened, listener):
        begin(opened, 1, MORNING)
        listener.wait_for(EngineHypothesis)
        opened.cancel(1)
        say(opened, 2, MORNING)
        assert texts(listener.final(2)) == MORNING_TEXTS
        assert opened.oddities["late_phrase"] == 0


def test_negative_offsets_do_no_harm():
    with served(Scenario(negative=True)) as (_server, opened, listener):
        say(opened, 1, sound_of("good morning"))
        assert listener.final(1).source == "good morning"
        assert opened.oddities["negative_offset"] > 0


def test_a_huge_message_ends_the_connection_and_nothing_else():
    with served(Scenario(garbage=(b"\x00\x0cPath:audio\r\n" + bytes(5 << 20),))) as (server, opened, listener):
        begin(opened, 1, MORNING)
        failure = listener.wait_for(EngineFailure)
        server.scenario.garbage = ()
        if failure.utterance is None:
            listener.ready(2)
        say(opened, 2, MORNING)
        assert texts(listener.final(2)) == MORNING_TEXTS


@pytest.mark.parametrize(
    ("status", "cure"), [(RecognitionStatus.ERROR, Cure.RETRY), (RecognitionStatus.TOO_MANY_REQUESTS, Cure.NEXT)]
)
def test_a_phrase_that_is_an_error_fails_its_utterance_only(status, cure):
    with served(Scenario(status=status)) as (server, opened, listener):
        say(opened, 1, sound_of("one"))
        failure = listener.wait_for(EngineFailure)
        assert (failure.utterance, failure.cure) == (1, cure)
        server.scenario.status = RecognitionStatus.SUCCESS
        say(opened, 2, sound_of("two"))
        assert listener.final(2).source == "two"
        assert len(ends(listener, 1)) == 1


def test_a_translation_that_failed_leaves_the_source():
    with served(Scenario(translation_error="no such category")) as (_server, opened, listener):
        say(opened, 1, sound_of("one"))
        final = listener.final(1)
        assert final.source == "one"
        assert "no such category" in final.translations["es"].error.text


def test_silence_is_an_empty_final():
    with served() as (_server, opened, listener):
        say(opened, 1, silence(1))
        assert listener.final(1).source == ""


# ---------------------------------------------------------------- pace, TLS, proxy


def test_sound_that_was_kept_goes_out_no_faster_than_the_service_takes():
    with served(replay_speed=4.0) as (server, opened, listener):
        began = time.monotonic()
        say(opened, 1, sound_of("one two . three", lead_s=6))
        assert listener.final(1).source == "one two three"
        sent_s = sum(len(each.pcm) for each in server.messages if isinstance(each, Audio)) / 32_000
        assert time.monotonic() - began >= (sent_s - 5 - 0.1) / 4


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


# ---------------------------------------------------------------- with the streaming client


def test_what_is_outstanding_when_the_connection_is_lost_is_replayed_and_nothing_is_lost_or_doubled():
    cuts = deque([(2, ABORT), (3, 1011)])
    said = ["one two three", "four . five six", "seven", "good morning", "how are you today"]
    with SpeechServer(Scenario(cuts=cuts)) as server, Streamed(server) as streamed:
        for number, text in enumerate(said, start=1):
            streamed.hear(number, sound_of(text))
        finals = streamed.finals(len(said))
        assert sorted(final.utterance for final in finals) == [1, 2, 3, 4, 5]
        told = {final.utterance: final.source for final in finals}
        assert [told[number] for number in sorted(told)] == [text.replace(" .", "") for text in said]
        assert streamed.board.snapshot().parts["engine"] is PartState.OK
        assert len(server.upgrades) == 3
