"""Every panel that there is keeps the contract of `hw.api.Panel`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hw.displays
from daemon import drivers
from hw.api import Caption, CaptionLine

PANELS = drivers.names(hw.displays)

LINES = st.builds(CaptionLine, st.sampled_from(["en-US", "es", "ja"]), st.text(max_size=60), st.integers(0, 60))
CAPTIONS = st.builds(Caption, st.none() | LINES, st.lists(LINES, max_size=3).map(tuple), st.booleans(), st.text())
HELLO = Caption(CaptionLine("en", "hello", 5), (CaptionLine("es", "hola", 4),), final=True, status="listening")
OTHER = Caption(CaptionLine("en", "good night", 10), (CaptionLine("es", "buenas noches", 13),), status="muted")


def make(name):
    driver = drivers.load(hw.displays, name)
    return driver.open(driver.SETTINGS())


@pytest.fixture(params=PANELS)
def panel(request):
    return make(request.param)


def test_there_is_a_panel():
    assert "vt100" in PANELS


def test_it_has_a_size(panel):
    assert panel.columns > 0
    assert panel.rows > 0


def test_it_sends_bytes_for_a_new_caption_and_none_for_the_same(panel):
    assert panel.reset()
    assert panel.show(HELLO)
    assert panel.show(HELLO) == b""
    assert panel.show(OTHER)


def test_a_small_change_costs_less_than_the_whole(panel):
    panel.reset()
    whole = panel.show(HELLO)
    change = panel.show(Caption(HELLO.source, HELLO.translations, final=True, status="hearing"))
    assert 0 < len(change) < len(whole)


def test_a_reset_forgets_the_screen(panel):
    first = panel.reset() + panel.show(HELLO)
    panel.show(OTHER)
    assert panel.reset() + panel.show(HELLO) == first


@pytest.mark.parametrize("name", PANELS)
@settings(max_examples=50, deadline=None)
@given(captions=st.lists(CAPTIONS, min_size=1, max_size=4))
def test_it_takes_any_text_and_is_pure(name, captions):
    one, other = make(name), make(name)
    assert [one.reset(), *map(one.show, captions)] == [other.reset(), *map(other.show, captions)]
    assert one.show(captions[-1]) == b""
