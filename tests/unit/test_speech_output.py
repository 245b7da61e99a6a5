from __future__ import annotations

import threading

import numpy as np
import pytest

from daemon.board import Board, PartState
from daemon.events import Final, SpeechCut, SynthesizedSpeech, Translation
from daemon.outputs import speech as module
from daemon.outputs.speech import SpeechOutput
from daemon.settings import SpeakerSection
from daemon.speaking import Speaking
from daemon.supervisor import Supervisor
from hw.api import DeviceBusy, DeviceHung, DeviceLate, DeviceLost, DeviceNotFound
from hw.fake import RecordingSpeaker

DEADLINE_S = 10.0
RATE_HZ = 22_050


def block(text: str, sound: bytes = b"", *, last: bool = False, error: str = "") -> SynthesizedSpeech:
    return SynthesizedSpeech(text, "es", sound, RATE_HZ, last=last, error=error)


def final(utterance: int, given_ns: int) -> Final:
    said = {"es": Translation("hola")}
    return Final(utterance, "en", "hello", said, 1.0, 0.0, 1.0, "scripted", None, 0, 0, given_ns=given_ns)


class WatchedSpeaking(Speaking):
    """Knows when the word has been asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = threading.Event()
        super().__init__(clock=lambda: self.now)

    def take(self, patience_s, give_up) -> bool:
        self.asked.set()
        return super().take(patience_s, give_up)


class WatchedSpeaker(RecordingSpeaker):
    """Knows when something has been written, and whether the gate was deaf at each start, each write and the end."""

    def __init__(self, speaking: Speaking, at_start=()) -> None:
        super().__init__(at_start=at_start)
        self.wrote = threading.Event()
        self.deaf_at_start = []
        self.deaf = []
        self._speaking = speaking

    def start(self, rate_hz: int) -> None:
        self.deaf_at_start.append(self._speaking.is_deaf_at(self._speaking.now))
        super().start(rate_hz)

    def write(self, pcm: bytes) -> None:
        self.deaf.append(self._speaking.is_deaf_at(self._speaking.now))
        super().write(pcm)
        self.wrote.set()

    def finish(self) -> bool:
        self.deaf.append(self._speaking.is_deaf_at(self._speaking.now))
        return super().finish()


class Bench:
    """The output in its worker, on a recording speaker."""

    def __init__(self, *, at_first=None, at_start=(), **settings) -> None:
        """`at_first`: what the look for the speaker raises; `at_start`: what each text's start does."""
        self.board = Board()
        self.speaking = WatchedSpeaking()
        self.speaker = WatchedSpeaker(self.speaking, [at_first, *at_start])
        self.cuts = []
        self._changed = threading.Condition()
        self._finished = []
        section = SpeakerSection(**{"volume": 1.0, **settings})
        self.output = SpeechOutput(
            self.speaker, section, self.speaking, self.board, announce=self._announce, cut=self.cuts.append
        )
        self.supervisor = Supervisor()
        looked = threading.Event()
        self.board.listen(lambda _snapshot: looked.set())
        self.supervisor.start("speech", self.output.run, wake=self.output.wake)
        assert looked.wait(DEADLINE_S)
        self.speaker.deaf.clear()

    def _announce(self, notice) -> None:
        assert notice.event_type == "speech_finished"
        with self._changed:
            self._finished.append(notice.fields)
            self._changed.notify_all()

    def offer(self, *blocks: SynthesizedSpeech) -> None:
        for one in blocks:
            self.output.offer(one)

    @property
    def deaf(self) -> bool:
        """Whether the gate is deaf now."""
        return self.speaking.is_deaf_at(self.speaking.now)

    def whole(self, *texts: str) -> None:
        """Offer texts whose sound is their name, each complete."""
        for text in texts:
            self.offer(block(text, text.encode()), block(text, last=True))

    def finished(self, count: int) -> list[dict]:
        """Wait until so many texts are finished; return what was said of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._finished) >= count, DEADLINE_S), self._finished
            return list(self._finished)

    def outcome(self, count: int) -> dict[str, tuple[bool, str]]:
        return {fields["id"]: (fields["spoken"], fields["reason"]) for fields in self.finished(count)}


@pytest.fixture
def make():
    """Return a maker of benches, which end with the test."""
    made = []

    def maker(**options) -> Bench:
        made.append(Bench(**options))
        return made[-1]

    yield maker
    for bench in made:
        assert bench.supervisor.stop(DEADLINE_S) == []


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


def test_a_text_that_is_stopped_while_the_speaker_opens_leaves_it_closed(make, monkeypatch):
    bench = make()
    start = bench.speaker.start
    monkeypatch.setattr(bench.speaker, "start", lambda rate_hz: (bench.output.stop_speaking(), start(rate_hz)))
    bench.speaking.person(speaks=True)
    bench.whole("u1")
    assert bench.outcome(1) == {"u1": (False, "stopped")}
    assert bench.speaker.finish() is False


def test_a_speaker_that_cannot_be_had_leaves_no_tail(make):
    bench = make(at_start=[DeviceNotFound("no speaker")], tail_s=3.0)
    bench.whole("u1")
    bench.finished(1)
    assert not bench.deaf


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


def test_no_text_holds_more_sound_than_the_bound(make, monkeypatch):
    monkeypatch.setattr(module, "_SOUND_BYTES", 8)
    bench = make()
    bench.speaking.person(speaks=True)
    bench.offer(*[block("u1", b"abcd")] * 10, block("u1", last=True))
    bench.speaking.person(speaks=False)
    bench.finished(1)
    assert bench.speaker.spoken == [b"abcdabcd"]


def test_at_the_stop_of_the_daemon_speech_is_cut(make):
    bench = make()
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    assert bench.supervisor.stop(DEADLINE_S) == []
    assert bench.outcome(1) == {"u1": (False, "stopped")}
    assert not bench.output.busy


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


def test_without_the_setting_a_person_who_speaks_cuts_nothing(make):
    bench = make(echo_cancelled=True)
    bench.offer(block("u1", b"abcd"))
    assert bench.speaker.wrote.wait(DEADLINE_S)
    bench.output.interrupt()
    bench.offer(block("u1", last=True))
    assert bench.outcome(1) == {"u1": (True, "")}
