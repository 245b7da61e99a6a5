from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.events import (
    EndReason,
    GateEvent,
    UtteranceAudio,
    UtteranceBegan,
    UtteranceEnded,
    UtterancePaused,
    UtteranceResumed,
    UtteranceWithdrawn,
)
from daemon.gate import segmenter
from daemon.gate.segmenter import PAUSE_FRAMES, Limits, Segmenter
from daemon.gate.vad import Verdict
from hw.api import FRAME_MS, AudioFrame
from tests.support.properties import PROPERTY
from tests.support.sound import FRAME_NS, FRAME_SAMPLES, RATE_HZ

#: The shortest maximum that the settings allow, so that examples are short.
LIMITS = Limits.of_seconds(pre_roll_s=0.6, hangover_s=0.6, minimum_s=0.25, maximum_s=5.0)
#: What keeps an utterance open: so many voiced frames of the last so many.
HOLD_VOICED, HOLD_WINDOW = segmenter._HOLD_VOICED, segmenter._HOLD_WINDOW
SAMPLES_PER_MS = RATE_HZ // 1000
FRAME_S = FRAME_MS / 1000
SILENT_DBFS = -70.0


@dataclass
class Heard:
    """One utterance as the events told it."""

    began: UtteranceBegan
    frames: list[int] = field(default_factory=list)
    end: UtteranceEnded | UtteranceWithdrawn | None = None
    #: Where pauses began and ended, in turn: how many frames of the utterance there were by then.
    pauses: list[int] = field(default_factory=list)

    @property
    def paused(self) -> bool:
        return len(self.pauses) % 2 == 1

    @property
    def first_voiced(self) -> int:
        return self.began.first_voiced_ns // FRAME_NS - 1

    @property
    def cut(self) -> bool:
        return isinstance(self.end, UtteranceEnded) and self.end.reason is EndReason.MAX_LENGTH


