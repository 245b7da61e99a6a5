"""Text that is too long for a panel is shown by its end, and by pages."""

from dataclasses import replace

import pytest

from hw.api import Caption, CaptionLine
from tests.support.panel_kinds import HELLO, bring


def test_text_of_any_length_is_shown_by_its_end_or_by_pages(panel, screen):
    words = " ".join(f"palabra{number}" for number in range(1_000))
    caption = replace(HELLO, translations=(CaptionLine("es", words[:10_000], 10_000),))
    screen.feed(panel.reset())
    bring(panel, screen, caption)
    assert words[9_990:10_000].split()[-1] in screen.text.replace("\n", "")
    pages = panel.pages(caption)
    assert pages > 10
    bring(panel, screen, replace(caption, page=0))
    assert "palabra0" in screen.text
    bring(panel, screen, replace(caption, page=pages - 1))
    assert words[9_990:10_000].split()[-1] in screen.text.replace("\n", "")


def test_pages_leave_no_word_out(panel, screen):
    words = [f"w{number:03}" for number in range(60)]
    caption = replace(HELLO, source=None, translations=(CaptionLine("es", " ".join(words), 0),))
    screen.feed(panel.reset())
    read = ""
    for page in range(panel.pages(caption)):
        bring(panel, screen, replace(caption, page=page))
        read += screen.text
    assert [word for word in words if word not in read] == []


def test_a_short_text_stays_while_the_pages_of_a_long_one_are_turned(panel, screen):
    if panel.rows == 2 or "t0" not in getattr(screen, "components", {"t0": {}}):
        pytest.skip("there is room for the translation only")
    caption = replace(HELLO, translations=(CaptionLine("es", "palabra " * 60, 0),))
    screen.feed(panel.reset())
    bring(panel, screen, replace(caption, page=panel.pages(caption) - 1))
    assert "hello" in screen.text


def test_a_caption_that_fits_has_one_page(panel):
    assert panel.pages(HELLO) == 1
    assert panel.pages(Caption()) == 1
