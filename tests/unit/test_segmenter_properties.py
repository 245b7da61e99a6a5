"""What holds of every utterance, whatever is heard, lost and ended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.events import EndReason, UtteranceEnded, UtteranceWithdrawn
from daemon.gate import segmenter
from tests.support.properties import PROPERTY
from tests.support.segmenter import FRAME_S, LIMITS, SAMPLES_PER_MS, Listener
from tests.support.sound import FRAME_NS, RATE_HZ

#: What keeps an utterance open: so many voiced frames of the last so many.
HOLD_VOICED, HOLD_WINDOW = segmenter._HOLD_VOICED, segmenter._HOLD_WINDOW


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
