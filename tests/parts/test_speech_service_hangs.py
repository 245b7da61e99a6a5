"""The client of the Speech service's protocol against a server that hangs: each wait has its deadline."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from daemon.engines.base import Cure, EngineFailure
from daemon.wire.messages import RecognitionStatus, TurnEnd
from tests.support.broker import until
from tests.support.odd_servers import DeafServer
from tests.support.speech_scenario import Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import MORNING, MORNING_TEXTS, QUICK, begin, engine, say, served, texts
from tests.support.spoken_code import silence, sound_of

pytestmark = pytest.mark.parts


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
