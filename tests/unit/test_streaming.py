from __future__ import annotations

import threading
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Board, PartState
from daemon.echo_guard import EchoGuard
from daemon.engines.base import Cure, EngineFinal, EngineHypothesis, EngineLoad, EngineReady, Task
from daemon.engines.scripted import Line, ScriptedEngine
from daemon.events import (
    DropReason,
    EndReason,
    Final,
    Interim,
    Notice,
    SpeechCut,
    SpeechRequest,
    SynthesizedSpeech,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceDropped,
    UtteranceEnded,
    UtterancePaused,
    UtteranceResumed,
    UtteranceWithdrawn,
)
from daemon.settings import LanguagesSection
from daemon.streaming import BACKLOG_S, StreamingClient
from daemon.supervisor import Pulse, Supervisor
from hw.api import SPEECH_FORMAT
from tests.support.properties import PROPERTY

ENGLISH_TO_SPANISH = LanguagesSection(source="en", targets=("es",), speak="es")
DEADLINE_S = 10.0
SECOND_NS = 1_000_000_000


class Bench:
    """A streaming client whose worker is stepped by hand, with a clock that is set by hand."""

    def __init__(self, *script: Line, languages: LanguagesSection = ENGLISH_TO_SPANISH, ready: bool = True) -> None:
        self.published = []
        self.texts = []
        self.now_ns = 1_000 * SECOND_NS
        #: How far the clock moves on each time it is read.
        self.tick_ns = 0
        self.board = Board()
        self.engine = ScriptedEngine(script, ready=ready)
        self.echoes = EchoGuard(self._clock_ns)
        self.client = StreamingClient(
            self.engine,
            languages,
            self.board,
            publish=self.published.append,
            on_text=self.texts.append,
            echoes=self.echoes,
            clock_ns=self._clock_ns,
        )
        self.engine.open(self.client.hear_engine)
        self.settle()

    def _clock_ns(self) -> int:
        self.now_ns += self.tick_ns
        return self.now_ns

    def settle(self) -> Bench:
        while self.client.step(0):
            pass
        return self

    def wait(self, seconds: float) -> Bench:
        self.now_ns += round(seconds * SECOND_NS)
        return self.settle()

    def begin(self, utterance: int = 1, gap_ms: int = 0) -> Bench:
        self.client.hear(UtteranceBegan(utterance, self.now_ns, 10.0, gap_ms))
        return self.settle()

    def sound(self, seconds: float, utterance: int = 1) -> Bench:
        """Feed so much sound in blocks of 0.1 s, each different, as fast as can be."""
        for index in range(round(seconds * 10)):
            self.client.hear(UtteranceAudio(utterance, bytes([utterance, index % 256]) * (SPEECH_FORMAT.rate_hz // 10)))
            self.settle()
        return self

    def end(self, utterance: int = 1, gap_ms: int = 0) -> Bench:
        self.client.hear(UtteranceEnded(utterance, self.now_ns, 12.0, EndReason.HANGOVER, gap_ms))
        return self.settle()

    def withdraw(self, utterance: int = 1) -> Bench:
        self.client.hear(UtteranceWithdrawn(utterance))
        return self.settle()

    def utterance(self, utterance: int = 1, seconds: float = 1.0) -> Bench:
        return self.begin(utterance).sound(seconds, utterance).end(utterance)

    def hypothesis(self, text: str, utterance: int = 1) -> Bench:
        self.client.hear_engine(EngineHypothesis(utterance, "en", text, {"es": f"es: {text}"}, 1.0))
        return self.settle()

    def of(self, kind: type) -> list:
        return [event for event in self.published if isinstance(event, kind)]

    @property
    def ends(self) -> list[tuple[int, DropReason | None]]:
        """Return utterance and reason (None: final) of each end, in order."""
        ends = [event for event in self.published if isinstance(event, Final | UtteranceDropped)]
        return [(end.utterance, getattr(end, "reason", None)) for end in ends]


def problems(bench: Bench) -> dict[str, str]:
    return {problem.code: problem.detail for problem in bench.board.snapshot().problems}


# ---------------------------------------------------------------- the ordinary way


def test_the_hints_of_the_gate_reach_the_engine():
    bench = Bench().begin().sound(0.5)
    for hint in (UtterancePaused(1), UtteranceResumed(1), UtterancePaused(1), UtterancePaused(7)):
        bench.client.hear(hint)
    bench.settle().end()
    assert list(bench.engine.hints) == [(1, "pause"), (1, "resume"), (1, "pause")]
    assert bench.ends == [(1, None)]


def test_interims_come_and_then_exactly_one_final():
    bench = Bench(Line("good day", {"es": "buenos días"}, hypotheses=((0.3, "good"), (0.6, "good day"))))
    bench.begin().sound(0.5).wait(0.3).sound(0.5).wait(0.3).end()
    kinds = [type(event) for event in bench.published if not isinstance(event, SynthesizedSpeech)]
    assert kinds == [Interim, Interim, Final]
    assert [interim.revision for interim in bench.of(Interim)] == [1, 2]
    (final,) = bench.of(Final)
    assert (final.source, final.translations["es"].text, final.engine) == ("good day", "buenos días", "scripted")
    assert final.audio_s == 1.0


def test_what_the_engine_rejects_is_dropped_and_it_is_told_why():
    bench = Bench(Line("", silent=True)).begin().sound(0.5).end()
    bench.client.hear_engine(EngineFinal(1, "en", "", {}, 10, rejected="unsure"))
    bench.settle()
    assert bench.of(Notice) == [Notice("rejected", {"utterance": 1, "reason": "unsure"})]
    assert bench.ends == [(1, DropReason.REJECTED)]
    assert bench.client.outstanding == 0


def test_latencies_run_from_the_first_and_the_last_voiced_frame():
    bench = Bench(Line("good day", hypotheses=((0.3, "good"),), late=True))
    bench.begin().wait(0.4).sound(0.5).wait(0.6).end().wait(0.7)
    bench.engine.step()
    bench.settle()
    (final,) = bench.of(Final)
    assert (final.first_interim_ms, final.final_ms) == (400, 700)
    assert (final.start_s, final.end_s) == (10.0, 12.0)


def test_finals_keep_the_order_in_which_the_engine_gives_them():
    bench = Bench()
    bench.utterance(1).utterance(2).utterance(3)
    assert bench.ends == [(1, None), (2, None), (3, None)]


def test_an_utterance_is_translated_as_was_configured_when_it_began():
    bench = Bench(Line("hello"), Line("hello"))
    bench.begin()
    bench.client.configure(LanguagesSection(source="en", targets=("ca", "fr"), speak=""))
    bench.sound(1.0).end().utterance(2)
    assert [tuple(final.translations) for final in bench.of(Final)] == [("es",), ("ca", "fr")]
    assert bench.board.snapshot().targets == ("ca", "fr")


@pytest.mark.parametrize(("speak", "spoken"), [("en", {"u1"}), ("", set())])
def test_an_utterance_is_spoken_as_was_configured_when_it_began_unless_nothing_is_any_more(speak, spoken):
    bench = Bench(Line("hello"))
    bench.begin().sound(1.0)
    bench.client.configure(LanguagesSection(source="es", targets=("en",), speak=speak))
    bench.end()
    assert {block.id for block in bench.of(SynthesizedSpeech)} == spoken


def test_sound_of_an_unknown_utterance_is_ignored():
    bench = Bench()
    bench.sound(0.5, utterance=7).end(7).withdraw(8)
    assert bench.published == []


# ---------------------------------------------------------------- utterances without a final


def test_where_nothing_was_said_nothing_is_told():
    assert Bench(Line("")).utterance().published == []


def test_where_something_was_shown_and_nothing_said_a_drop_is_told():
    bench = Bench(Line("", hypotheses=((0.3, "er"),)))
    bench.utterance()
    assert bench.ends == [(1, DropReason.NO_SPEECH)]


def test_a_withdrawn_utterance_is_forgotten_and_told_only_if_it_was_shown():
    bench = Bench(Line("no"), Line("no", hypotheses=((0.3, "no"),)))
    bench.begin(1).sound(0.5, 1).withdraw(1)
    assert bench.published == []
    bench.begin(2).sound(0.5, 2).withdraw(2)
    assert bench.ends == [(2, DropReason.WITHDRAWN)]
    assert not bench.engine._open
    assert bench.client.outstanding == 0


def test_sound_lost_before_an_utterance_without_words_is_told_by_the_next_final():
    bench = Bench(Line(""), Line("hello"), Line("again"))
    bench.begin(1, gap_ms=700).end(1, gap_ms=20)
    bench.begin(2, gap_ms=3).end(2, gap_ms=4)
    bench.utterance(3)
    assert [final.gap_ms for final in bench.of(Final)] == [727, 0]


def test_the_gap_of_a_withdrawn_utterance_is_left_to_the_gate():
    bench = Bench(Line("no"), Line("hello"))
    bench.begin(1, gap_ms=700).withdraw(1).begin(2, gap_ms=700).end(2)
    assert [final.gap_ms for final in bench.of(Final)] == [700]


# ---------------------------------------------------------------- interims


def test_at_most_four_interims_a_second_are_shown_and_the_newest_wins():
    bench = Bench(Line("x", late=True))
    bench.begin()
    for number in range(100):
        bench.hypothesis(f"word {number}").wait(0.02)
    shown = bench.of(Interim)
    assert len(shown) <= 9
    assert len(shown) >= 7
    bench.wait(0.3)
    assert bench.of(Interim)[-1].source.text == "word 99"


def test_the_limit_holds_for_all_utterances_together():
    bench = Bench(Line("x", late=True), Line("y", late=True))
    bench.begin(1).end(1).begin(2)
    for number in range(50):
        bench.hypothesis(f"word {number}", 1).hypothesis(f"word {number}", 2).wait(0.02)
    assert len(bench.of(Interim)) <= 5


def test_a_hypothesis_that_waits_is_not_shown_after_the_final():
    bench = Bench(Line("good day", late=True))
    bench.begin().hypothesis("good").hypothesis("good day").end()
    bench.engine.step()
    bench.wait(1)
    assert isinstance(bench.published[-1], Final | SynthesizedSpeech)
    assert len(bench.of(Interim)) == 1


def test_an_empty_hypothesis_is_not_shown():
    assert Bench().begin().hypothesis("").wait(1).of(Interim) == []


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


# ---------------------------------------------------------------- speech and text


def test_only_the_chosen_language_is_spoken():
    bench = Bench(Line("hi"), languages=LanguagesSection(source="en", targets=("es", "fr"), speak="fr"))
    bench.utterance()
    assert {(block.id, block.lang) for block in bench.of(SynthesizedSpeech)} == {("u1", "fr")}


def test_in_a_conversation_the_other_side_is_spoken_to():
    talk = LanguagesSection(source="en-US", targets=("es",), speak="es", conversation=("en-US", "es-ES"))
    bench = Bench(Line("hi"), Line("hola", lang="es-ES"), languages=talk)
    bench.utterance(1)
    bench.utterance(2)
    finals = [(final.source_lang, list(final.translations)) for final in bench.of(Final)]
    assert finals == [("en-US", ["es"]), ("es-ES", ["en-US"])]
    assert list(dict.fromkeys(block.lang for block in bench.of(SynthesizedSpeech))) == ["es", "en-US"]


@pytest.mark.parametrize("speak", ["", "ca"])
def test_nothing_is_spoken_where_no_target_is_chosen(speak):
    bench = Bench(Line("hi"), languages=LanguagesSection(source="en", targets=("es",), speak=speak))
    assert bench.utterance().of(SynthesizedSpeech) == []


def test_a_translation_that_failed_is_not_spoken():
    bench = Bench(Line("hi", failing={"es": "no"}))
    bench.utterance()
    assert bench.of(Final)[0].translations["es"].error.code == "translator_failed"
    assert bench.of(SynthesizedSpeech) == []


def test_work_is_outstanding_until_the_last_block_of_speech():
    bench = Bench(Line("hi"))
    bench.utterance()
    assert bench.client.outstanding == 1
    while bench.engine.step():
        bench.settle()
    assert bench.of(SynthesizedSpeech)[-1].last
    assert bench.client.outstanding == 0


def test_a_result_is_outstanding_until_it_has_been_published():
    seen = []
    engine = ScriptedEngine([Line("hi")])
    client = StreamingClient(
        engine, ENGLISH_TO_SPANISH, Board(), publish=lambda event: seen.append((event, client.outstanding))
    )
    engine.open(client.hear_engine)
    for event in (UtteranceBegan(1, 0, 0.0), UtteranceEnded(1, 0, 1.0, EndReason.HANGOVER)):
        client.hear(event)
    while client.step(0):
        pass
    assert all(outstanding > 0 for _event, outstanding in seen)
    assert any(isinstance(event, Final) for event, _outstanding in seen)


def test_a_text_is_spoken_on_request():
    bench = Bench()
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.settle()
    assert bench.of(SynthesizedSpeech)[0].id == "c1"


@pytest.mark.parametrize("cut", [SpeechCut("c1"), SpeechCut()])
def test_speech_that_is_cut_is_synthesized_no_further_and_ends_once(cut):
    bench = Bench()
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.settle()
    heard = len(bench.of(SynthesizedSpeech))
    bench.client.speak(cut)
    bench.settle()
    assert not bench.engine.step(), "the engine goes on"
    rest = bench.of(SynthesizedSpeech)[heard:]
    assert [(block.pcm, block.last, block.error) for block in rest] == [(b"", True, "stopped")]
    assert bench.client.outstanding == 0


def test_what_was_on_its_way_when_speech_was_cut_is_not_heard():
    bench = Bench()
    bench.client.speak(SpeechCut())
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.client.speak(SpeechCut("c1"))
    bench.settle()
    assert [block.pcm for block in bench.of(SynthesizedSpeech)] == [b""]


def test_only_the_speech_that_is_cut_ends():
    bench = Bench()
    for request in ("c1", "c2"):
        bench.client.speak(SpeechRequest(request, "es", "hola"))
    bench.client.speak(SpeechCut("c1"))
    bench.settle()
    while bench.engine.step():
        bench.settle()
    ends = {block.id: block.error for block in bench.of(SynthesizedSpeech) if block.last}
    assert ends == {"c1": "stopped", "c2": ""}


def test_a_final_that_is_the_speech_of_the_device_is_dropped_and_not_spoken_again():
    bench = Bench(Line("hello my friend"), Line("hello my friend"), languages=ENGLISH_TO_SPANISH)
    bench.client.speak(SpeechRequest("c1", "en", "Hello, my friend!"))
    bench.settle()
    bench.echoes.began("c1")
    bench.wait(1).utterance(1)
    bench.echoes.ended("c1")
    bench.wait(2).utterance(2)
    assert bench.ends == [(1, DropReason.ECHO), (2, None)]
    assert bench.echoes.dropped == 1
    assert {block.id for block in bench.of(SynthesizedSpeech)} == {"c1", "u2"}


def test_typed_text_is_translated_on_request():
    bench = Bench()
    bench.client.translate_text("c1", "hello", Task("en", ("es",)))
    bench.settle()
    assert bench.texts[0].request == "c1"
    assert bench.texts[0].translations["es"].text == "es: hello"


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


# ---------------------------------------------------------------- the worker


def run_to_the_stop(bench: Bench) -> None:
    """Run the worker when it has already been told to stop; a tenth of a second passes with each look at the clock."""
    bench.tick_ns = SECOND_NS // 10
    pulse = Pulse("streaming")
    pulse.stopping.set()
    bench.client.run(pulse)


def test_what_is_complete_at_the_stop_still_gets_its_final():
    bench = Bench(Line("hello", hypotheses=((0.5, "hello"),)))
    bench.begin().sound(1.0)
    bench.client.hear(UtteranceEnded(1, bench.now_ns, 12.0, EndReason.STOPPED))
    bench.client.wake()
    run_to_the_stop(bench)
    assert bench.ends == [(1, None)]


def test_what_has_no_final_at_the_stop_is_dropped_as_stopped():
    bench = Bench(Line("hello", silent=True), Line("hello", silent=True))
    bench.utterance(1).begin(2)
    run_to_the_stop(bench)
    assert bench.ends == [(1, DropReason.STOPPED), (2, DropReason.STOPPED)]


def test_what_is_dropped_at_the_stop_is_told_before_the_engine_is_ended_which_may_hang():
    bench = Bench(Line("hello", silent=True))
    told = []
    bench.engine.close = lambda: told.extend(bench.ends)
    bench.utterance(1)
    run_to_the_stop(bench)
    assert told == [(1, DropReason.STOPPED)]


def test_what_was_said_before_the_stop_is_heard_though_the_engine_is_away():
    bench = Bench(ready=False)
    bench.client.hear(UtteranceBegan(1, 0, 0.0))
    bench.client.hear(UtteranceEnded(1, 0, 1.0, EndReason.STOPPED))
    run_to_the_stop(bench)
    assert bench.ends == [(1, DropReason.STOPPED)]


def test_the_worker_is_woken_for_its_stop_and_closes_the_engine():
    bench = Bench()
    supervisor, closed = Supervisor(), threading.Event()
    bench.engine.close = closed.set
    supervisor.start("streaming", bench.client.run, essential=True, wake=bench.client.wake)
    assert supervisor.stop(DEADLINE_S) == []
    assert closed.is_set()
    assert not supervisor.failed.is_set()


# ---------------------------------------------------------------- anything may happen

HYPOTHESES = st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.6]), st.sampled_from(["a", "a b"])), max_size=3)
LINES = st.lists(
    st.builds(
        Line,
        text=st.sampled_from(["", "hello", "good day"]),
        hypotheses=HYPOTHESES.map(tuple),
        failure=st.sampled_from(["", "", "", "failed"]),
        cure=st.sampled_from(Cure),
        late=st.booleans(),
        silent=st.sampled_from([False, False, True]),
        dies_at_s=st.sampled_from([None, None, 0.2]),
    ),
    max_size=6,
)
ACTIONS = st.lists(
    st.sampled_from(["begin", "sound", "sound", "end", "withdraw", "step", "die", "revive", "wait", "late", "handle"]),
    max_size=60,
)