class Listener:
    """Feeds a segmenter with numbered frames and writes down what comes of them."""

    def __init__(self) -> None:
        self.segmenter = Segmenter(LIMITS)
        self.voiced: list[bool] = []
        #: Number of the first frame after each `end`.
        self.borders = [0]
        self.lost_samples = 0
        #: Samples captured up to the end of each frame.
        self.positions: list[int] = []
        self.utterances: list[Heard] = []
        self._position = 0

    def frames(  # noqa: PLR0913 -- all that a frame may differ in
        self,
        pattern: list[bool],
        lost_before: int = 0,
        above_db: float = 9.0,
        *,
        quiet_db: float = 0.0,
        weight: float = 0.0,
        likely: bool = True,
        possible: bool = True,
        dbfs: float = -30.0,
        device_speaks: bool = False,
    ) -> Listener:
        for voiced in pattern:
            index = len(self.voiced)
            sound = index.to_bytes(4, "little") * (FRAME_SAMPLES // 2)
            frame = AudioFrame(sound, (index + 1) * FRAME_NS, lost_before)
            self.voiced.append(voiced)
            self._position += lost_before + FRAME_SAMPLES
            self.positions.append(self._position)
            self.lost_samples += lost_before
            lost_before = 0
            height_db = above_db if voiced else quiet_db
            level_dbfs = dbfs if voiced else SILENT_DBFS
            counts = 1.0 if voiced else weight
            verdict = Verdict(voiced, level_dbfs, height_db, counts, voiced and likely, voiced and possible)
            self._write_down(list(self.segmenter.hear(frame, verdict, device_speaks=device_speaks)))
        return self

    def voice(self, count: int, above_db: float = 9.0) -> Listener:
        return self.frames([True] * count, above_db=above_db)

    def doubted(self, count: int, *, possible: bool = False) -> Listener:
        """Hear voiced frames that the judge does not think likely, nor even possible."""
        return self.frames([True] * count, likely=False, possible=possible)

    def over_device(self, count: int, dbfs: float) -> Listener:
        """Hear a voice at that level while the device speaks."""
        return self.frames([True] * count, dbfs=dbfs, device_speaks=True)

    def silence(self, count: int) -> Listener:
        return self.frames([False] * count)

    def hiss(self, count: int) -> Listener:
        """Hear frames without a voice that stand out of the noise."""
        return self.frames([False] * count, quiet_db=12.0)

    def squeak(self, count: int = 3) -> Listener:
        """Hear what may be a word, in a voice too high for the detector to be sure."""
        return self.frames([False] * count, quiet_db=12.0, weight=0.7)

    def miss(self, samples: int) -> Listener:
        self.segmenter.miss(samples)
        self.lost_samples += samples
        self._position += samples
        return self

    def end(self, reason: EndReason = EndReason.STOPPED) -> Listener:
        self._write_down(list(self.segmenter.end(reason)))
        self.borders.append(len(self.voiced))
        assert not self.segmenter.is_open
        return self

    @property
    def ended(self) -> list[Heard]:
        return [heard for heard in self.utterances if isinstance(heard.end, UtteranceEnded)]

    def _write_down(self, events: list[GateEvent]) -> None:
        for event in events:
            if isinstance(event, UtteranceBegan):
                assert not self.utterances or self.utterances[-1].end, "began while another was open"
                assert event.utterance == len(self.utterances) + 1
                self.utterances.append(Heard(event))
                continue
            current = self.utterances[-1]
            assert event.utterance == current.began.utterance
            assert current.end is None, "something came after the end"
            if isinstance(event, UtteranceAudio):
                number = int.from_bytes(event.pcm[:4], "little")
                assert event.pcm == number.to_bytes(4, "little") * (FRAME_SAMPLES // 2)
                current.frames.append(number)
            elif isinstance(event, UtterancePaused | UtteranceResumed):
                assert isinstance(event, UtteranceResumed) == current.paused, "a pause was told twice"
                current.pauses.append(len(current.frames))
            else:
                current.end = event
        is_open = bool(self.utterances) and self.utterances[-1].end is None
        assert self.segmenter.is_open == is_open


def listen(steps: list[tuple]) -> Listener:
    listener = Listener()
    for what, argument in steps:
        if what == "end":
            listener.end(argument)
        elif what == "miss":
            listener.miss(argument * SAMPLES_PER_MS)
        else:
            pattern, repeats, lost_ms = argument
            listener.frames(pattern * repeats, lost_before=lost_ms * SAMPLES_PER_MS)
    return listener


LOST_MS = st.one_of(st.just(0), st.integers(1, 3000))
RUN = st.tuples(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(1, 60), LOST_MS)
VOICE = st.tuples(st.just([True]), st.integers(5, 300), LOST_MS)
SILENCE = st.tuples(st.just([False]), st.integers(1, 60), LOST_MS)
STEP = st.one_of(
    st.tuples(st.just("frames"), st.one_of(VOICE, SILENCE, RUN)),
    st.tuples(st.just("end"), st.sampled_from([EndReason.MUTED, EndReason.MICROPHONE_LOST])),
    st.tuples(st.just("miss"), st.integers(1, 5000)),
)
STEPS = st.lists(STEP, max_size=8)


@PROPERTY
@given(STEPS)
def test_every_utterance_is_one_unbroken_run_of_the_sound_and_ends_once(steps):
    listener = listen(steps).end()
    last = -1
    for heard in listener.utterances:
        assert heard.end is not None
        assert heard.frames == list(range(heard.frames[0], heard.frames[-1] + 1))
        assert heard.frames[0] > last, "two utterances share sound"
        # What is withdrawn was not heard yet.
        last = last if isinstance(heard.end, UtteranceWithdrawn) else heard.frames[-1]
        borders = [border for border in listener.borders if heard.frames[0] < border <= heard.frames[-1]]
        assert borders == [], "an utterance reaches over an end"


@PROPERTY
@given(STEPS)
def test_the_pre_roll_is_whole_unless_something_else_lies_there(steps):
    listener = listen(steps).end()
    before = None
    for heard in listener.utterances:
        free_from = max(border for border in listener.borders if border <= heard.frames[0])
        if before is not None:
            free_from = max(free_from, before.frames[-1] + 1)
        if before is not None and before.cut and heard.frames[0] == free_from:
            assert heard.frames[0] == before.frames[-1] + 1
        else:
            assert listener.voiced[heard.first_voiced]
            # Voiced frames of 9 dB do not stand out, nor does silence: nothing to reach back to.
            assert heard.frames[0] == max(free_from, heard.first_voiced - LIMITS.pre_roll)
        before = before if isinstance(heard.end, UtteranceWithdrawn) else heard


@PROPERTY
@given(STEPS)
def test_no_utterance_is_longer_than_the_maximum_and_a_cut_loses_nothing(steps):
    listener = listen(steps).end()
    following_ones = [*listener.utterances[1:], None]
    for heard, following in zip(listener.utterances, following_ones, strict=False):
        assert len(heard.frames) <= LIMITS.maximum
        if heard.cut:
            assert following is not None
            assert following.frames[0] == heard.frames[-1] + 1


@PROPERTY
@given(STEPS)
def test_every_lost_sample_is_told_exactly_once(steps):
    listener = listen(steps).end()
    listener.voice(40).end()
    told_ms = sum(heard.began.gap_ms + heard.end.gap_ms for heard in listener.ended)
    assert told_ms == listener.lost_samples // SAMPLES_PER_MS


@PROPERTY
@given(STEPS)
def test_begin_and_end_are_where_the_voice_is(steps):
    listener = listen(steps).end()
    for heard in listener.ended:
        assert heard.began.start_s == pytest.approx(listener.positions[heard.first_voiced] / RATE_HZ - FRAME_S)
        first_s = listener.positions[heard.frames[0]] / RATE_HZ - FRAME_S
        assert heard.began.start_s - heard.began.pre_roll_s == pytest.approx(first_s)
        last_voiced = heard.end.last_voiced_ns // FRAME_NS - 1
        assert last_voiced in heard.frames
        assert heard.end.end_s == pytest.approx(listener.positions[last_voiced] / RATE_HZ)
        assert not any(listener.voiced[number] for number in heard.frames if number > last_voiced)


@PROPERTY
@given(STEPS)
def test_what_is_withdrawn_was_shorter_than_the_minimum(steps):
    listener = listen(steps).end()
    before = None
    for heard in listener.utterances:
        voiced = sum(listener.voiced[number] for number in heard.frames)
        minimum = 1 if before is not None and before.cut else LIMITS.minimum_voiced
        assert isinstance(heard.end, UtteranceWithdrawn) == (voiced < minimum)
        before = heard


@PROPERTY
@given(STEPS)
def test_a_pause_is_silence_and_its_end_is_speech(steps):
    listener = listen(steps).end()
    for heard in listener.utterances:
        for turn, length in enumerate(heard.pauses):
            voiced = sum(listener.voiced[number] for number in heard.frames[:length][-HOLD_WINDOW:])
            if turn % 2 == 0:
                assert voiced < HOLD_VOICED
            elif not heard.cut:  # what is held back before a cut is not among its frames yet
                assert voiced >= HOLD_VOICED


@PROPERTY
@given(STEPS)
def test_whoever_is_silent_for_the_hangover_paused_before(steps):
    listener = listen(steps).end()
    for heard in listener.utterances:
        if isinstance(heard.end, UtteranceEnded) and heard.end.reason is EndReason.HANGOVER:
            assert heard.paused or len(heard.frames) > LIMITS.maximum - LIMITS.hangover - 100


def test_a_pause_is_told_after_180_ms_and_its_end_with_the_speech_that_follows():
    listener = Listener().voice(50).silence(PAUSE_FRAMES - 1)
    (heard,) = listener.utterances
    assert heard.pauses == []
    listener.silence(1)
    assert heard.pauses == [50 + PAUSE_FRAMES]
    listener.silence(5).voice(1).silence(5)
    assert len(heard.pauses) == 1, "a click ends no pause"
    listener.voice(10)
    assert len(heard.pauses) == 2
    listener.silence(LIMITS.hangover)
    assert len(heard.pauses) == 3


def test_near_the_cut_where_sound_is_held_back_no_pause_is_told():
    listener = Listener().voice(LIMITS.maximum - 50).silence(20).voice(5)
    assert listener.utterances[0].pauses == []


def test_silence_for_the_hangover_ends_an_utterance():
    listener = Listener().silence(50).voice(50).silence(LIMITS.hangover - 1)
    assert listener.utterances[0].end is None
    listener.silence(1)
    end = listener.utterances[0].end
    assert end.reason is EndReason.HANGOVER
    assert end.end_s == pytest.approx(100 * FRAME_S)


def test_a_pause_shorter_than_the_hangover_ends_nothing():
    listener = Listener().voice(50).silence(LIMITS.hangover - 1).voice(20).end()
    assert len(listener.utterances) == 1


def test_a_click_in_the_pause_does_not_start_the_hangover_anew():
    quiet, clicked = Listener().voice(50), Listener().voice(50)
    quiet.silence(LIMITS.hangover + 10)
    clicked.silence(15).voice(1).silence(LIMITS.hangover - 6)
    assert len(clicked.utterances[0].frames) == len(quiet.utterances[0].frames)
    assert clicked.utterances[0].end.reason is EndReason.HANGOVER


def test_quiet_is_neither_an_open_utterance_nor_the_beginning_of_one():
    listener = Listener().silence(30)
    assert listener.segmenter.is_quiet
    assert not listener.voice(1).segmenter.is_quiet
    assert not listener.voice(20).segmenter.is_quiet
    assert listener.silence(LIMITS.hangover).segmenter.is_quiet


def test_a_few_voiced_frames_are_no_utterance():
    listener = Listener().silence(30).voice(3).silence(100)
    assert listener.utterances == []


def test_what_is_voiced_but_not_likely_speech_opens_nothing():
    assert Listener().silence(30).doubted(500, possible=True).silence(100).end().utterances == []


def test_what_turns_out_to_be_likely_is_heard_from_its_first_voiced_frame():
    (heard,) = Listener().silence(100).doubted(40).voice(20).end().utterances
    assert heard.first_voiced == 100
    assert heard.frames == list(range(100 - LIMITS.pre_roll, 160))


def test_speech_in_a_noise_that_was_doubted_for_long_keeps_its_pre_roll_before_the_noise_is_forgotten():
    (heard,) = Listener().silence(30).doubted(300).voice(20).end().utterances
    assert heard.frames[0] <= 330 - LIMITS.pre_roll
    assert heard.frames == list(range(heard.frames[0], 350))


def test_noise_behind_an_utterance_ends_it_after_a_second_of_doubt():
    listener = Listener().silence(30).voice(50).doubted(49)
    assert listener.utterances[0].end is None
    listener.doubted(1)
    assert listener.utterances[0].end.reason is EndReason.HANGOVER
    assert len(listener.doubted(300).utterances) == 1


def test_doubt_that_passes_ends_nothing():
    listener = Listener().silence(30).voice(50).doubted(49).voice(1).doubted(49).doubted(60, possible=True)
    assert listener.utterances[0].end is None


def test_what_follows_an_end_by_doubt_begins_where_that_stopped_so_that_no_sound_is_lost():
    first, second = Listener().silence(30).voice(50).doubted(60).voice(30).end().utterances
    assert second.frames[0] == first.frames[-1] + 1


def test_the_beginning_reaches_back_to_sound_that_stands_out():
    (heard,) = Listener().silence(100).hiss(45).voice(30).end().utterances
    assert heard.first_voiced == 145
    assert heard.frames[0] == 95


def test_the_beginning_reaches_back_no_further_than_600_ms_beyond_the_pre_roll():
    (heard,) = Listener().silence(30).hiss(200).voice(30).end().utterances
    assert heard.frames[0] == 230 - LIMITS.pre_roll - 30 - 5


def test_a_word_too_short_to_open_an_utterance_begins_the_one_that_follows():
    listener = Listener().silence(100).squeak().silence(90).voice(30).end()
    (heard,) = listener.utterances
    assert heard.frames == list(range(90, 223))
    assert heard.began.start_s == pytest.approx(100 * FRAME_S)
    assert heard.began.pre_roll_s == pytest.approx(10 * FRAME_S)


def test_a_short_word_long_before_is_no_part_of_what_follows():
    (heard,) = Listener().silence(100).squeak().silence(125).voice(30).end().utterances
    assert heard.frames[0] == heard.first_voiced - LIMITS.pre_roll


def test_a_hiss_long_before_is_no_word():
    (heard,) = Listener().silence(100).hiss(3).silence(90).voice(30).end().utterances
    assert heard.frames[0] == heard.first_voiced - LIMITS.pre_roll


def test_a_short_word_alone_is_no_utterance():
    assert Listener().silence(100).squeak().silence(200).end().utterances == []


def test_what_may_be_a_word_of_the_device_itself_begins_nothing():
    listener = Listener().silence(100).frames([False] * 3, quiet_db=12.0, weight=0.7, device_speaks=True)
    (heard,) = listener.silence(90).voice(30).end().utterances
    assert heard.frames[0] == heard.first_voiced - LIMITS.pre_roll


def test_a_short_word_before_the_device_spoke_is_no_part_of_what_comes_after():
    listener = Listener().silence(100).squeak().silence(10).frames([False] * 50, device_speaks=True)
    (heard,) = listener.silence(30).voice(30).end().utterances
    assert heard.frames[0] == heard.first_voiced - LIMITS.pre_roll


def test_a_short_word_that_was_withdrawn_is_heard_with_what_follows():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced - 1, above_db=12.0).silence(60).voice(30).end()
    withdrawn, kept = listener.utterances
    assert isinstance(withdrawn.end, UtteranceWithdrawn)
    assert kept.frames[0] <= withdrawn.first_voiced - 10


def test_what_is_shorter_than_the_minimum_is_withdrawn():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced - 1).silence(60)
    assert isinstance(listener.utterances[0].end, UtteranceWithdrawn)


