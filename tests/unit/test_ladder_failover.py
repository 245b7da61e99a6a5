"""Several engines that look like one: whatever the better ones do, every utterance has its final."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Board
from daemon.engines.base import Cure, Task
from daemon.engines.scripted import Line
from daemon.events import Final, Interim, UtteranceDropped
from daemon.ladder import Ladder
from daemon.rungs import Budgets
from tests.support.ladder import SECOND, SETTLED_S, Bench, engines, lines
from tests.support.properties import PROPERTY


def test_a_rung_that_dies_in_mid_utterance_is_followed_by_the_next_from_the_first_sample():
    cloud, device = engines(lines(hypotheses=((0.5, "hel"),)), lines())
    bench = Bench(cloud, device)
    utterance = bench.begin(seconds=2)
    cloud.die()
    bench.settle()
    bench.end(utterance)
    assert bytes(device.heard[utterance]) == SECOND * 2
    assert bench.finals() == [(1, "device")]
    assert bench.changes() == [("device", "engine_died")]
    assert bench.board.snapshot().engine == "device"


def test_what_was_promised_of_an_interim_is_kept_over_the_change():
    hypotheses = ((0.5, "go on"), (1.0, "go on"), (1.5, "go on now"))
    cloud, device = engines(lines(hypotheses=hypotheses), lines("go up", hypotheses=((1.0, "no way"),)))
    bench = Bench(cloud, device)
    utterance = bench.begin(seconds=2)
    cloud.die()
    bench.clock.now += 1
    bench.settle()
    bench.end(utterance)
    interims = [result.source for result in bench.results if isinstance(result, Interim)]
    promised = ""
    for interim in interims:
        assert interim.text.startswith(promised)
        promised = interim.text[: interim.stable]
    assert len(interims) > 1


def test_a_rung_that_fails_on_one_utterance_loses_only_that_one():
    cloud, device = engines([Line(failure="too_long", cure=Cure.NEXT), *lines()], lines())
    bench = Bench(cloud, device)
    bench.say()
    bench.say()
    assert bench.finals() == [(1, "device"), (2, "cloud")]


def test_a_first_result_that_is_late_is_asked_of_the_next():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device, budgets=Budgets(first_result_s=2.0))
    utterance = bench.begin(seconds=3)
    bench.ladder.check_budgets()
    bench.settle()
    bench.end(utterance)
    assert bench.finals() == [(1, "device")]
    assert bench.changes() == [("device", "first_result_late")]


def test_a_final_that_is_late_is_asked_of_the_next_and_comes_once():
    cloud, device = engines(lines(late=True, hypotheses=((0.5, "hel"),)), lines())
    bench = Bench(cloud, device, budgets=Budgets(final_s=1.0))
    bench.say()
    bench.clock.now += 2
    bench.ladder.check_budgets()
    bench.settle()
    cloud.step()
    bench.settle()
    assert bench.finals() == [(1, "device")]


def test_a_rung_that_fails_three_times_in_a_minute_rests():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    for _ in range(3):
        cloud.die()
        cloud.revive()
        bench.clock.now += SETTLED_S
    bench.settle()
    bench.say()
    assert bench.finals() == [(1, "device")]
    bench.clock.now += 60
    bench.say()
    assert bench.finals()[-1] == (2, "cloud")


def test_one_absence_is_one_failure_whatever_a_rung_says_of_it():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    for code in ("connection_lost", "unreachable", "connect_timeout"):
        cloud.die(code)
    cloud.revive()
    bench.clock.now += SETTLED_S
    bench.settle()
    bench.say()
    assert bench.finals() == [(1, "cloud")]


def test_a_wrong_key_is_said_and_the_next_rung_is_used():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    cloud.die("unauthorized", Cure.CONFIGURE)
    bench.settle()
    bench.say()
    assert bench.finals() == [(1, "device")]
    assert [problem.code for problem in bench.board.snapshot().problems] == ["engine_away"]


def test_only_when_every_rung_is_hopeless_is_the_engine_failed():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    cloud.die("unauthorized", Cure.CONFIGURE)
    bench.settle()
    assert bench.board.snapshot().parts["engine"] == "ok"
    device.die("driver_missing", Cure.CONFIGURE)
    bench.settle()
    assert bench.board.snapshot().parts["engine"] == "failed"


FAULTS = st.sampled_from(["begin", "end", "die 0", "die 1", "revive 0", "revive 1", "wait", "budgets", "step 0"])


class Story:
    """Utterances one after the other, while the rungs have their faults."""

    def __init__(self) -> None:
        self.rungs = engines(lines(late=True, hypotheses=((0.5, "hel"),), count=60), lines(count=60))
        self.bench = Bench(*self.rungs, budgets=Budgets(first_result_s=2.0, final_s=3.0))
        self.spoken = []
        self._open = None

    def happen(self, fault: str) -> None:
        word, _, number = fault.partition(" ")
        if number:
            getattr(self.rungs[int(number)], word)()
        else:
            getattr(self, word)()
        self.bench.settle()

    def begin(self) -> None:
        if self._open is None:
            self._open = self.bench.begin()
            self.spoken.append(self._open)

    def end(self) -> None:
        if self._open is not None:
            self.bench.end(self._open)
            self._open = None

    def wait(self) -> None:
        self.bench.clock.now += 4

    def budgets(self) -> None:
        self.bench.ladder.check_budgets()


@PROPERTY
@given(st.lists(FAULTS, max_size=40))
def test_every_utterance_ends_exactly_once_whatever_the_rungs_do(faults):
    story = Story()
    for fault in [*faults, "end", "revive 0", "revive 1", "wait", "budgets"]:
        story.happen(fault)
    while story.rungs[0].step():
        story.bench.settle()
    ends = [event.utterance for event in story.bench.results if isinstance(event, Final | UtteranceDropped)]
    assert sorted(ends) == story.spoken


def test_an_utterance_that_the_better_rung_refused_outlives_the_death_of_the_one_below():
    cloud, device = engines([Line(failure="too_many", cure=Cure.NEXT), *lines()], [Line("hello", late=True), *lines()])
    bench = Bench(cloud, device)
    bench.say()
    device.die()
    device.revive()
    bench.settle()
    device.step()
    bench.settle()
    assert bench.finals() == [(1, "device")]
    bench.say()
    assert bench.finals()[-1] == (2, "cloud")


@pytest.mark.parametrize("keep_open", [True, False])
def test_an_utterance_that_the_better_rung_refuses_waits_for_the_one_below_to_be_ready(keep_open):
    cloud, device = engines([Line(failure="too_many", cure=Cure.NEXT)], lines(), ready=False)
    bench = Bench(cloud, device, keep_open=keep_open)
    cloud.revive()
    bench.settle()
    bench.say()
    assert bench.finals() == []
    device.revive()
    bench.settle()
    assert bench.finals() == [(1, "device")]


def test_an_utterance_that_the_better_rung_fails_on_again_and_again_is_done_by_the_next():
    cloud, device = engines(lines(failure="service_error", cure=Cure.RETRY), lines())
    bench = Bench(cloud, device)
    bench.say()
    assert bench.finals() == [(1, "device")]


def test_a_rung_that_is_late_is_followed_by_one_that_was_not_open():
    cloud, device = engines(lines(silent=True), lines())
    bench = Bench(cloud, device, budgets=Budgets(final_s=1.0), keep_open=False)
    bench.say()
    bench.clock.now += 2
    for _ in range(2):  # it is opened, then it is asked
        bench.ladder.check_budgets()
        bench.settle()
    assert bench.finals() == [(1, "device")]


def test_an_utterance_that_is_given_up_at_a_change_is_not_left_open_in_the_rung_that_takes_over():
    cloud, device = engines([Line(failure="too_many", cure=Cure.NEXT)], lines())
    ladder, task = Ladder([cloud, device], Board(), announce=lambda _event: None), Task("en", ("es",))
    ladder.open(lambda _event: None)
    ladder.begin(1, task)
    ladder.finish(1)
    ladder.begin(1, task)
    ladder.feed(1, SECOND)
    cloud.die()
    ladder.cancel(1)
    device.feed(1, SECOND)
    assert bytes(device.heard[1]) == SECOND, "it waits for more, and all that comes later behind it"


def test_an_utterance_that_all_rungs_die_of_in_turn_is_given_up():
    rungs = engines(lines(silent=True), lines(silent=True))
    bench = Bench(*rungs)
    bench.say()
    deaths = 0
    while not [result for result in bench.results if isinstance(result, UtteranceDropped)]:
        deaths += 1
        assert deaths < 10
        dying = next(rung for rung in rungs if rung.name == bench.ladder.name)
        dying.die()
        dying.revive()
        bench.settle()
