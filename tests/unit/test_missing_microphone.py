"""A microphone that is lost or not there: it is told, opened again, and what was missed meanwhile is counted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from daemon import listening as module
from daemon.board import PartState
from daemon.events import EndReason, UtteranceAudio, UtteranceBegan
from daemon.settings import GateSection
from hw.api import FRAME_MS, DeviceBusy, DeviceHung, DeviceNotFound
from hw.fake import Overflow, Pause
from tests.support.listening import LOST, QUIET, VOICE, benches


@pytest.fixture
def make(monkeypatch):
    return benches(monkeypatch)


@pytest.mark.parametrize("error", [LOST, DeviceHung("it answers no more")])
def test_a_lost_microphone_is_reported_closes_the_utterance_and_is_opened_again(make, error):
    bench = make().run(QUIET, VOICE, error, QUIET, VOICE)
    assert bench.ends == [EndReason.MICROPHONE_LOST, EndReason.STOPPED]
    assert bench.notices == ["microphone_lost", "microphone_back"]
    assert bench.announced[0].fields == {"device": "mic", "detail": str(error)}
    assert bench.microphone_states == [PartState.OK, PartState.LOST, PartState.OK]
    (lost,) = {snapshot.problems[0].detail for snapshot in bench.changes if snapshot.problems}
    assert lost == str(error)
    assert bench.board.snapshot().problems == ()


def test_the_time_without_a_microphone_is_a_gap(make):
    bench = make(at_open=[None, DeviceNotFound("no"), DeviceNotFound("no")])
    bench.run(QUIET, VOICE, LOST, QUIET, VOICE)
    away_ms = round(sum(bench.pulse.waits[:3]) * 1000) - FRAME_MS  # the first frame that is back is not missed
    assert bench.of(UtteranceBegan)[1].gap_ms == pytest.approx(away_ms, abs=1)
    assert bench.announced[-1].fields["away_ms"] == pytest.approx(away_ms, abs=1)


def test_a_microphone_is_missed_from_its_last_sound_and_not_from_when_that_is_noticed(make):
    bench = make().run(QUIET, VOICE, Pause(1.0), DeviceHung("no sound for 1 s"), QUIET, VOICE)
    gap_ms = round(1000 * (1.0 + bench.pulse.waits[0])) - FRAME_MS
    assert bench.of(UtteranceBegan)[1].gap_ms == pytest.approx(gap_ms, abs=1)


def test_samples_that_a_microphone_lost_while_it_was_opened_are_missed_once(make):
    bench = make().run(QUIET, VOICE, LOST, Overflow(3_200), QUIET, VOICE)
    gap_ms = round(1000 * bench.pulse.waits[0]) - FRAME_MS
    assert bench.of(UtteranceBegan)[1].gap_ms == pytest.approx(gap_ms, abs=1)


def before_each_open(bench, *actions):
    """Do something before the microphone is opened, the first time, the second and so on; None: nothing."""
    open_it, waiting = bench.microphone.open, iter(actions)

    def opened():
        action = next(waiting, None)
        if action is not None:
            action()
        open_it()

    bench.microphone.open = opened


def test_a_microphone_that_is_away_while_muted_is_not_missed(make):
    bench = make(at_open=[None, DeviceNotFound("no"), DeviceNotFound("no")])
    mute = bench.listening.mute
    before_each_open(bench, None, lambda: mute(muted=True), None, lambda: mute(muted=False))
    bench.run(QUIET, VOICE, LOST, QUIET, VOICE)
    missed_ms = round(1000 * bench.pulse.waits[0])
    away_ms = round(1000 * sum(bench.pulse.waits[:3])) - FRAME_MS
    assert bench.of(UtteranceBegan)[1].gap_ms == pytest.approx(missed_ms, abs=1)
    assert bench.announced[-1].fields["away_ms"] == pytest.approx(away_ms, abs=1)


def test_a_microphone_that_is_away_from_the_start_is_missed_from_the_end_of_the_mute_on(make):
    bench = make(at_open=[DeviceNotFound("no")] * 3)
    mute = bench.listening.mute
    mute(muted=True)
    before_each_open(bench, None, None, lambda: mute(muted=False))
    bench.run(QUIET, VOICE)
    missed_ms = round(1000 * bench.pulse.waits[2]) - FRAME_MS
    assert bench.of(UtteranceBegan)[0].gap_ms == pytest.approx(missed_ms, abs=1)


def test_a_microphone_that_is_away_is_missed_while_a_key_is_held_to_talk_and_a_moment_longer(make):
    bench = make(mode="push_to_talk", at_open=[None, *[DeviceNotFound("no")] * 4])
    talk = bench.listening.talk
    before_each_open(bench, None, None, lambda: talk(held=True), lambda: talk(held=False))
    press, let_go = (lambda: talk(held=True)), (lambda: talk(held=False))
    bench.run(press, QUIET, VOICE, let_go, Pause(5), QUIET[:1], LOST, press, QUIET, VOICE)
    let_go_ms = 300
    missed_ms = round(1000 * bench.pulse.waits[2]) + let_go_ms
    assert bench.of(UtteranceBegan)[1].gap_ms == pytest.approx(missed_ms, abs=1)


def test_a_mute_that_another_thread_brings_while_a_key_goes_down_is_not_forgotten(make, monkeypatch):
    bench = make(mode="push_to_talk", at_open=[None, *[DeviceNotFound("no")] * 2])
    mutes = iter([lambda: bench.listening.mute(muted=True)])

    def now_ns():
        next(mutes, lambda: None)()
        return bench.now_ns

    def press_and_be_muted():
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=now_ns))
        bench.listening.talk(held=True)

    before_each_open(bench, None, press_and_be_muted)
    bench.run(QUIET, LOST, QUIET[:1], lambda: bench.listening.mute(muted=False), QUIET, VOICE)
    assert bench.of(UtteranceBegan)[0].gap_ms == 0


def test_a_microphone_that_is_away_is_missed_from_when_the_mode_lets_everybody_be_heard(make):
    bench = make(mode="push_to_talk", at_open=[DeviceNotFound("no")] * 3)
    before_each_open(bench, None, None, lambda: bench.listening.adjust(GateSection(mode="open")))
    bench.run(QUIET, VOICE)
    missed_ms = round(1000 * bench.pulse.waits[2]) - FRAME_MS
    assert bench.of(UtteranceBegan)[0].gap_ms == pytest.approx(missed_ms, abs=1)


def test_one_that_can_be_opened_but_hangs_is_not_back_before_it_is_heard(make):
    hung = DeviceHung("it gives no sound")
    bench = make().run(QUIET, hung, hung, hung, QUIET)
    assert bench.notices == ["microphone_lost", "microphone_back"]
    assert bench.microphone_states == [PartState.OK, PartState.LOST, PartState.OK]
    away_ms = 1000 * sum(bench.pulse.waits[:3])
    assert bench.announced[-1].fields["away_ms"] == pytest.approx(away_ms, abs=100)  # and a rest


def test_no_sound_from_before_the_loss_gets_into_the_next_utterance(make):
    before = [bytes([1, 0]) * 320] * 50
    bench = make().run(QUIET, before, LOST, QUIET[:5], VOICE)
    assert not set(before) & {event.pcm for event in bench.of(UtteranceAudio)}


@pytest.mark.parametrize(
    ("error", "state"),
    [(DeviceNotFound("no microphone"), PartState.ABSENT), (DeviceBusy("in use"), PartState.BUSY)],
)
def test_a_microphone_that_is_not_there_at_the_start_is_waited_for(make, error, state):
    bench = make(at_open=[error, error]).run(QUIET, VOICE)
    states = [snapshot.parts["microphone"] for snapshot in bench.changes if snapshot.problems]
    assert set(states) <= {state, PartState.OK}
    assert bench.ends == [EndReason.STOPPED]
    assert bench.notices == ["microphone_back"]
    assert bench.board.snapshot().problems == ()


def test_the_waits_between_attempts_grow_with_jitter_to_a_second_and_a_half(make):
    bench = make(at_open=[DeviceNotFound("no")] * 20).run(QUIET)
    longest = [0.5, 1.0, *[1.5] * 18]
    assert all(limit / 2 <= wait <= limit for wait, limit in zip(bench.pulse.waits, longest, strict=False))
    assert len(set(bench.pulse.waits)) > 15


def test_a_microphone_that_breaks_at_once_each_time_is_not_tried_without_a_pause(make):
    bench = make().run(*[LOST] * 6, QUIET)
    assert [wait > 0.7 for wait in bench.pulse.waits[2:6]] == [True] * 4


def test_a_microphone_that_was_heard_is_tried_again_soon(make):
    bench = make(at_open=[DeviceNotFound("no")] * 5).run(QUIET[:1], LOST, QUIET)
    assert bench.pulse.waits[5] <= 0.5


@pytest.mark.parametrize("at_open", [[], [DeviceNotFound("no microphone")]])
def test_the_first_attempt_is_known_with_or_without_success(make, at_open):
    bench = make(at_open=at_open)
    assert not bench.listening.tried.is_set()
    seen = []
    bench.pulse.wait = lambda _seconds: seen.append(bench.listening.tried.is_set())
    bench.run(QUIET[:3])
    assert bench.listening.tried.is_set()
    assert all(seen)


def test_when_the_first_attempt_is_known_the_board_says_how_it_went(make, monkeypatch):
    bench = make()
    seen = []
    monkeypatch.setattr(bench.listening.tried, "set", lambda: seen.append(bench.board.snapshot().parts["microphone"]))
    bench.run(QUIET[:3])
    assert seen == [PartState.OK]
