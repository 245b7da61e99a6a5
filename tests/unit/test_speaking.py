from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable

import pytest

from daemon.board import Activity
from daemon.speaking import Speaking

DEADLINE_S = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def speaking(clock, told):
    return Speaking(on_change=told.append, clock=clock)


def never() -> bool:
    return False


def test_where_nobody_speaks_the_word_is_had_at_once(speaking, clock):
    assert speaking.take(0.0, never)
    assert speaking.device_speaks
    assert speaking.is_deaf_at(clock())


def test_the_word_is_had_when_the_person_has_finished(speaking):
    speaking.person(speaks=True)
    asked, had = threading.Event(), []

    def give_up() -> bool:
        asked.set()
        return False

    waiter = threading.Thread(target=lambda: had.append(speaking.take(DEADLINE_S, give_up)))
    waiter.start()
    assert asked.wait(DEADLINE_S)
    assert not speaking.device_speaks
    speaking.person(speaks=False)
    waiter.join(DEADLINE_S)
    assert had == [True]


def test_while_a_key_is_held_to_talk_the_device_does_not_begin(speaking):
    speaking.key(held=True)
    assert not speaking.take(DEADLINE_S, lambda: True)
    speaking.key(held=False)
    assert speaking.take(0.0, never)


def test_the_device_waits_no_longer_than_its_patience(speaking, clock):
    speaking.person(speaks=True)

    def time_passes() -> bool:
        assert not speaking.device_speaks
        clock.now += 4.0
        return False

    assert speaking.take(10.0, time_passes)
    assert clock.now == 112.0


def test_who_is_told_to_give_up_does_not_get_the_word(speaking, clock):
    speaking.person(speaks=True)
    assert not speaking.take(10.0, lambda: True)
    assert not speaking.device_speaks
    assert not speaking.is_deaf_at(clock())


def test_the_gate_stays_deaf_for_the_tail(speaking, clock):
    speaking.take(0.0, never)
    speaking.give_back(0.3)
    assert speaking.is_deaf_at(clock())
    clock.now += 0.29
    assert speaking.is_deaf_at(clock())
    clock.now += 0.02
    assert not speaking.is_deaf_at(clock())


def test_who_holds_a_key_to_talk_is_heard_before_the_room_has_ceased_to_ring(speaking, clock):
    speaking.take(0.0, never)
    speaking.key(held=True)
    assert speaking.is_deaf_at(clock())
    speaking.give_back(0.5)
    assert speaking.is_deaf_at(clock() + 0.29)
    assert not speaking.is_deaf_at(clock() + 0.31)
    assert speaking.sounds_at(clock() + 0.49)
    speaking.key(held=False)
    assert speaking.is_deaf_at(clock() + 0.31)
    assert not speaking.is_deaf_at(clock() + 0.51)


def test_however_short_the_tail_who_holds_a_key_to_talk_does_not_hear_the_device(speaking, clock):
    speaking.take(0.0, never)
    clock.now += 2.0
    speaking.key(held=True)
    speaking.give_back(0.1)
    assert speaking.is_deaf_at(clock() - 0.01)
    assert not speaking.is_deaf_at(clock())


def test_what_was_heard_before_the_device_spoke_or_while_it_did_is_known_by_its_time(speaking, clock):
    began = clock.now
    speaking.take(0.0, never)
    clock.now += 2.0
    speaking.give_back(0.0)
    assert not speaking.is_deaf_at(began - 0.01)
    assert speaking.is_deaf_at(began + 1.99)
    assert not speaking.is_deaf_at(began + 2.01)


def answer_with_step_inside(number: int, ask: Callable[[], bool], step: Callable[[], None]) -> tuple[bool, bool]:
    """Return what is answered where another thread takes a step before so many instructions, and if it came to that."""
    left = itertools.count(number, -1)
    taken = False

    def trace(frame, event, _argument):
        nonlocal taken
        frame.f_trace_opcodes = True
        if event == "opcode" and not taken and next(left) == 0:
            taken = True
            step()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return ask(), taken
    finally:
        sys.settrace(before)


def answer_while_the_word_is_given_back(clock: Clock, of: str, number: int) -> tuple[bool, bool]:
    """Return what is said of a moment at which the device spoke, and whether it gave the word back meanwhile."""
    speaking = Speaking(clock=clock)
    speaking.take(0.0, never)
    clock.now += 2.0
    spoken_at = clock.now - 1.0
    return answer_with_step_inside(number, lambda: getattr(speaking, of)(spoken_at), lambda: speaking.give_back(0.3))


@pytest.mark.parametrize("of", ["is_deaf_at", "sounds_at"])
def test_whenever_the_word_is_given_back_what_was_heard_before_is_the_device(clock, of):
    answers = [(True, True)]
    while answers[-1] == (True, True):
        answers.append(answer_while_the_word_is_given_back(clock, of, len(answers) - 1))
    assert answers[-1] == (True, False)
    assert len(answers) > 5


def test_a_text_that_is_cut_at_once_does_not_make_the_ring_of_the_one_before_heard(speaking, clock):
    speaking.take(0.0, never)
    clock.now += 2.0
    speaking.give_back(0.3)
    rings_at = clock.now + 0.05
    clock.now += 0.1
    speaking.take(0.0, never)
    clock.now += 0.02
    speaking.give_back(0.3)
    assert speaking.is_deaf_at(rings_at)
    assert speaking.sounds_at(rings_at)


def test_with_echo_cancelled_the_gate_is_never_deaf_but_the_device_still_waits(clock):
    speaking = Speaking(echo_cancelled=True, clock=clock)
    assert speaking.take(0.0, never)
    assert not speaking.is_deaf_at(clock())
    speaking.give_back(1.0)
    assert not speaking.is_deaf_at(clock())
    speaking.person(speaks=True)
    assert not speaking.take(10.0, lambda: True)


def test_the_device_sounds_until_the_room_rings_no_more_whether_the_echo_is_cancelled_or_not(clock):
    for echo_cancelled in (False, True):
        speaking = Speaking(echo_cancelled=echo_cancelled, clock=clock)
        assert not speaking.sounds_at(clock())
        speaking.take(0.0, never)
        assert speaking.sounds_at(clock())
        speaking.give_back(0.3)
        clock.now += 0.29
        assert speaking.sounds_at(clock())
        clock.now += 0.02
        assert not speaking.sounds_at(clock())


def test_a_person_who_begins_while_the_device_speaks_interrupts_it_once(clock):
    interruptions = []
    speaking = Speaking(echo_cancelled=True, on_interruption=lambda: interruptions.append(clock.now), clock=clock)
    speaking.person(speaks=True)
    speaking.person(speaks=False)
    speaking.take(0.0, never)
    assert interruptions == []
    speaking.person(speaks=True)
    speaking.person(speaks=True)
    assert len(interruptions) == 1


def test_a_person_who_was_speaking_before_does_not_interrupt_the_device(clock):
    interruptions = []
    speaking = Speaking(echo_cancelled=True, on_interruption=lambda: interruptions.append(clock.now), clock=clock)
    speaking.person(speaks=True)
    speaking.take(0.0, never)
    assert interruptions == []


def test_what_the_device_does_is_told(speaking, told):
    speaking.person(speaks=True)
    speaking.person(speaks=False)
    speaking.take(0.0, never)
    speaking.person(speaks=True)
    speaking.give_back(0.0)
    speaking.person(speaks=False)
    hearing, listening, speaks = Activity.HEARING, Activity.LISTENING, Activity.SPEAKING
    assert told == [hearing, listening, speaks, speaks, hearing, listening]
