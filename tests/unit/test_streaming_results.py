"""What the streaming client makes of utterances: interims, and for each at most one end, a final or a drop."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.base import Cure, EngineFinal
from daemon.engines.scripted import Line
from daemon.events import (
    DropReason,
    EndReason,
    Final,
    Interim,
    Notice,
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
from tests.support.properties import PROPERTY
from tests.support.streaming import Bench

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
