"""What the worker that listens makes of the microphone's frames, also while it is muted and while the device speaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from daemon.board import Activity, PartState
from daemon.events import EndReason, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.settings import GateSection
from daemon.speaking import Speaking
from hw.api import FRAME_MS, DeviceLost
from hw.fake import Overflow, Pause
from tests.support.listening import LEFT_OVER, QUIET, SECOND_NS, VOICE, Bench, benches, later
from tests.support.sound import pcm


@pytest.fixture
def make(monkeypatch):
    return benches(monkeypatch)


def _older(frame, by_ns: int):
    return frame and replace(frame, captured_ns=frame.captured_ns - by_ns)


def _clipped(frame):
    return frame and replace(frame, clipped=True)


def test_an_utterance_is_heard_and_finished_at_the_stop(make):
    bench = make().run(QUIET, VOICE)
    assert [type(event) for event in (bench.heard[0], bench.heard[-1])] == [UtteranceBegan, UtteranceEnded]
    assert bench.ends == [EndReason.STOPPED]
    assert bench.microphone_states == [PartState.OK]


def test_it_rests_between_frames_only_while_nobody_speaks(make):
    bench = make().run(QUIET[:5], VOICE)
    # Eight voiced frames open an utterance; before the first of them is known, the gate may rest.
    assert 0 < len(bench.pulse.rests) < 5 + 8


def test_frames_that_have_gathered_are_taken_without_a_rest(make):
    bench = make()
    bench.microphone.read = lambda _timeout_s, read=bench.microphone.read: _older(read(0), 60_000_000)
    bench.run(QUIET)
    assert bench.pulse.rests == []
    assert bench.listening.frames > len(QUIET)


def test_it_is_told_that_somebody_speaks_and_no_longer(make):
    bench = make()
    bench.board.doing(Activity.LISTENING)
    bench.run(QUIET, VOICE, QUIET)
    assert [snapshot.activity for snapshot in bench.changes][-2:] == [Activity.HEARING, Activity.LISTENING]


def test_the_microphone_is_given_back_at_the_stop(make):
    bench = make().run(QUIET)
    with pytest.raises(DeviceLost, match="not open"):
        bench.microphone.read(0)


def test_a_muted_microphone_hears_nothing_and_closes_what_is_open(make):
    bench = make()
    listening = bench.listening
    bench.run(QUIET, VOICE, lambda: listening.mute(muted=True), VOICE, VOICE, lambda: listening.mute(muted=False))
    assert bench.ends == [EndReason.MUTED]
    assert any(snapshot.muted for snapshot in bench.changes)
    assert not bench.board.snapshot().muted
    muted_from = len(QUIET) + len(VOICE)
    assert len(bench.of(UtteranceAudio)) < muted_from


def test_after_muting_nothing_from_before_is_heard(make):
    bench = make()
    listening = bench.listening
    secret = [bytes([7, 0]) * 320] * 40
    bench.run(QUIET, lambda: listening.mute(muted=True), secret, lambda: listening.mute(muted=False), VOICE)
    assert bench.ends == [EndReason.STOPPED]
    assert secret[0] not in {event.pcm for event in bench.of(UtteranceAudio)}


def test_while_the_device_speaks_the_gate_is_deaf_and_the_next_utterance_says_so(make):
    bench = make()
    speaking = bench.speaking
    bench.run(
        QUIET,
        VOICE,
        lambda: speaking.take(0.0, lambda: False),
        VOICE,
        lambda: speaking.give_back(0.0),
        QUIET[:40],
        VOICE,
    )
    assert bench.ends == [EndReason.SPEAKING, EndReason.STOPPED]
    assert bench.of(UtteranceBegan)[1].gap_ms == 1000


def test_what_was_captured_while_the_device_spoke_is_not_heard_though_it_is_taken_later(make):
    bench = make()
    read = bench.microphone.read
    bench.microphone.read = lambda timeout_s: _older(read(timeout_s), 200_000_000)
    bench.run(
        QUIET,
        later(bench, 0.5),
        lambda: bench.speaking.take(0.0, lambda: False),
        later(bench, 2.0),
        lambda: bench.speaking.give_back(0.0),
        VOICE[:40],
        later(bench, 1.0),
        VOICE,
    )
    assert [event.pcm for event in bench.of(UtteranceAudio)][: len(VOICE)] == VOICE
    assert bench.of(UtteranceBegan)[0].gap_ms == 40 * FRAME_MS


def test_with_echo_cancelled_the_gate_stays_open(make):
    bench = make(speaking=Speaking(echo_cancelled=True))
    bench.run(QUIET, lambda: bench.speaking.take(0.0, lambda: False), VOICE)
    assert bench.ends == [EndReason.STOPPED]


def test_with_echo_cancelled_only_a_voice_as_loud_as_before_interrupts_the_device(make):
    interruptions = []
    bench = make(speaking=Speaking(echo_cancelled=True, on_interruption=lambda: interruptions.append(len(told))))
    told = bench.heard
    bench.run(
        VOICE,
        QUIET,
        lambda: bench.speaking.take(0.0, lambda: False),
        LEFT_OVER,
        lambda: interruptions.append("left over"),
        QUIET,
        VOICE,
    )
    assert len(interruptions) == 2
    assert interruptions[0] == "left over"
    assert len(bench.of(UtteranceBegan)) == 2


def test_with_echo_cancelled_what_is_left_of_the_ring_of_the_room_is_no_utterance(make):
    bench = make(speaking=Speaking(echo_cancelled=True, clock=lambda: bench.now_ns / SECOND_NS))
    device_speaks, device_ends = (
        (lambda: bench.speaking.take(0.0, lambda: False)),
        (lambda: bench.speaking.give_back(9)),
    )
    bench.run(VOICE, QUIET, device_speaks, LEFT_OVER, device_ends, LEFT_OVER)
    assert len(bench.of(UtteranceBegan)) == 1


def test_lost_samples_are_counted_and_told(make):
    bench = make().run(QUIET, VOICE[:30], Overflow(1600), VOICE[30:])
    assert bench.listening.lost_samples == 1600
    assert bench.of(UtteranceEnded)[0].gap_ms == 100


def test_a_pause_of_the_microphone_ends_nothing(make):
    bench = make().run(QUIET, VOICE[:30], Pause(0.001), VOICE[30:])
    assert bench.ends == [EndReason.STOPPED]
    assert len(bench.of(UtteranceBegan)) == 1


def test_new_settings_are_used_from_the_next_frame_on(make):
    bench = make()
    adjust = bench.listening.adjust
    bench.run(QUIET, VOICE, lambda: adjust(GateSection(hangover_s=1.6)), QUIET[:75], VOICE, QUIET)
    assert len(bench.ends) == 1


def test_a_microphone_that_gives_nothing_but_zeros_is_told_even_while_it_is_muted(make):
    bench = make()
    bench.listening.mute(muted=True)
    bench.run([bytes(640)] * 501)
    codes = [{problem.code for problem in snapshot.problems} for snapshot in bench.changes]
    assert {"microphone_silent"} in codes


def test_a_microphone_that_says_that_it_clips_is_believed(make):
    bench = make()
    bench.microphone.read = lambda timeout_s, read=bench.microphone.read: _clipped(read(timeout_s))
    bench.run(QUIET)
    codes = [{problem.code for problem in snapshot.problems} for snapshot in bench.changes]
    assert {"microphone_clips"} in codes


def test_a_file_may_be_as_silent_as_it_likes(make):
    bench = make(judged=False)
    bench.run([bytes(640)] * 501)
    assert not any(snapshot.problems for snapshot in bench.changes)


def test_the_level_is_that_of_the_last_frame(make):
    bench = make()
    levels = []
    loud = pcm(np.full(320, 0.5))
    bench.run(QUIET[:2], lambda: levels.append(bench.listening.level_dbfs), loud, bench_level(bench, levels))
    assert levels == [pytest.approx(-60, abs=2), pytest.approx(-6, abs=0.1)]


def bench_level(bench: Bench, levels: list[float]):
    return lambda: levels.append(bench.listening.level_dbfs)
