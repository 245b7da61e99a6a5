"""What every panel shows of a caption, whatever it showed before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hw.displays
from daemon import drivers
from hw.api import CaptionLine
from tests.support.panel_kinds import ALL, CAPTIONS, HELLO, IDS, KINDS, OTHER, bring, make
from tests.support.properties import examples

PANELS = drivers.names(hw.displays)


def test_every_panel_is_tried():
    assert set(PANELS) == set(KINDS)


def test_it_has_a_size(panel):
    assert panel.columns > 0
    assert panel.rows > 0


def test_as_many_translations_as_it_has_places_are_all_read(panel, screen):
    words = {lang: f"w{lang}" for lang in ("aa", "bb", "cc", "dd", "ee", "ff", "gg")[: panel.places]}
    lines = tuple(CaptionLine(lang, word, 3) for lang, word in words.items())
    screen.feed(panel.reset())
    bring(panel, screen, replace(HELLO, translations=lines))
    assert words
    assert [word for word in words.values() if word not in screen.text] == []


def test_what_was_said_is_read_where_it_is_said_to_have_room(panel, screen):
    lines = tuple(CaptionLine(lang, lang, 2) for lang in ("aa", "bb", "cc", "dd", "ee", "ff", "gg")[: panel.places])
    for count in (1, panel.places):
        screen.feed(panel.reset())
        bring(panel, screen, replace(HELLO, translations=lines[:count]))
        assert (HELLO.source.text in screen.text) == panel.shows_source(count)


def test_it_sends_bytes_for_a_new_caption_and_none_for_the_same(panel):
    assert panel.reset()
    assert panel.show(HELLO)
    assert panel.show(HELLO) == b""
    assert panel.show(OTHER)


def test_what_it_sends_is_read_by_the_panel(panel, screen):
    screen.feed(panel.reset())
    screen.feed(panel.show(HELLO))
    assert "hola" in screen.text
    screen.feed(panel.show(OTHER))
    assert "buenas noches" in screen.text
    assert "hola" not in screen.text


def test_a_small_change_costs_less_than_the_whole(panel):
    panel.reset()
    whole = panel.show(HELLO)
    longer = replace(HELLO, translations=(CaptionLine("es", "hola, hola", 4),))
    assert 0 < len(panel.show(longer)) < len(whole)


@pytest.mark.parametrize("place", range(len(ALL)), ids=IDS)
@examples(60)
@given(st.lists(st.tuples(CAPTIONS, st.integers(0, 3)), min_size=1, max_size=5), st.integers(1, 200))
def test_whatever_was_shown_before_in_part_or_whole_the_last_caption_is_there(place, shown, limit):
    name, chosen, decoder = ALL[place]
    fresh, used = make(name, **chosen), make(name, **chosen)
    alone, after_all = decoder(), decoder()
    last = shown[-1][0]
    alone.feed(fresh.reset())
    alone.feed(fresh.show(last))
    after_all.feed(used.reset())
    for caption, pieces in shown[:-1]:
        for _ in range(pieces):
            after_all.feed(used.show(caption, limit))
    bring(used, after_all, last, limit)
    assert after_all.state == alone.state
    assert used.show(last) == b""


def test_pieces_keep_their_limit(panel, screen):
    screen.feed(panel.reset())
    caption = replace(HELLO, translations=(CaptionLine("es", "buenas noches y muy buenos días " * 9, 9),))
    pieces = bring(panel, screen, caption, limit=30)
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 30


@pytest.mark.parametrize("lang", ["en-US", "es", "ca", "vi", "sr-Latn", "xx"])
def test_languages_in_latin_letters_can_be_shown(panel, lang):
    assert panel.can_show(lang)
