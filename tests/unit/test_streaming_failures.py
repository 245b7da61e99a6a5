"""An engine that dies, fails, is late or lacks something: what becomes of the utterances, and what the board says."""

from __future__ import annotations

import pytest

from daemon.board import PartState
from daemon.engines.base import Cure, EngineLoad, EngineReady
from daemon.engines.scripted import Line
from daemon.events import DropReason, Interim, UtteranceAudio
from daemon.settings import LanguagesSection
from daemon.streaming import BACKLOG_S
from hw.api import SPEECH_FORMAT
from tests.support.streaming import ENGLISH_TO_SPANISH, Bench


def problems(bench: Bench) -> dict[str, str]:
    return {problem.code: problem.detail for problem in bench.board.snapshot().problems}


# ---------------------------------------------------------------- an engine that fails


def test_an_engine_that_dies_is_given_the_whole_utterance_again():
    bench = Bench(Line("good day", hypotheses=((0.3, "good"), (0.8, "good day")), dies_at_s=1.0))
    bench.begin().sound(2.0)
    assert bench.board.snapshot().parts["engine"] is PartState.LOADING
    assert "engine_failed" in problems(bench)
    bench.engine.revive()
    bench.settle().sound(0.5).end()
    sound = [event.pcm for event in [UtteranceAudio(1, bytes([1, i]) * 1600) for i in [*range(20), *range(5)]]]
    assert bytes(bench.engine.heard[1]) == b"".join(sound)
    assert bench.ends == [(1, None)]
    assert bench.board.snapshot().parts["engine"] is PartState.OK
    assert problems(bench) == {}


def test_a_replay_takes_no_promise_back():
    bench = Bench(Line("x", late=True))
    bench.begin()
    for text in ("we can", "we can recognize", "we can recognize speech"):
        bench.hypothesis(text).wait(0.3)
    promised = bench.of(Interim)[-1].source
    bench.engine.die()
    bench.engine.revive()
    bench.settle()
    for text in ("wreck", "wreck a nice", "wreck a nice beach"):
        bench.hypothesis(text).wait(0.3)
    stable = promised.text[: promised.stable]
    assert stable == "we can recognize"
    assert all(interim.source.text.startswith(stable) for interim in bench.of(Interim)[3:])
    assert [interim.revision for interim in bench.of(Interim)] == [1, 2, 3, 4, 5, 6]


def test_what_was_complete_is_replayed_in_order():
    bench = Bench(ready=False)
    bench.utterance(1).utterance(2).begin(3).sound(0.5, 3)
    assert bench.published == []
    bench.engine.revive()
    bench.settle()
    assert bench.ends == [(1, None), (2, None)]
    bench.end(3)
    assert bench.ends[2:] == [(3, None)]


def test_an_utterance_that_kills_the_engine_again_and_again_is_given_up():
    bench = Bench(Line("x", late=True))
    bench.begin().sound(0.5)
    for _ in range(3):
        bench.engine.die()
        bench.engine.revive()
        bench.settle()
    assert bench.ends == [(1, DropReason.ENGINE_FAILED)]
    bench.sound(0.5).end()
    assert bench.client.outstanding == 0


def test_an_utterance_that_the_engine_fails_on_is_tried_again_where_that_helps():
    bench = Bench(Line("x", failure="too_loud", cure=Cure.RETRY), Line("fine"))
    bench.utterance(1)
    assert bench.ends == [(1, DropReason.ENGINE_FAILED)]
    bench.utterance(2)
    assert bench.ends[1:] == [(2, None)]


@pytest.mark.parametrize("cure", [Cure.NEXT, Cure.CONFIGURE])
def test_an_utterance_that_the_engine_cannot_do_is_dropped_at_once(cure):
    bench = Bench(Line("x", failure="no_model", cure=cure))
    assert bench.utterance().ends == [(1, DropReason.ENGINE_FAILED)]


def test_an_engine_that_will_not_come_back_is_failed_on_the_board():
    bench = Bench()
    bench.engine.die("no_model", Cure.CONFIGURE)
    bench.settle()
    assert bench.board.snapshot().parts["engine"] is PartState.FAILED


