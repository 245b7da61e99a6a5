"""The on-device engine when it falls behind: what it leaves out, and how it knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.base import EngineFailure, EngineFinal, EngineLoad, Task
from daemon.engines.on_device.audio_queue import BLOCK_BYTES, AudioQueue, QueueFull, Utterance
from daemon.engines.on_device.backlog import Backlog
from daemon.engines.on_device.progress import Progress
from tests.support.stages import SECOND, TASK, WORD_BYTES, say


def test_more_sound_than_anybody_should_send_fails_the_utterance(started, stages):
    engine, listener = started
    stages.decoding.close()
    engine.begin(1, TASK)
    for _ in range(13):
        engine.feed(1, 10 * SECOND)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code) == (1, "backlog")


def test_falling_behind_leaves_out_the_second_pass_and_keeping_up_brings_it_back(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 1
    stages.decoding.close()
    say(engine, 1, bytes(WORD_BYTES))
    say(engine, 2, SECOND)  # waits while the first one's last word is asked for
    stages.decoding.open()
    assert listener.final(1).source == "One."
    assert listener.wait_for(EngineLoad).level == 0
    say(engine, 3, bytes(WORD_BYTES))
    assert listener.final(3).source == "One again."


def test_far_behind_there_are_no_hypotheses_and_still_finals(started, stages):
    engine, listener = started
    engine._recognition._backlog.level = 2
    stages.decoding.close()
    say(engine, 1)
    say(engine, 2, 5 * SECOND)
    stages.decoding.open()
    assert listener.final(1).source
    assert [type(event) for event in listener.of_utterance(1)] == [EngineFinal]


def test_files_are_never_hurried(started):
    engine, listener = started
    engine._recognition._backlog.level = 2
    say(engine, 1, task=Task("en-US", ("es",), hurry=False))
    assert listener.final(1).source.endswith("again.")


# ---------------------------------------------------------------- the pure parts


@given(st.lists(st.binary(max_size=3 * BLOCK_BYTES), max_size=10))
def test_sound_comes_out_of_the_queue_as_it_went_in(pieces):
    queue, utterance = AudioQueue(), Utterance(1, TASK)
    queue.begin(utterance)
    for piece in pieces:
        queue.feed(utterance, piece)
    queue.finish(utterance, 0)
    steps = []
    while not steps or not steps[-1].complete:
        steps.append(queue.take())
    assert b"".join(step.pcm for step in steps) == b"".join(pieces)
    assert all(len(step.pcm) == BLOCK_BYTES for step in steps[:-1])
    assert queue.behind_s == 0


def test_a_full_queue_refuses_sound():
    queue, utterance = AudioQueue(), Utterance(1, TASK)
    queue.begin(utterance)
    queue.feed(utterance, 120 * SECOND)
    with pytest.raises(QueueFull):
        queue.feed(utterance, b"\0\0")


@given(st.lists(st.floats(0, 30), max_size=50))
def test_the_level_stays_in_its_bounds_and_ends_with_the_backlog(waits):
    backlog = Backlog()
    for at, behind_s in enumerate(waits):
        backlog.update(behind_s, float(at))
        assert backlog.level in (0, 1, 2)
    backlog.update(0.0, 100.0)
    assert backlog.level == 0


def test_the_level_rises_only_when_the_backlog_lasts_and_falls_with_hysteresis():
    backlog = Backlog()
    story = [  # seconds behind, now, level
        (2.5, 0.0, 0),
        (2.5, 0.9, 0),
        (2.5, 1.0, 1),
        (1.0, 2.0, 1),
        (5.0, 3.0, 1),
        (5.0, 4.0, 2),
        (2.5, 5.0, 2),
        (1.0, 6.0, 1),
        (0.2, 7.0, 0),
    ]
    for behind_s, now_s, level in story:
        before = backlog.level
        assert backlog.update(behind_s, now_s) == (level != before)
        assert backlog.level == level


def test_a_short_peak_does_not_count():
    backlog = Backlog()
    for behind_s, now_s in ((3.0, 0.0), (0.1, 0.5), (3.0, 1.5)):
        backlog.update(behind_s, now_s)
    assert backlog.level == 0


def test_a_worker_is_late_when_its_time_is_over_and_never_when_idle():
    progress = Progress()
    with progress.job("quick", 3_600.0), progress.job("late", -1.0):
        assert progress.late() == ["late"]
    assert progress.late() == []