def test_what_begins_in_an_utterance_that_is_withdrawn_keeps_its_pre_roll():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced - 1).silence(LIMITS.hangover + 1).voice(30).end()
    withdrawn, kept = listener.utterances
    assert isinstance(withdrawn.end, UtteranceWithdrawn)
    assert kept.frames[0] == kept.first_voiced - LIMITS.pre_roll
    assert kept.frames[0] < withdrawn.frames[-1]


def test_a_gap_in_sound_that_is_heard_again_is_told_once():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced - 1).silence(5)
    listener.frames([False] * (LIMITS.hangover - 4), lost_before=160 * SAMPLES_PER_MS).voice(30).end()
    _withdrawn, kept = listener.utterances
    assert (kept.began.gap_ms, kept.end.gap_ms) == (0, 160)


def test_nothing_of_a_withdrawn_utterance_is_heard_again_after_an_end():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced - 1).end().voice(30).end()
    assert listener.utterances[1].frames[0] == listener.borders[1]


def test_what_has_the_minimum_length_is_kept():
    listener = Listener().silence(30).voice(LIMITS.minimum_voiced).silence(60)
    assert isinstance(listener.utterances[0].end, UtteranceEnded)


def test_the_cut_lies_at_the_least_voiced_place_of_the_last_seconds():
    listener = Listener().voice(200).voice(5, above_db=2.0).voice(60).end()
    first, second = listener.utterances
    assert first.end.reason is EndReason.MAX_LENGTH
    assert first.frames[-1] + 1 == second.frames[0] == 202
    assert second.frames[-1] == 264


