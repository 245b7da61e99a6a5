"""Where an utterance begins, pauses, is cut and ends, what is withdrawn, and which sound was lost."""

from __future__ import annotations

import pytest

from daemon.events import EndReason, UtteranceEnded, UtteranceWithdrawn
from daemon.gate.segmenter import PAUSE_FRAMES
from tests.support.segmenter import FRAME_S, LIMITS, SAMPLES_PER_MS, Listener


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
