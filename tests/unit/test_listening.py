from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from daemon import listening as module
from daemon.board import Activity, Board, PartState
from daemon.events import EndReason, Notice, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.listening import Listening
from daemon.settings import GateSection
from daemon.speaking import Speaking
from daemon.supervisor import Pulse
from hw.api import FRAME_MS, DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound
from hw.fake import Overflow, Pause, ScriptedMicrophone
from tests.support.recordings import recording
from tests.support.sound import frames_of, noise, pcm, voice

SECOND_NS = 1_000_000_000
#: Shorter waits are rests between frames of silence.
SHORTEST_BACK_OFF_S = 0.2
LOST = DeviceLost("the microphone was unplugged; plug it in")
#: Quiet noise, and a voice in the same noise.
QUIET = [frame.pcm for frame in frames_of(pcm(noise(2, -60)))]
VOICE = [frame.pcm for frame in frames_of(pcm(voice(1, -25) + noise(1, -60, seed=2)))]
#: The same voice as an echo canceller may leave it.
LEFT_OVER = [frame.pcm for frame in frames_of(pcm(voice(1, -38) + noise(1, -60, seed=2)))]


class QuickPulse(Pulse):
    """A pulse whose waits pass at once, on the bench's clock."""

    def __init__(self, bench: Bench) -> None:
        super().__init__("gate")
        self.waits = []
        self.rests = []
        self._bench = bench

    def wait(self, seconds: float) -> bool:
        (self.rests if seconds < SHORTEST_BACK_OFF_S else self.waits).append(seconds)
        self._bench.now_ns += round(seconds * SECOND_NS)
        return not self.stopping.is_set()


class BenchClock:
    """The bench's clock, for its microphone."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def now_ns(self) -> int:
        return self._bench.now_ns

    def sleep(self, seconds: float) -> None:
        self._bench.now_ns += round(seconds * SECOND_NS)


class Bench:
    """Runs the worker in the test's own thread; the script stops it when it is over."""

    def __init__(
        self, *, at_open=(), speaking: Speaking | None = None, mode: str = "open", judged: bool = True
    ) -> None:
        self.now_ns = 5_000 * SECOND_NS
        self.heard = []
        self.announced = []
        self.changes = []
        self.board = Board()
        self.board.part("engine", PartState.OK)
        self.board.listen(self.changes.append)
        self.speaking = speaking or Speaking(on_change=self.board.doing, clock=lambda: self.now_ns / SECOND_NS)
        self.pulse = QuickPulse(self)
        self.script = []
        self.microphone = ScriptedMicrophone(self._play(), at_open=at_open, name="mic", clock=BenchClock(self))
        self.listening = Listening(
            self.microphone,
            GateSection(mode=mode),
            self.speaking,
            self.board,
            hear=self.heard.append,
            announce=self.announced.append,
            judged=judged,
        )

    def _play(self) -> Iterator:
        for step in self.script:
            if callable(step):
                step()
            else:
                yield step
        self.pulse.stopping.set()
        yield QUIET[0]

    def run(self, *script) -> Bench:
        """Play frames (lists are played whole), other steps of a microphone's script, and calls."""
        for step in script:
            self.script += step if isinstance(step, list) else [step]
        self.listening.run(self.pulse)
        return self

    def of(self, kind: type) -> list:
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def ends(self) -> list[EndReason]:
        return [event.reason for event in self.of(UtteranceEnded)]

    @property
    def notices(self) -> list[str]:
        return [notice.event_type for notice in self.announced if isinstance(notice, Notice)]

    @property
    def microphone_states(self) -> list[PartState]:
        states = [snapshot.parts["microphone"] for snapshot in self.changes]
        return [state for before, state in pairwise([None, *states]) if state is not before]


def _older(frame, by_ns: int):
    return frame and replace(frame, captured_ns=frame.captured_ns - by_ns)


def _clipped(frame):
    return frame and replace(frame, clipped=True)


@pytest.fixture
def make(monkeypatch):
    """Return a maker of benches, each with a clock of its own."""

    def made(**options) -> Bench:
        bench = Bench(**options)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=lambda: bench.now_ns))
        return bench

    return made


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


