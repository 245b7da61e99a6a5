"""The client of the Speech service's protocol whose connection or turn ends early: no word is lost."""

from __future__ import annotations

from collections import deque

import pytest

from daemon.board import PartState
from daemon.engines.base import Cure, EngineFailure, EngineHypothesis, EngineReady
from tests.support.speech_scenario import ABORT, Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import MORNING, MORNING_TEXTS, Streamed, begin, ends, say, served, texts
from tests.support.spoken_code import sound_of

pytestmark = pytest.mark.parts


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
