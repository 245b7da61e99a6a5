import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.outputs.pacing import Checks, Pacer, PageTurner
from hw.api import Caption, CaptionLine
from tests.support.clock import HandClock


def caption(text, *, final=True, status=""):
    return Caption(None, (CaptionLine("es", text, 0),), final=final, status=status)


def turner(clock):
    return PageTurner(lambda shown: len(shown.translations[0].text), 4.0, clock)


def test_frames_are_fifty_milliseconds_apart():
    pacer = Pacer(115_200, HandClock())
    pacer.sent(10)
    assert pacer.wait_s() == pytest.approx(0.05)


@given(st.integers(1_200, 115_200), st.integers(1, 5_000), st.floats(0, 10))
def test_the_line_has_carried_one_frame_before_the_next_goes(baud, count, passed_s):
    clock = HandClock()
    pacer = Pacer(baud, clock)
    pacer.sent(count)
    needed_s = max(0.05, count * 10 / baud)
    assert pacer.wait_s() == pytest.approx(needed_s)
    clock.now_s += passed_s
    assert pacer.wait_s() == pytest.approx(max(0, needed_s - passed_s))


@pytest.mark.parametrize(("baud", "piece"), [(9_600, 48), (115_200, 576), (1_200, 16)])
def test_a_piece_is_what_the_line_carries_in_a_frame(baud, piece):
    assert Pacer(baud, HandClock()).piece == piece


def test_a_caption_on_one_page_stays_as_it_is():
    clock = HandClock()
    pages = turner(clock)
    pages.take(caption("1"))
    clock.now_s += 100
    assert pages.current() == caption("1")
    assert pages.wait_s() == float("inf")


def test_the_pages_of_a_long_final_are_turned_and_begin_again():
    clock = HandClock()
    pages = turner(clock)
    pages.take(caption("123"))
    seen = []
    for _ in range(5):
        seen.append(pages.current().page)
        clock.now_s += pages.wait_s()
    assert seen == [0, 1, 2, 0, 1]


def test_a_long_interim_is_shown_by_its_newest_part():
    pages = turner(HandClock())
    pages.take(caption("123", final=False))
    assert pages.current().page is None


def test_another_text_begins_with_its_first_page_but_another_status_does_not():
    clock = HandClock()
    pages = turner(clock)
    pages.take(caption("123"))
    clock.now_s += 5
    pages.take(caption("123", status="hearing"))
    assert pages.current() == Caption(None, (CaptionLine("es", "123", 0),), status="hearing", page=1)
    pages.take(caption("1234"))
    assert pages.current().page == 0


def test_a_panel_is_looked_after_once_a_minute():
    clock = HandClock()
    checks = Checks(clock)
    due = []
    for second in range(150):
        clock.now_s += 1.0
        if checks.due():
            due.append(second + 1)
    assert due == [60, 120]


def test_a_panel_is_not_looked_after_while_captions_come_but_in_the_first_pause():
    clock = HandClock()
    checks = Checks(clock)
    for _ in range(90):
        clock.now_s += 1.0
        checks.changed()
        assert not checks.due()
    clock.now_s += 2.9
    assert not checks.due()
    clock.now_s += 0.2
    assert checks.due()
