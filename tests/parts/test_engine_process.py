"""An engine's process dies, hangs, talks rubbish: it is replaced, and nothing of it is left."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daemon.board import Board
from daemon.engines.base import Cure, EngineFailure, EngineFinal, EngineHypothesis, EngineReady, Task, TextTranslated
from daemon.engines.memory import own_mb
from daemon.engines.process import ProcessEngine
from daemon.engines.scripted import ScriptedEngine
from daemon.events import (
    EndReason,
    Final,
    SpeechRequest,
    SynthesizedSpeech,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceEnded,
)
from daemon.ladder import Ladder
from daemon.rungs import REST_S
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient
from tests.support.clock import HandClock
from tests.support.engines import Listener
from tests.support.processes import descendants, runs, wait_until_gone
from tests.support.troubled_engine import TROUBLED

pytestmark = pytest.mark.parts

ROOT = Path(__file__).resolve().parents[2]
TASK = Task("en-US", ("es",))
HALF_A_SECOND = bytes(16_000)
#: After so long a better rung that is ready again is used, seconds.
SETTLED_S = 6.0


@pytest.fixture
def start(tmp_path):
    """Start engines with some trouble; all are closed at the end, and must have left nothing."""
    engines = []

    def start(heartbeat_limit_s=60.0, load_limit_s=60.0, back_off_s=(0.05, 0.2), memory_limit_mb=math.inf, **trouble):
        trouble.setdefault("mark", str(tmp_path / "had"))
        engine = ProcessEngine(
            "troubled",
            "tests.support.troubled_engine",
            {"trouble": trouble},
            heartbeat_limit_s=heartbeat_limit_s,
            load_limit_s=load_limit_s,
            back_off_s=back_off_s,
            memory_limit_mb=memory_limit_mb,
        )
        engines.append(engine)
        listener = Listener()
        engine.open(listener)
        return engine, listener

    before = set(descendants(os.getpid()))
    yield start
    for engine in engines:
        engine.close()
    assert set(descendants(os.getpid())) <= before
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("engine-troubled")] == []


def say(engine, utterance, finish=True):  # noqa: FBT002 -- reads well
    engine.begin(utterance, TASK)
    engine.feed(utterance, HALF_A_SECOND)
    if finish:
        engine.finish(utterance)


def test_calls_reach_the_child_and_events_come_back(start):
    engine, listener = start()
    assert listener.ready().engine == "troubled"
    say(engine, 1)
    assert listener.final(1).source == "hello"
    assert listener.all(EngineHypothesis)[0].source == "hel"
    engine.translate("t", "good day", TASK)
    assert listener.wait_for(TextTranslated).translations["es"].text == "es: good day"


def test_text_that_utf_8_cannot_hold_does_not_stop_the_calls(start):
    engine, listener = start()
    listener.ready()
    engine.translate("t", "half \ud83d of it", TASK)
    assert listener.wait_for(TextTranslated).translations["es"].text == "es: half ? of it"


@pytest.mark.parametrize(
    ("trouble", "code", "words"),
    [
        ("exit", "engine_died", "exited with status 3"),
        ("segfault", "engine_died", "SIGSEGV"),
        ("rubbish", "engine_garbled", "cannot be understood"),
    ],
)
def test_one_that_fails_in_mid_utterance_is_replaced_and_takes_the_replay(start, trouble, code, words):
    engine, listener = start(in_mid_utterance=trouble)
    listener.ready()
    say(engine, TROUBLED, finish=False)
    failure = listener.failure()
    assert (failure.code, failure.cure) == (code, Cure.RETRY)
    assert words in failure.text
    listener.ready(count=2)
    say(engine, TROUBLED)
    assert listener.final(TROUBLED).source == "hello"
    assert len(listener.all(EngineFailure)) == 1


def test_one_that_is_killed_is_replaced(start):
    engine, listener = start()
    listener.ready()
    say(engine, 1, finish=False)
    listener.wait_for(EngineHypothesis)
    killed = engine.pid
    os.kill(killed, signal.SIGKILL)
    assert "SIGKILL" in listener.failure().text
    listener.ready(count=2)
    assert engine.pid not in (killed, None)


def test_one_that_is_stopped_counts_as_hung_and_is_replaced(start):
    engine, listener = start(heartbeat_limit_s=2.5)
    listener.ready()
    stopped = engine.pid
    os.kill(stopped, signal.SIGSTOP)
    assert listener.failure().code == "engine_hung"
    listener.ready(count=2)
    assert not runs(stopped)


def test_one_whose_worker_is_stuck_counts_as_hung(start):
    engine, listener = start(heartbeat_limit_s=2.5, in_mid_utterance="stuck")
    listener.ready()
    say(engine, TROUBLED, finish=False)
    assert listener.failure().code == "engine_hung"
    listener.ready(count=2)
    say(engine, TROUBLED)
    assert listener.final(TROUBLED).source == "hello"


def test_one_that_is_far_above_its_memory_is_replaced_at_once_and_takes_the_replay(start):
    engine, listener = start(memory_limit_mb=100, in_mid_utterance="bloat", takes_mb=250)
    listener.ready()
    say(engine, TROUBLED, finish=False)
    failure = listener.failure()
    assert (failure.code, failure.cure) == ("engine_bloated", Cure.RETRY)
    assert "more than 100 MB" in failure.text
    listener.ready(count=2)
    say(engine, TROUBLED)
    assert listener.final(TROUBLED).source == "hello"


def test_one_that_is_little_above_its_memory_finishes_the_utterance_first(start):
    engine, listener = start(memory_limit_mb=100, in_mid_utterance="bloat", takes_mb=110)
    listener.ready()
    bloated = engine.pid
    say(engine, TROUBLED)
    assert listener.failure().code == "engine_bloated"
    assert not runs(bloated)
    said = [type(event) for event in listener.events]
    assert said.index(EngineFinal) < said.index(EngineFailure)
    listener.ready(count=2)


def test_memory_is_counted_with_all_that_was_started():
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    taking = "ballast = b'x' * (60 << 20); print('has it', flush=True); input()"
    command = [sys.executable, "-c", program, taking]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "has it\n"
        taken_mb = own_mb(parent.pid)
        parent.communicate("\n")
    assert 60 < taken_mb < 120
    assert own_mb(parent.pid) == 0


class WatchedEngine(ProcessEngine):
    """Its listener hears what its sink has heard."""

    def open(self, sink):
        self.listener = Listener()

        def both(event):
            sink(event)
            self.listener(event)

        super().open(both)


class Rungs:
    """A streaming client on a ladder of two: an engine in a process, and a spare one that never fails."""

    def __init__(self):
        self.clock = HandClock()
        self.finals = []
        self.engine = WatchedEngine(
            "troubled", "tests.support.troubled_engine", {"trouble": {}}, back_off_s=(0.05, 0.2)
        )
        board = Board()
        rungs = [self.engine, ScriptedEngine(name="spare")]
        self._ladder = Ladder(rungs, board, announce=lambda _event: None, clock=self.clock)
        self._client = StreamingClient(self._ladder, LanguagesSection(), board, publish=self._publish)
        self._ladder.open(self._client.hear_engine)

    def begin(self, number):
        self.clock.now_s += SETTLED_S
        self._client.hear(UtteranceBegan(number, 0, 0.0))
        self._client.hear(UtteranceAudio(number, HALF_A_SECOND))
        self.settle()

    def end(self, number):
        self._client.hear(UtteranceEnded(number, 0, 0.5, EndReason.HANGOVER))
        self.settle()

    def settle(self):
        while self._client.step(0):
            pass

    def close(self):
        self._ladder.close()

    def _publish(self, event):
        if isinstance(event, Final):
            self.finals.append((event.utterance, event.engine))


def test_one_that_is_killed_three_times_in_a_minute_leaves_its_place_to_the_next_rung():
    """Though each utterance that it died on has its final."""
    with contextlib.closing(Rungs()) as rungs:
        engine, listener = rungs.engine, rungs.engine.listener
        for number in (1, 2, 3):
            listener.ready(count=number)
            rungs.begin(number)
            os.kill(engine.pid, signal.SIGKILL)
            listener.failure(count=number)
            rungs.end(number)
        listener.ready(count=4)
        rungs.begin(4)
        rungs.end(4)
        assert rungs.finals == [(number, "spare") for number in (1, 2, 3, 4)]
        rungs.clock.now_s += REST_S
        rungs.begin(5)
        rungs.end(5)
        listener.final(5)
        rungs.settle()
        assert rungs.finals[-1] == (5, "troubled")


def test_one_that_reads_nothing_any_more_counts_as_hung_long_before_the_heartbeat_is_missed(start):
    engine, listener = start(heartbeat_limit_s=3_600.0)
    listener.ready()
    os.kill(engine.pid, signal.SIGSTOP)
    engine.begin(1, TASK)
    frames = 0
    while not listener.all(EngineFailure) and frames < 20_000:
        engine.feed(1, bytes(640))
        frames += 1
    assert listener.failure().code == "engine_hung"
    listener.ready(count=2)


def test_one_that_never_gets_ready_counts_as_hung(start):
    _engine, listener = start(load_limit_s=1.0, at_start="hangs")
    assert listener.failure().code == "engine_hung"
    assert listener.failure(count=2).cure is Cure.RETRY


def test_one_that_cannot_load_is_tried_again_after_longer_and_longer_pauses(start, caplog):
    _engine, listener = start(at_start="raises")
    assert listener.failure(count=3).cure is Cure.RETRY
    assert "RuntimeError: cannot load" in caplog.text


def test_what_a_person_must_mend_is_said_once_and_not_tried_again(start):
    engine, listener = start(at_start="missing", back_off_s=(0.0, 0.0))
    failure = listener.failure()
    assert (failure.code, failure.cure) == ("driver_missing", Cure.CONFIGURE)
    assert failure.text == "no such library: install it"
    engine._owner.join(10.0)
    assert not engine._owner.is_alive()
    assert engine.pid is None


def test_requests_that_a_dying_child_had_are_answered_with_an_error(start):
    engine, listener = start(in_mid_utterance="exit")
    listener.ready()
    engine.speak(SpeechRequest("s", "es", "hola"))  # its later blocks wait for a step that nobody makes
    listener.wait_for(SynthesizedSpeech)
    say(engine, TROUBLED, finish=False)
    assert listener.last_block("s").error


def test_requests_to_an_engine_that_is_down_are_answered_with_an_error(start):
    engine, listener = start(at_start="missing")
    listener.failure()
    engine.speak(SpeechRequest("s", "es", "hola"))
    engine.translate("t", "good day", TASK)
    assert listener.last_block("s").error
    assert listener.wait_for(TextTranslated).translations["es"].error.code == "engine_unavailable"


@pytest.mark.parametrize("ending", ["close", "kill"])
def test_what_the_child_started_ends_with_it(start, tmp_path, ending):
    engine, listener = start(grandchild=str(tmp_path / "pid"))
    listener.ready()
    grandchild = int((tmp_path / "pid").read_text())
    assert runs(grandchild)
    if ending == "close":
        engine.close()
    else:
        os.kill(engine.pid, signal.SIGKILL)
        listener.failure()
    wait_until_gone(grandchild)


def test_close_ends_a_child_that_hangs_and_nothing_is_said_afterwards(start):
    engine, listener = start(hangs_in_close=True)
    listener.ready()
    child = engine.pid
    say(engine, 1, finish=False)
    listener.wait_for(EngineHypothesis)
    engine.close()
    said = listener.events
    assert not runs(child)
    say(engine, 2)
    engine.close()
    assert listener.events == said


def test_close_in_the_middle_of_loading_ends_it(start):
    engine, listener = start(at_start="hangs")
    engine.close()
    assert listener.events == []


def test_the_child_dies_with_a_daemon_that_is_killed():
    program = """
import sys, threading
from daemon.engines.process import ProcessEngine
engine = ProcessEngine("troubled", "tests.support.troubled_engine", {"trouble": {}})
ready = threading.Event()
engine.open(lambda event: ready.set())
ready.wait(30)
print(engine.pid, flush=True)
threading.Event().wait()
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert runs(child)
        parent.kill()
    wait_until_gone(child)


def test_what_the_child_says_is_in_the_log_with_its_level_and_bounded(start, caplog):
    caplog.set_level(logging.DEBUG)
    engine, listener = start(chatter=1_000)
    listener.ready()
    say(engine, 1)
    listener.final(1)
    engine.close()
    told = [record for record in caplog.records if "line " in record.getMessage()]
    assert told[0].getMessage() == "engine troubled: troubled: line 0 of task en-US"
    assert {record.levelno for record in told} == {logging.WARNING}
    assert len(told) <= 200


def test_opening_says_ready_once(start):
    engine, listener = start()
    listener.ready()
    say(engine, 1)
    listener.final(1)
    assert len(listener.all(EngineReady)) == 1