def test_a_quieter_place_before_the_search_is_not_cut_at():
    listener = Listener().voice(100).voice(5, above_db=1.0).voice(95).voice(5, above_db=5.0).voice(60).end()
    assert listener.utterances[1].frames[0] == 202


def test_the_end_of_a_word_that_was_cut_is_kept_however_short():
    listener = Listener().voice(245).voice(5, above_db=1.0).voice(3).silence(60)
    first, second = listener.utterances
    assert first.cut
    assert isinstance(second.end, UtteranceEnded)
    assert sum(listener.voiced[number] for number in second.frames) < LIMITS.minimum_voiced


def test_silence_before_a_cut_counts_for_the_hangover_after_it():
    listener = Listener().voice(LIMITS.maximum - 20).silence(45)
    assert [heard.end is not None for heard in listener.utterances] == [True, True]
    assert listener.utterances[0].cut


def test_a_withdrawn_utterance_hands_its_gap_to_the_next():
    listener = Listener().miss(160 * SAMPLES_PER_MS).voice(9).silence(60).voice(40).end()
    withdrawn, kept = listener.utterances
    assert isinstance(withdrawn.end, UtteranceWithdrawn)
    assert kept.began.gap_ms == 160


def test_sound_lost_inside_an_utterance_is_told_at_its_end():
    listener = Listener().voice(40).frames([True] * 10, lost_before=480 * SAMPLES_PER_MS).end()
    heard = listener.utterances[0]
    assert (heard.began.gap_ms, heard.end.gap_ms) == (0, 480)
    assert heard.end.end_s == pytest.approx(50 * FRAME_S + 0.48)