def test_an_engine_that_says_nothing_is_waited_for_no_longer_than_the_deadline():
    bench = Bench(Line("x", silent=True))
    bench.utterance().wait(59)
    assert bench.ends == []
    bench.wait(2)
    assert bench.ends == [(1, DropReason.ENGINE_FAILED)]
    assert not bench.engine._open


def test_the_deadline_begins_when_the_engine_has_the_sound():
    bench = Bench(Line("x", silent=True), ready=False)
    bench.utterance().wait(100)
    bench.engine.revive()
    bench.settle().wait(59)
    assert bench.ends == []
    bench.wait(2)
    assert bench.ends == [(1, DropReason.ENGINE_FAILED)]


def test_the_backlog_loses_the_oldest_complete_utterance_and_never_the_open_one():
    bench = Bench(ready=False)
    for number in (1, 2, 3):
        bench.utterance(number, seconds=12)
    assert bench.ends == [(1, DropReason.BACKLOG)]
    bench.begin(4).sound(29, 4)
    assert len(bench.ends) == 1
    bench.end(4)
    assert bench.ends[1:] == [(2, DropReason.BACKLOG), (3, DropReason.BACKLOG)]
    assert bench.client.backlog_s <= BACKLOG_S
    bench.engine.revive()
    bench.settle()
    assert bench.ends[3:] == [(4, None)]
    assert len(bench.engine.heard[4]) == 29 * SPEECH_FORMAT.bytes_per_second


# ---------------------------------------------------------------- the board


def test_what_cannot_be_translated_is_a_problem_that_names_the_package():
    bench = Bench(languages=LanguagesSection(source="en", targets=("es", "fr"), speak=""))
    missing = {"fr": "install apertium-en-fr", "en": "install a model", "de": "install apertium-de"}
    bench.client.hear_engine(EngineReady("scripted", missing=missing))
    bench.settle()
    assert problems(bench) == {"no_translator": "install apertium-en-fr", "no_recognizer": "install a model"}


def test_what_a_person_must_change_for_an_utterance_to_be_done_is_a_problem_until_one_is():
    refused = Line("hello", failure="no_recognizer", cure=Cure.CONFIGURE)
    bench = Bench(refused, Line("hello"), Line("hello", failure="backlog"), refused)
    bench.utterance(1)
    assert problems(bench) == {"utterance_refused": "no_recognizer, as scripted"}
    bench.utterance(2)
    assert problems(bench) == {}
    bench.utterance(3)
    assert problems(bench) == {}
    bench.utterance(4)
    bench.client.configure(LanguagesSection(source="en", targets=("fr",), speak=""))
    assert problems(bench.settle()) == {}


def test_a_missing_package_keeps_its_time_when_the_engine_comes_back():
    bench = Bench(languages=LanguagesSection(source="en", targets=("fr",), speak=""))
    changes = []
    bench.client.hear_engine(EngineReady("scripted", missing={"fr": "install it"}))
    bench.settle()
    bench.board.listen(changes.append)
    bench.client.hear_engine(EngineReady("scripted", missing={"fr": "install it"}))
    bench.settle()
    assert changes == []
    bench.client.configure(ENGLISH_TO_SPANISH)
    bench.settle()
    assert problems(bench) == {}


def test_an_engine_that_falls_behind_is_told_until_it_has_caught_up_or_is_another():
    bench = Bench()
    for level, told in ((1, "second pass left out"), (2, "second pass and interims left out")):
        bench.client.hear_engine(EngineLoad("scripted", level, 2.5))
        bench.settle()
        assert problems(bench)["engine_slow"] == f"scripted is 2.5 s behind: {told}"
    bench.client.hear_engine(EngineLoad("scripted", 0, 0.0))
    assert problems(bench.settle()) == {}
    bench.client.hear_engine(EngineLoad("scripted", 1, 2.5))
    bench.engine.die()
    bench.engine.revive()
    assert problems(bench.settle()) == {}
