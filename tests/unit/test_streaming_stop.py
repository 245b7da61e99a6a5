"""The streaming client's worker when it is told to stop: what was said still gets its end, and the engine is closed."""

from __future__ import annotations

import threading

from daemon.engines.scripted import Line
from daemon.events import DropReason, EndReason, UtteranceBegan, UtteranceEnded
from daemon.supervisor import Pulse, Supervisor
from tests.support.streaming import SECOND_NS, Bench

DEADLINE_S = 10.0


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