def test_an_end_without_an_utterance_says_nothing():
    assert Listener().silence(50).end().utterances == []


def test_the_reason_of_an_end_is_told():
    listener = Listener().voice(40).end(EndReason.MICROPHONE_LOST)
    assert listener.utterances[0].end.reason is EndReason.MICROPHONE_LOST


def after_a_person(dbfs: float = -30.0) -> Listener:
    """Return a listener that has heard a person at that level."""
    return Listener().silence(30).frames([True] * 50, dbfs=dbfs).silence(60)


def test_while_the_device_speaks_a_voice_much_quieter_than_the_person_before_opens_nothing():
    assert len(after_a_person(-30.0).over_device(500, dbfs=-38.0).silence(100).end().utterances) == 1


def test_while_the_device_speaks_a_person_as_loud_as_before_is_heard_from_the_first_voiced_frame():
    _before, heard = after_a_person(-30.0).over_device(100, dbfs=-32.0).end().utterances
    assert heard.first_voiced == 140


def test_a_person_who_begins_in_what_is_left_of_the_device_is_heard():
    _before, heard = after_a_person(-30.0).over_device(100, dbfs=-45.0).over_device(50, dbfs=-30.0).end().utterances
    assert set(range(240, 290)) <= set(heard.frames)


def test_a_burst_as_loud_as_the_person_does_not_interrupt():
    listener = after_a_person(-30.0)
    for _ in range(10):
        listener.over_device(8, dbfs=-30.0).over_device(20, dbfs=-50.0)
    assert len(listener.silence(60).end().utterances) == 1


