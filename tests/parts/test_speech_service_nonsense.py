"""The client of the Speech service's protocol against a server that says what it should not."""

from __future__ import annotations

import pytest

from daemon.engines.base import Cure, EngineFailure, EngineHypothesis
from daemon.wire.messages import RecognitionStatus
from tests.support.speech_scenario import Scenario
from tests.support.speech_service import MORNING, MORNING_TEXTS, begin, ends, say, served, texts
from tests.support.spoken_code import sound_of

pytestmark = pytest.mark.parts


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
