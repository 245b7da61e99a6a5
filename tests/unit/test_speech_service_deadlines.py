"""How long the Speech service is waited for, and how fast sound is replayed to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.turn_clock import BURST_S, Pace, TurnClock


def due(clock):
    found = clock.due()
    return None if found is None else (found[0], found[1].code)


def test_each_wait_has_its_deadline():
    clock = TurnClock("it", Deadlines(turn_start_s=1, silence_s=2, turn_end_s=3))
    assert due(clock) is None
    clock.said(10)
    clock.said(10.5)
    assert due(clock) == (11, "turn_start_timeout")
    clock.heard(10.8, started=True)
    assert due(clock) is None
    clock.said(12)
    clock.said(13)
    assert due(clock) == (14, "server_silent")
    clock.heard(13.5, started=False)
    assert due(clock) is None
    clock.completed(20)
    assert due(clock) == (23, "turn_end_timeout")
    clock.heard(22, started=False)
    assert due(clock) == (25, "turn_end_timeout")


def test_a_result_before_the_turns_start_is_no_start():
    clock = TurnClock("it", Deadlines(turn_start_s=1))
    clock.said(10)
    clock.heard(10.5, started=False)
    assert due(clock) == (11, "turn_start_timeout")


@given(st.lists(st.floats(0.02, 0.5), min_size=1, max_size=200), st.floats(1, 8))
def test_replayed_sound_never_goes_faster_than_it_may(pieces, speed):
    pace, now, sent_s = Pace(speed, 0.0), 0.0, 0.0
    for piece_s in pieces:
        now += pace.wait_s(now, sent_s)
        assert sent_s <= BURST_S + speed * now + 1e-6
        sent_s += piece_s


def test_sound_as_it_is_spoken_never_waits():
    pace = Pace(1.0, 100.0)
    assert all(pace.wait_s(100.0 + at, at) == 0 for at in range(60))