def test_when_the_device_is_silent_a_quieter_voice_is_heard():
    assert len(after_a_person(-30.0).frames([True] * 50, dbfs=-60.0).end().utterances) == 2


def test_nobody_is_the_measure_before_a_person_was_heard():
    assert len(Listener().silence(30).over_device(50, dbfs=-60.0).end().utterances) == 1


def test_what_is_heard_while_the_device_speaks_is_no_measure():
    listener = Listener().silence(30).over_device(50, dbfs=-60.0).silence(60)
    assert len(listener.over_device(50, dbfs=-70.0).end().utterances) == 2


def test_the_measure_is_the_person_who_spoke_last():
    listener = after_a_person(-30.0).frames([True] * 50, dbfs=-50.0).silence(60)
    assert len(listener.over_device(50, dbfs=-52.0).end().utterances) == 3


def test_an_utterance_that_is_withdrawn_is_no_measure():
    listener = after_a_person(-50.0).frames([True] * (LIMITS.minimum_voiced - 1), dbfs=-10.0).silence(60)
    assert len(listener.over_device(50, dbfs=-52.0).end().ended) == 2


def test_an_utterance_that_is_open_when_the_device_begins_stays_open():
    listener = Listener().silence(30).voice(50).over_device(100, dbfs=-60.0)
    assert listener.utterances[0].end is None
