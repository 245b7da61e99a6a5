"""A panel of columns and rows with nothing of its own: what it is given to draw, it has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.api import Caption, CaptionLine
from hw.charset import EVERYTHING, from_codec, from_table
from hw.grid import Change, Difference, GridPanel
from hw.layout import Row
from hw.roms import A00
from hw.text import ELLIPSIS

ASCII = from_codec("ascii", frozenset())
TEXTS = st.text(max_size=90)
LINES = st.builds(CaptionLine, st.sampled_from(["en-US", "es", "ruso-largo-largo"]), TEXTS, st.integers(0, 90))
CAPTIONS = st.builds(
    Caption,
    st.none() | LINES,
    st.lists(LINES, max_size=3).map(tuple),
    st.booleans(),
    TEXTS,
    st.none() | st.integers(0, 3),
)
LONG = Caption(
    CaptionLine("en", "one two three four five six seven", 33),
    (CaptionLine("es", "uno dos tres cuatro cinco seis siete", 36),),
    status="degraded: the microphone was unplugged",
)


class Adm3a(GridPanel[str]):
    """The least that such a panel can be: each change is the row's text."""

    def __init__(self, characters) -> None:
        super().__init__(16, 3, " ", characters)

    def _ready(self) -> list[bytes]:
        return [b"\x1a"]

    def _clear(self) -> bytes:
        return b"\x1a"

    def _draw(self, row: Row) -> list[str]:
        return [cell.text for cell in row]

    def _changes(self, differences: Iterator[Difference[str]]) -> Iterator[Change[str]]:
        for difference in differences:
            if difference.columns:
                text = "".join(difference.new)
                yield Change(f"{difference.row}{text}\n".encode(), difference.row, 0, difference.new)


def shown(characters, caption):
    panel = Adm3a(characters)
    panel.reset()
    return panel.show(caption).decode()


@pytest.mark.parametrize(
    ("characters", "stands_for_more"),
    [(ASCII, "."), (EVERYTHING, ELLIPSIS), (from_table(A00), ELLIPSIS)],
)
def test_the_ellipsis_of_the_layout_is_one_that_the_panel_has(characters, stands_for_more):
    text = shown(characters, LONG)
    assert text.count(stands_for_more) == 3
    assert f"2 degraded: the {stands_for_more}\n" in text
    assert (ELLIPSIS in text) is characters.covers_text(ELLIPSIS)


@given(CAPTIONS)
def test_a_plain_panel_never_gets_a_character_that_it_lacks(caption):
    assert ASCII.covers_text(shown(ASCII, caption).replace("\n", ""))


def test_a_row_stays_as_long_as_it_is():
    assert {len(line) for line in shown(ASCII, LONG).replace("\x1a", "").splitlines()} == {1 + 16}
