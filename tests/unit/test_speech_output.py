"""What is spoken, when, in which order and how loud, and when the gate is deaf to it."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.events import Final, Translation
from daemon.outputs import speech as module
from daemon.settings import SpeakerSection
from tests.support.speech_output import DEADLINE_S, benches, block


def final(utterance: int, given_ns: int) -> Final:
    said = {"es": Translation("hola")}
    return Final(utterance, "en", "hello", said, 1.0, 0.0, 1.0, "scripted", None, 0, 0, given_ns=given_ns)


@pytest.fixture
def make():
    with benches() as maker:
        yield maker


def test_a_text_is_spoken_as_it_is_made(make):
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.offer(block("u1", b"efgh"), block("u1", b"ijkl", last=True))
    (fields,) = bench.finished(1)
    assert bench.speaker.spoken == [b"abcdefghijkl"]
    assert (fields["id"], fields["lang"], fields["spoken"], fields["reason"]) == ("u1", "es", True, "")


def test_the_delay_runs_from_the_final_to_the_first_sample(make):
    bench = make()
    bench.output.offer(final(1, given_ns=0))
    bench.whole("u1")
    first_audio_ms = bench.finished(1)[0]["first_audio_ms"]
    assert first_audio_ms == round(bench.speaker.first_sample_ns / 1e6)


def test_texts_are_spoken_in_the_order_in_which_they_began(make):
    bench = make()
    bench.speaking.person(speaks=True)
    bench.offer(block("u1", b"1111"), block("u2", b"2222"), block("u3", b"3333"))
    bench.offer(block("u3", last=True), block("u1", b"1111", last=True), block("u2", last=True))
    bench.speaking.person(speaks=False)
    assert list(bench.outcome(3)) == ["u1", "u2", "u3"]
    assert bench.speaker.spoken == [b"11111111", b"2222", b"3333"]


def test_nothing_is_spoken_while_a_person_speaks(make):
    bench = make()
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.speaking.asked.wait(DEADLINE_S)
    assert not bench.speaker.wrote.is_set()
    assert bench.output.busy
    bench.speaking.person(speaks=False)
    assert bench.outcome(1) == {"u1": (True, "")}


def test_a_person_who_goes_on_speaking_is_waited_for_no_longer_than_is_set(make):
    bench = make(max_wait_s=0.0)
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.outcome(1) == {"u1": (True, "")}


def test_the_volume_of_the_settings_is_the_volume_of_the_speaker(make):
    bench = make(volume=0.5)
    bench.whole("u1")
    bench.finished(1)
    bench.output.adjust(SpeakerSection(volume=1.0))
    bench.whole("u2")
    bench.finished(2)
    half, full = (np.frombuffer(spoken, "<i2") for spoken in bench.speaker.spoken)
    assert list(half) == list(np.frombuffer(b"u1", "<i2") // 2)
    assert full.tobytes() == b"u2"


def test_new_settings_count_from_the_next_text_on(make):
    bench = make()
    bench.output.adjust(SpeakerSection(volume=1, max_wait_s=0.0))
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.outcome(1) == {"u1": (True, "")}


def test_what_could_not_be_synthesized_is_told_and_the_gate_is_not_deaf_for_it(make):
    bench = make()
    bench.offer(block("u1", last=True, error="no voice for it"))
    assert bench.outcome(1) == {"u1": (False, "no voice for it")}
    assert not bench.speaking.asked.is_set()
    assert not bench.deaf


def test_an_empty_text_has_nothing_to_say(make):
    bench = make()
    bench.offer(block("u1", last=True))
    assert bench.outcome(1) == {"u1": (False, "nothing to say")}


def test_what_was_spoken_in_part_is_spoken_with_a_reason(make):
    bench = make()
    bench.offer(block("u1", b"abcd"), block("u1", last=True, error="the synthesizer died"))
    assert bench.outcome(1) == {"u1": (True, "the synthesizer died")}


def test_a_synthesizer_that_falls_silent_is_not_waited_for_for_ever(make, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_S", 0.01)
    bench = make()
    bench.offer(block("u1", b"abcd"))
    spoken, reason = bench.outcome(1)["u1"]
    assert spoken
    assert "gave nothing" in reason
    bench.offer(block("u1", last=True))
    bench.whole("u2")
    assert list(bench.outcome(2)) == ["u1", "u2"]


def test_the_gate_is_deaf_from_the_first_sample_to_the_end_and_for_the_tail(make):
    bench = make(tail_s=0.5)
    assert not bench.deaf
    bench.whole("u1")
    bench.finished(1)
    assert bench.speaker.deaf == [True, True]
    assert bench.deaf
    bench.speaking.now += 0.49
    assert bench.deaf
    bench.speaking.now += 0.02
    assert not bench.deaf


def test_the_gate_is_not_deaf_while_the_first_sound_is_being_made(make):
    bench = make()
    bench.offer(block("u1"))
    assert not bench.deaf
    bench.offer(block("u1", b"abcd", last=True))
    bench.finished(1)
    assert bench.speaker.deaf == [True, True]


def test_the_gate_hears_until_the_speaker_is_open(make):
    bench = make()
    bench.whole("u1")
    bench.finished(1)
    assert bench.speaker.deaf_at_start == [False, False]
