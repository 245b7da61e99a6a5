"""What a speaker that is busy, late, lost or not there costs, and that it is tried before anything is spoken."""

from __future__ import annotations

import threading

import pytest

from daemon.board import PartState
from daemon.outputs import speech as module
from hw.api import DeviceBusy, DeviceHung, DeviceLate, DeviceLost, DeviceNotFound
from tests.support.speech_output import DEADLINE_S, WatchedSpeaker, benches, block


@pytest.fixture
def make():
    with benches() as maker:
        yield maker


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceNotFound("no speaker"), PartState.ABSENT),
        (DeviceBusy("somebody else has it"), PartState.BUSY),
        (DeviceHung("it answers no more"), PartState.LOST),
    ],
)
def test_a_speaker_that_cannot_be_had_costs_that_text_and_no_other(make, error, state):
    bench = make(at_start=[error])
    states = []
    bench.board.listen(lambda snapshot: states.append(snapshot.parts["speaker"]))
    bench.whole("u1", "u2")
    assert bench.outcome(2) == {"u1": (False, str(error)), "u2": (True, "")}
    assert bench.finished(2)[0]["first_audio_ms"] is None
    assert state in states
    assert states[-1] is PartState.OK
    assert bench.board.snapshot().problems == ()


def test_a_speaker_that_is_lost_in_the_middle_costs_that_text_and_no_other(make):
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.speaker.fail_next(DeviceLost("unplugged"))
    bench.offer(block("u1", b"efgh", last=True))
    assert bench.outcome(1) == {"u1": (False, "unplugged")}
    assert [problem.code for problem in bench.board.snapshot().problems] == ["speaker_failed"]
    bench.whole("u2")
    assert bench.outcome(2)["u2"] == (True, "")


def test_a_speaker_that_cannot_be_had_cuts_nobody_short(make):
    bench = make(at_start=[DeviceBusy("in use"), DeviceBusy("in use")], max_wait_s=0.0)
    bench.speaking.person(speaks=True)
    bench.whole("u1", "u2")
    assert bench.outcome(2) == {"u1": (False, "in use"), "u2": (False, "in use")}
    assert not bench.speaking.asked.is_set()


def test_a_speaker_that_was_bad_is_tried_before_the_word_is_taken(make):
    bench = make(at_start=[DeviceBusy("in use")])
    bench.whole("u1")
    bench.finished(1)
    bench.speaker.fail_next(DeviceHung("it opens, but takes no sound"))
    bench.whole("u2")
    assert bench.outcome(2)["u2"] == (False, "it opens, but takes no sound")
    assert bench.speaker.deaf == [False]
    assert not bench.speaking.asked.is_set()


def test_a_speaker_that_cannot_be_had_leaves_no_tail(make):
    bench = make(at_start=[DeviceNotFound("no speaker")], tail_s=3.0)
    bench.whole("u1")
    bench.finished(1)
    assert not bench.deaf


def test_before_anything_is_spoken_the_speaker_is_tried(make):
    bench = make()
    assert bench.board.snapshot().parts["speaker"] is PartState.OK
    assert bench.speaker.spoken == []


def test_a_speaker_that_is_not_there_at_the_start_is_said_and_looked_for_again(make, monkeypatch):
    monkeypatch.setattr(module, "_AGAIN_S", 0.0)
    back = threading.Event()
    bench = make(at_first=DeviceNotFound("no speaker"), at_start=[DeviceNotFound("no speaker")] * 2)
    bench.board.listen(lambda snapshot: back.set() if snapshot.parts["speaker"] is PartState.OK else None)
    assert back.wait(DEADLINE_S) or bench.board.snapshot().parts["speaker"] is PartState.OK
    assert bench.board.snapshot().problems == ()


def test_a_speaker_that_is_late_is_waited_for_without_a_pause(make):
    back = threading.Event()
    bench = make(at_first=DeviceLate("still loads"), at_start=[DeviceLate("still loads")])
    bench.board.listen(lambda snapshot: back.set() if snapshot.parts["speaker"] is PartState.OK else None)
    assert back.wait(DEADLINE_S) or bench.board.snapshot().parts["speaker"] is PartState.OK
    assert bench.board.snapshot().problems == ()


def test_while_the_speaker_is_tried_the_gate_hears(make, monkeypatch):
    deaf = []
    monkeypatch.setattr(
        WatchedSpeaker, "finish", lambda speaker: deaf.append(speaker._speaking.is_deaf_at(speaker._speaking.now))
    )
    make()
    assert deaf == [False]
