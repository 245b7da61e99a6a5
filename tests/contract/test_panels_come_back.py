"""Every panel comes back: after a reset, after it lost its power; and takes whatever it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import panels
from tests.support.panel_kinds import ALL, HELLO, IDS, OTHER, bring, make
from tests.support.properties import examples


def test_a_reset_forgets_the_screen(panel):
    first = panel.reset() + panel.show(HELLO)
    panel.show(OTHER)
    assert panel.reset() + panel.show(HELLO) == first


def test_a_reset_brings_back_a_panel_that_was_left_in_mid_instruction(kind, panel, screen):
    if isinstance(screen, panels.Crystalfontz):
        pytest.skip("it forgets half a packet by itself, after a quarter of a second")
    whole = panel.reset() + panel.show(OTHER)
    fresh = kind[2]()
    fresh.feed(whole)
    screen.feed(whole[: len(whole) // 2])
    screen.torn = True
    screen.feed(whole)
    assert screen.state == fresh.state


def test_a_refresh_brings_everything_to_a_panel_that_lost_its_power(kind, panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    started_anew = kind[2]()
    panel.refresh()
    bring(panel, started_anew, HELLO, limit=30)
    assert started_anew.state == screen.state
    assert started_anew.backlight == screen.backlight
    assert getattr(started_anew, "glyphs", None) == getattr(screen, "glyphs", None)
    assert panel.show(HELLO) == b""


def test_a_check_brings_everything_to_a_panel_that_lost_its_power_and_says_nothing_of_it(kind, panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    started_anew = kind[2]()
    panel.check()
    bring(panel, started_anew, HELLO, limit=30)
    assert started_anew.state == screen.state
    assert started_anew.backlight == screen.backlight
    assert panel.show(HELLO) == b""


def test_it_owes_no_answer_that_it_has_given(panel, screen):
    panel.hear(screen.feed(panel.reset()))
    for _ in range(2):
        while data := panel.show(HELLO, 48):
            panel.hear(screen.feed(data))
        assert not panel.unanswered
        panel.check()


def test_a_refresh_goes_on_with_the_newest_caption(panel, screen):
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    panel.refresh()
    screen.feed(panel.show(HELLO, 30))
    bring(panel, screen, OTHER, limit=30)
    assert "buenas noches" in screen.text
    assert "hola" not in screen.text


@pytest.mark.parametrize("place", range(len(ALL)), ids=IDS)
@examples(60)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_a_panel_says_is_taken_in_any_pieces(place, chunks):
    name, chosen, _ = ALL[place]
    one, other = make(name, **chosen), make(name, **chosen)
    in_pieces = [event for chunk in chunks for event in one.hear(chunk)]
    at_once = [event for byte in b"".join(chunks) for event in other.hear(bytes([byte]))]
    assert in_pieces == at_once
    assert one.ignored == other.ignored <= len(b"".join(chunks))


def test_garbage_is_counted(panel):
    panel.hear(bytes(range(0x30, 0x80)) * 4)
    assert panel.ignored > 200