def test_who_interrupts_the_device_by_holding_a_key_is_heard_from_the_first_syllable_and_the_device_is_not(make):
    bench = make(mode="push_to_talk")
    speaking = bench.speaking
    device = [bytes([7, 0]) * 320] * 40
    bench.run(
        QUIET,
        lambda: speaking.take(0.0, lambda: False),
        device,
        talk(bench, held=True),
        lambda: speaking.give_back(0.3),
        later(bench, 0.08),
        device[:1],  # and a rest of 90 ms
        VOICE,
    )
    heard = [event.pcm for event in bench.of(UtteranceAudio)]
    assert heard[: len(VOICE)] == VOICE
    assert device[0] not in heard


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


def talk(bench, *, held):
    return lambda: bench.listening.talk(held=held)


def later(bench, seconds):
    return lambda: BenchClock(bench).sleep(seconds)


def test_in_push_to_talk_nothing_is_heard_unless_something_is_held(make):
    bench = make(mode="push_to_talk")
    bench.run(QUIET, VOICE)
    assert bench.heard == []


def test_in_push_to_talk_speech_is_heard_from_the_press_until_a_moment_after_the_release(make):
    bench = make(mode="push_to_talk")
    speech = VOICE[:50]
    bench.run(
        QUIET,
        talk(bench, held=True),
        QUIET[:10],
        speech[:25],
        talk(bench, held=False),
        later(bench, 0.2),
        speech[25:40],
        later(bench, 0.2),
        speech[40:],
        QUIET,
    )
    heard = b"".join(event.pcm for event in bench.of(UtteranceAudio))
    assert b"".join(speech[:40]) in heard
    assert speech[41] not in heard
    assert bench.ends == [EndReason.MUTED]


def test_in_push_to_talk_who_speaks_at_once_is_heard_from_the_first_frame(make):
    bench = make(mode="push_to_talk")
    # A word without the pause before it that would tell how loud the room is.
    word = [frame.pcm for frame in frames_of(recording("rhasspy-turn-on-the-living-room-lamp"))[8:33]]
    bench.run(QUIET, talk(bench, held=True), word)
    assert [event.pcm for event in bench.of(UtteranceAudio)][: len(word)] == word
    assert bench.ends == [EndReason.STOPPED]


def test_in_push_to_talk_what_the_device_says_is_not_taken_for_the_noise_of_the_room(make):
    bench = make(mode="push_to_talk")
    device = [frame.pcm for frame in frames_of(pcm(voice(4, -10) + noise(4, -25)))]
    word = [frame.pcm for frame in frames_of(pcm(voice(0.3, -35) + noise(0.3, -60, seed=2)))]
    bench.run(
        QUIET,
        lambda: bench.speaking.take(0.0, lambda: False),
        device,
        talk(bench, held=True),
        lambda: bench.speaking.give_back(0.3),
        later(bench, 0.11),
        word,
    )
    assert [event.pcm for event in bench.of(UtteranceAudio)][: len(word)] == word


def test_what_waits_to_be_spoken_cuts_nobody_short_who_holds_a_key_but_has_not_begun(make):
    speaking = Speaking()
    bench = make(mode="push_to_talk", speaking=speaking)
    taken = []

    def device_wants_to_speak():
        taken.append(speaking.take(10.0, lambda: True))

    bench.run(QUIET, talk(bench, held=True), QUIET[:5], device_wants_to_speak, VOICE, talk(bench, held=False))
    assert taken == [False]
    assert len(bench.of(UtteranceEnded)) == 1


def test_muted_is_muted_though_something_is_held(make):
    bench = make(mode="push_to_talk")
    bench.listening.mute(muted=True)
    bench.run(QUIET, talk(bench, held=True), VOICE)
    assert bench.heard == []


def test_the_mode_changes_from_the_next_frame_on(make):
    bench = make(mode="push_to_talk")
    bench.run(QUIET, VOICE, lambda: bench.listening.adjust(GateSection(mode="open")), QUIET, VOICE)
    assert len(bench.of(UtteranceBegan)) == 1
