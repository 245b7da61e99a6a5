import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.gestures import Gesture, Gestures

HOLD_S, LONG_S = 0.3, 1.5


@pytest.fixture
def gestures():
    return Gestures(HOLD_S, LONG_S)


def test_a_short_press_is_a_tap(gestures):
    assert gestures.change(10.0, down=True) == [Gesture.PRESS]
    assert gestures.due(10.2) == []
    assert gestures.change(10.2, down=False) == [Gesture.TAP]


def test_a_longer_press_is_a_hold_until_it_is_released(gestures):
    gestures.change(10.0, down=True)
    assert gestures.due(10.0 + HOLD_S) == [Gesture.HOLD]
    assert gestures.due(11.0) == []
    assert gestures.change(11.0, down=False) == [Gesture.RELEASE]


def test_a_long_press_is_told_while_it_is_still_down(gestures):
    gestures.change(10.0, down=True)
    assert gestures.due(11.6) == [Gesture.HOLD, Gesture.LONG_PRESS]
    assert gestures.due(100.0) == []
    assert gestures.change(101.0, down=False) == [Gesture.RELEASE]


def test_what_came_due_unseen_is_told_before_the_release(gestures):
    gestures.change(10.0, down=True)
    assert gestures.change(12.0, down=False) == [Gesture.HOLD, Gesture.LONG_PRESS, Gesture.RELEASE]


def test_it_says_when_to_look_again(gestures):
    assert gestures.wait_s(10.0) == float("inf")
    gestures.change(10.0, down=True)
    assert gestures.wait_s(10.1) == pytest.approx(HOLD_S - 0.1)
    gestures.due(10.4)
    assert gestures.wait_s(10.4) == pytest.approx(LONG_S - 0.4)
    gestures.due(12.0)
    assert gestures.wait_s(12.0) == float("inf")


def test_a_key_that_comes_up_twice_came_up_once(gestures):
    assert gestures.change(9.0, down=False) == []
    gestures.change(10.0, down=True)
    assert gestures.change(10.2, down=False) == [Gesture.TAP]
    assert gestures.change(10.3, down=False) == []


def test_a_key_that_goes_down_again_has_come_up_unseen(gestures):
    gestures.change(10.0, down=True)
    assert gestures.change(10.1, down=True) == [Gesture.RELEASE, Gesture.PRESS]
    assert gestures.change(10.2, down=False) == [Gesture.TAP]
    gestures.change(11.0, down=True)
    assert gestures.change(13.0, down=True) == [Gesture.HOLD, Gesture.LONG_PRESS, Gesture.RELEASE, Gesture.PRESS]


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans() | st.none())))
def test_every_press_ends_once_and_in_order(steps):
    gestures, now_s, told = Gestures(HOLD_S, LONG_S), 0.0, []
    for passed_s, down in steps:
        now_s += passed_s
        told += gestures.due(now_s) if down is None else gestures.change(now_s, down=down)
    told += gestures.change(now_s + 10, down=False)
    text = " ".join(told)
    for whole in ("press hold long_press release", "press hold release", "press release", "press tap"):
        text = text.replace(whole, "")
    assert not text.strip()
