"""Speech that is stopped, interrupted or too much: what is not spoken, kept or synthesized any more."""

from __future__ import annotations

import threading
import time

import pytest

from daemon.events import SpeechCut, SynthesizedSpeech
from daemon.outputs import speech as module
from hw.api import DeviceBusy
from tests.support.speech_output import DEADLINE_S, RATE_HZ, benches, block


@pytest.fixture
def make():
    with benches() as maker:
        yield maker


def test_a_text_that_is_stopped_while_the_speaker_opens_leaves_it_closed(make, monkeypatch):
    bench = make()
    start = bench.speaker.start
    monkeypatch.setattr(bench.speaker, "start", lambda rate_hz: (bench.output.stop_speaking(), start(rate_hz)))
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.outcome(1) == {"u1": (False, "stopped")}
    assert bench.speaker.finish() is False


def test_speech_stops_when_told_even_while_the_synthesizer_is_slow(make, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_S", 1000)
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.output.stop_speaking()
    assert bench.outcome(1) == {"u1": (False, "stopped")}
    bench.offer(block("u1", b"efgh"), block("u1", last=True))
    bench.whole("u2")
    assert bench.outcome(2)["u2"] == (True, "")
    assert bench.speaker.spoken == [b"abcd", b"u2"]


def test_what_waits_for_a_pause_is_stopped_too(make):
    bench = make()
    bench.speaking.person(speaks=True)
    bench.whole("u1", "u2", "u3")
    assert bench.speaking.asked.wait(DEADLINE_S)
    bench.output.stop_speaking()
    assert bench.outcome(3) == dict.fromkeys(("u1", "u2", "u3"), (False, "stopped"))
    assert bench.speaker.spoken == []


def test_of_a_text_that_will_not_be_spoken_no_sound_is_kept(make):
    bench = make()
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.speaking.asked.wait(DEADLINE_S)
    texts = [f"u{number}" for number in range(2, 7)]
    bench.offer(*[block(text, b"abcd") for text in texts])
    bench.output.stop_speaking()
    bench.offer(*[block(text, b"abcd") for text in texts])
    assert [stream.next_block() for stream in bench.output._streams.values()] == [None] * 5


def test_to_stop_when_nothing_is_spoken_does_nothing(make):
    bench = make()
    bench.output.stop_speaking()
    bench.whole("u1")
    assert bench.outcome(1) == {"u1": (True, "")}


def test_of_more_than_four_waiting_texts_the_oldest_goes(make):
    bench = make()
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.speaking.asked.wait(DEADLINE_S)
    bench.whole("u2", "u3", "u4", "u5", "u6")
    assert bench.outcome(1) == {"u2": (False, "too_many")}
    bench.speaking.person(speaks=False)
    assert list(bench.outcome(6)) == ["u2", "u1", "u3", "u4", "u5", "u6"]
    assert b"u2" not in bench.speaker.spoken


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_no_text_holds_more_sound_than_the_bound_and_what_is_left_out_is_told(make, monkeypatch, rate_hz):
    monkeypatch.setattr(module, "_SOUND_S", 2)
    bench = make()
    bench.speaking.person(speaks=True)
    bench.whole("u0")
    assert bench.speaking.asked.wait(DEADLINE_S)
    second = bytes(2 * rate_hz)
    bench.offer(*[SynthesizedSpeech("u1", "es", second, rate_hz)] * 3, block("u1", last=True))
    bench.speaking.person(speaks=False)
    assert bench.outcome(2)["u1"] == (True, "too_long")
    assert bench.speaker.spoken == [b"u0", 2 * second]


def test_what_was_played_makes_room_for_the_rest_of_a_text(make, monkeypatch):
    monkeypatch.setattr(module, "_SOUND_S", 1)
    bench = make()
    second = bytes(2 * RATE_HZ)
    for _ in range(5):
        bench.speaker.wrote.clear()
        bench.offer(block("u1", second))
        assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.offer(block("u1", last=True))
    assert bench.outcome(1) == {"u1": (True, "")}
    assert bench.speaker.spoken == [5 * second]


def test_at_the_stop_of_the_daemon_speech_is_cut(make):
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    assert bench.supervisor.stop(DEADLINE_S) == []
    assert bench.outcome(1) == {"u1": (False, "stopped")}
    assert not bench.output.busy


def test_speech_that_is_stopped_is_not_synthesized_further(make):
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.output.stop_speaking()
    bench.finished(1)
    assert bench.cuts == [SpeechCut()]


def test_speech_that_nobody_will_hear_is_not_synthesized_further(make):
    bench = make(at_start=[DeviceBusy("in use")])
    bench.offer(block("u1", b"abcd"))
    assert bench.outcome(1) == {"u1": (False, "in use")}
    assert bench.cuts == [SpeechCut("u1")]


def test_a_person_who_speaks_cuts_short_what_is_spoken_but_not_what_waits(make, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_S", 1000)
    bench = make(barge_in=True, echo_cancelled=True)
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.whole("u2")
    bench.output.interrupt()
    assert bench.outcome(2) == {"u1": (False, "interrupted"), "u2": (True, "")}
    assert bench.cuts == [SpeechCut("u1")]


def test_who_cuts_one_text_short_does_not_cut_the_next_that_begins_just_then(make, monkeypatch):
    bench = make(barge_in=True, echo_cancelled=True)
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.whole("u2")
    stop, begun = bench.speaker.stop, threading.Event()
    start = bench.speaker.start
    monkeypatch.setattr(bench.speaker, "start", lambda rate_hz: (start(rate_hz), begun.set()))
    # As if another thread had the processor between the two: what was cut has ended, and the next may have begun.
    monkeypatch.setattr(bench.speaker, "stop", lambda: (begun.wait(0.3), stop()))
    write = bench.speaker.write
    monkeypatch.setattr(bench.speaker, "write", lambda pcm: (time.sleep(0.5), write(pcm)))
    bench.output.interrupt()
    assert bench.outcome(2) == {"u1": (False, "interrupted"), "u2": (True, "")}


def test_without_the_setting_a_person_who_speaks_cuts_nothing(make):
    bench = make(echo_cancelled=True)
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.output.interrupt()
    bench.offer(block("u1", last=True))
    assert bench.outcome(1) == {"u1": (True, "")}
