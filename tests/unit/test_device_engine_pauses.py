"""The on-device engine in a pause of the speech: the recognizer works ahead, where there is time and somebody waits."""

from __future__ import annotations

from daemon.engines.base import Cure, EngineFailure, Task
from tests.support.stages import ANTICIPATION_STEPS, SECOND, TASK, WORD_BYTES, say


def test_in_a_pause_the_recognizer_works_ahead_and_the_final_has_all_the_sound(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES + 640))
    engine.pause(1)
    stages.wait_for(lambda: len(stages.ahead) == ANTICIPATION_STEPS)
    assert set(stages.ahead) == {2 * WORD_BYTES + 640}, "all that came before the pause, and no whole block"
    engine.feed(1, bytes(WORD_BYTES))
    stages.wait_for(lambda: len(stages.ahead) == 2 * ANTICIPATION_STEPS)
    engine.finish(1)
    assert listener.final(1).source == "One two three again."
    assert stages.resumed == []


def test_when_speech_goes_on_the_recognizer_is_told_before_it_hears_more(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    engine.pause(1)
    stages.wait_for(lambda: len(stages.ahead) == ANTICIPATION_STEPS)
    engine.resume(1)
    stages.wait_for(lambda: stages.resumed == [2 * WORD_BYTES])
    engine.feed(1, bytes(2 * WORD_BYTES))
    engine.finish(1)
    assert listener.final(1).source == "One two three four again."
    assert len(stages.ahead) == ANTICIPATION_STEPS


def test_a_pause_that_is_over_before_the_recognizer_gets_there_is_none(started, stages):
    engine, listener = started
    stages.decoding.close()
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    stages.decoding.wait_for_somebody()
    engine.pause(1)
    engine.resume(1)
    stages.decoding.open()
    engine.finish(1)
    assert listener.final(1).source == "One two again."
    assert stages.ahead == []


def test_an_utterance_that_is_cancelled_in_a_pause_is_worked_on_no_more(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, SECOND)
    stages.wait_for(lambda: stages.heard == len(SECOND))
    stages.working_ahead.close()
    engine.pause(1)
    stages.working_ahead.wait_for_somebody()
    engine.cancel(1)
    stages.working_ahead.open()
    say(engine, 2, bytes(WORD_BYTES))
    assert listener.final(2).source == "One again."
    assert len(stages.ahead) == 1


def test_nothing_is_done_ahead_for_files(started, stages):
    engine, listener = started
    engine.begin(1, Task("en-US", ("es",), hurry=False))
    engine.feed(1, SECOND)
    engine.pause(1)
    stages.wait_for(lambda: stages.heard == len(SECOND))
    engine.finish(1)
    listener.final(1)
    assert stages.ahead == []


def test_nothing_is_done_ahead_where_the_engine_is_behind(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 1
    stages.decoding.close()
    engine.begin(1, TASK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    stages.decoding.wait_for_somebody()
    engine.pause(1)
    engine.begin(2, TASK)
    engine.feed(2, SECOND)  # waits, and keeps the engine behind
    stages.decoding.open()
    stages.wait_for(lambda: stages.heard == 2 * WORD_BYTES)
    engine.finish(1)
    assert listener.final(1).source == "One two."
    assert stages.ahead == []


def test_a_recognizer_that_fails_ahead_costs_one_utterance_and_is_opened_again(started, stages):
    engine, listener = started
    engine.begin(1, TASK)
    engine.feed(1, SECOND)
    stages.fails_ahead = True
    engine.pause(1)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "recognizer_failed", Cure.RETRY)
    stages.fails_ahead = False
    say(engine, 1)
    assert listener.final(1).source
    assert (stages.recognizers_opened, stages.recognizers_closed) == (2, 1)