def check_ends(published: list, began: list[int], withdrawn: set[int], lines: list[Line]) -> None:
    shown, ended = set(), defaultdict(int)
    for event in published:
        if isinstance(event, Interim):
            assert not ended[event.utterance], "an interim after the end"
            shown.add(event.utterance)
        elif isinstance(event, Final | UtteranceDropped):
            ended[event.utterance] += 1
    for number in began:
        assert ended[number] <= 1
        if not ended[number]:
            line = lines[number - 1] if number <= len(lines) else Line("x")
            assert number not in shown, "what was shown must end"
            assert number in withdrawn or not line.text, "silent only where nothing was said"


@PROPERTY
@given(LINES, ACTIONS)
def test_every_utterance_ends_once_or_silently_when_nothing_was_shown_and_nothing_said(lines, actions):
    bench = Bench(*lines)
    number, is_open, withdrawn = 0, False, set()
    client = bench.client
    for action in actions:
        if action == "begin" and not is_open:
            number, is_open = number + 1, True
            client.hear(UtteranceBegan(number, bench.now_ns, 0.0))
        elif action == "sound" and is_open:
            client.hear(UtteranceAudio(number, bytes(6400)))
        elif action == "end" and is_open:
            is_open = False
            client.hear(UtteranceEnded(number, bench.now_ns, 0.0, EndReason.HANGOVER))
        elif action == "withdraw" and is_open:
            is_open = False
            withdrawn.add(number)
            client.hear(UtteranceWithdrawn(number))
        elif action in ("step", "die", "revive"):
            getattr(bench.engine, action)()
        elif action == "handle":
            client.step(0)
        elif action in ("wait", "late"):
            bench.wait(0.3 if action == "wait" else 61)
    bench.settle()
    for held in list(client._held):
        client._drop(held, DropReason.STOPPED)
    assert client._inbox.unfinished == 0
    check_ends(bench.published, list(range(1, number + 1)), withdrawn, lines)
