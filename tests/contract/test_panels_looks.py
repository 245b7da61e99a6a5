"""How every panel shows what may still change and what is in doubt; and how bright it is."""

from dataclasses import replace

import pytest

from hw.api import CaptionLine
from tests.support.panel_kinds import HELLO, bring


@pytest.mark.parametrize("status", ["listening", "listening · en-US → es · a status that fills its line"])
def test_what_may_still_change_looks_different(panel, screen, status):
    caption = replace(HELLO, status=status)
    screen.feed(panel.reset())
    screen.feed(panel.show(replace(caption, translations=(CaptionLine("es", "hola", 0),), final=False)))
    interim = screen.state
    screen.feed(panel.show(caption))
    assert screen.state != interim


def test_what_is_not_final_looks_so_though_all_of_it_will_stay(panel, screen):
    screen.feed(panel.reset())
    bring(panel, screen, replace(HELLO, final=False))
    interim = screen.state
    bring(panel, screen, HELLO)
    assert screen.state != interim


def test_a_translation_in_doubt_has_a_sign_in_front_on_every_page(panel, screen):
    doubted = CaptionLine("es", "palabra " * 60, 0, doubtful=True)
    caption = replace(HELLO, translations=(doubted,))
    screen.feed(panel.reset())
    assert panel.pages(caption) > 1
    for page in range(panel.pages(caption)):
        bring(panel, screen, replace(caption, page=page))
        assert "? palabra" in screen.text
    bring(panel, screen, replace(caption, translations=(replace(doubted, doubtful=False),), page=0))
    assert "?" not in screen.text


def test_words_that_are_unsure_take_no_room_and_hide_nothing(panel, screen):
    plain = replace(HELLO, source=None, translations=(CaptionLine("es", "uno dos tres " * 9, 0),))
    marked = replace(plain, translations=(replace(plain.translations[0], unsure=((4, 7), (13, 20))),))
    screen.feed(panel.reset())
    bring(panel, screen, plain)
    before = screen.text
    bring(panel, screen, marked)
    assert screen.text == before
    assert panel.pages(marked) == panel.pages(plain)


def test_the_backlight_follows(panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    if screen.backlight is None:
        pytest.skip("this panel has no backlight to set")
    assert screen.backlight == 40
    panel.brightness = 80
    bring(panel, screen, HELLO)
    assert screen.backlight == 80
    assert "hola" in screen.text
    assert panel.show(HELLO) == b""
