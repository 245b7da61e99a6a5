import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.api import Caption, CaptionLine
from hw.displays import vt100
from tests.support.properties import examples
from tests.support.screen import blank_terminal

COLUMNS, ROWS = 24, 6
NASTY = st.sampled_from("\x1b\x07\x00\x7f\x9b\n\t\r \u202e\u2066\u200b\ud800\u0301\u093e\u094d\u200d\ufe0f日。か語é한क")
TEXTS = st.text(st.one_of(st.characters(), NASTY, st.sampled_from("abcde   日本")), max_size=80)
SPANS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=3).map(tuple)
LANGS = st.sampled_from(["en", "es", "pt-BR", "pt-PT", "\x1b[2J"])
LINES = st.builds(CaptionLine, LANGS, TEXTS, st.integers(0, 80), SPANS, st.booleans())
CAPTIONS = st.builds(
    Caption, st.none() | LINES, st.lists(LINES, max_size=3).map(tuple), st.booleans(), st.sampled_from(["", "hearing"])
)


def panel():
    return vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS))


def screen_after(*frames):
    screen, stream = blank_terminal(COLUMNS, ROWS)
    for frame in frames:
        stream.feed(frame)
    return screen


def cells(screen):
    return [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(ROWS)]


def line(text, stable=None, lang="en"):
    return CaptionLine(lang, text, len(text) if stable is None else stable)


def rows(screen):
    return [row.rstrip() for row in screen.display]


@examples(200)
@given(st.lists(CAPTIONS, min_size=1, max_size=6))
def test_after_any_captions_the_screen_is_that_of_the_last_one_alone(captions):
    fresh, used = panel(), panel()
    alone = screen_after(fresh.reset(), fresh.show(captions[-1]))
    after_all = screen_after(used.reset(), *map(used.show, captions))
    assert cells(after_all) == cells(alone)


@given(st.lists(CAPTIONS, min_size=1, max_size=4))
def test_no_control_character_gets_through_but_the_panels_own(captions):
    used = panel()
    for caption in captions:
        text = re.sub(r"\x1b\[[0-9;]*[HmK]", "", used.show(caption).decode())
        assert not [char for char in text if unicodedata.category(char) in ("Cc", "Zl", "Zp")]


def test_it_begins_by_ending_what_was_before_and_the_translation_comes_first():
    used = vt100.open(vt100.SETTINGS(columns=16, rows=4))
    # CAN, UTF-8, SI, ASCII, IRM, DECOM, DECAWM and the cursor off, plain.
    assert used.reset() == b"\x18\x1b%G\x0f\x1b(B\x1b[4l\x1b[?6l\x1b[?7l\x1b[?25l\x1b[m"
    shown = Caption(
        CaptionLine("en", "Good day", 4), (CaptionLine("es", "Buen día", 4),), final=False, status="hearing"
    )
    sent = (
        "\x1b[2J\x1b[2;1H\x1b[0;1mBuen\x1b[0;1;4m día\x1b[1;1H\x1b[mGood\x1b[0;4m day\x1b[4;1H\x1b[0;7m hearing        "
    )
    assert used.show(shown) == sent.encode()


def test_one_word_more_costs_little_more_than_the_word():
    used = panel()
    used.show(Caption(line("one two"), (line("uno dos"),), final=False, status="hearing"))
    sent = used.show(Caption(line("one two three"), (line("uno dos"),), final=False, status="hearing"))
    assert sent == b"\x1b[1;7H\x1b[mo thre\x1b[0;4me"


def test_nothing_is_sent_for_what_is_there():
    used = panel()
    used.show(Caption(line("one")))
    assert used.show(Caption(line("one"))) == b""


def test_a_text_that_goes_is_erased_by_its_end():
    used = panel()
    used.show(Caption(line("one two three four"), status="hearing"))
    assert used.show(Caption(line("one"), status="hearing")) == b"\x1b[1;4H\x1b[m\x1b[K"


def test_what_follows_a_mark_is_put_in_its_place_where_a_terminal_gives_the_mark_a_column():
    used = panel()
    assert used.show(Caption(line("aनीb"))).startswith("\x1b[1;1H\x1b[maनी\x1b[1;3Hb".encode())


def test_what_may_still_change_is_underlined_and_translations_are_bold():
    used = panel()
    caption = Caption(line("one two", stable=3), (line("uno dos", stable=3),), final=False)
    screen = screen_after(used.reset(), used.show(caption))
    source, translation = screen.buffer[0], screen.buffer[2]
    assert [(source[x].underscore, source[x].bold) for x in (0, 4)] == [(False, False), (True, False)]
    assert [(translation[x].underscore, translation[x].bold) for x in (0, 4)] == [(False, True), (True, True)]


def test_unsure_words_are_in_reverse_and_a_doubt_stands_before_its_translation():
    used = panel()
    used.reset()
    source = CaptionLine("en", "no nuts", 7, unsure=((3, 7),))
    caption = Caption(source, (CaptionLine("es", "sin tuercas", 11, doubtful=True),), status="listening")
    assert used.show(caption) == (
        b"\x1b[2J\x1b[3;1H\x1b[m? \x1b[0;1msin tuercas\x1b[1;1H\x1b[mno \x1b[0;7mnuts\x1b[6;1H listening              "
    )


def test_what_may_still_change_looks_other_than_what_is_unsure():
    used = panel()
    whole = Caption(CaptionLine("en", "nuts", 4, unsure=((0, 4),)))
    unsure = screen_after(used.reset(), used.show(whole)).buffer[0][0]
    interim = screen_after(used.reset(), used.show(Caption(line("nuts", stable=0), final=False))).buffer[0][0]
    assert (unsure.underscore, unsure.reverse) == (False, True)
    assert (interim.underscore, interim.reverse) == (True, False)


def test_an_interim_of_which_all_will_stay_is_not_yet_at_its_end():
    used = panel()
    caption = Caption(line("one"), (line("uno"),), final=False)
    screen = screen_after(used.reset(), used.show(caption))
    assert [screen.buffer[0][x].underscore for x in range(3)] == [False, False, True]
    assert [screen.buffer[2][x].underscore for x in range(3)] == [False, False, True]


@pytest.mark.parametrize("text", ["a\ue000b\ud800c\u202ed", "a\ufffd\ue000\ufdd0"])
def test_what_no_terminal_can_show_is_counted(text):
    used = panel()
    used.show(Caption(line(text), (line("\ud800"),), status="\ue000"))
    assert used.replaced == 4
    used.show(Caption(line("one \ufffd")))
    assert used.replaced == 0


def test_a_final_is_settled_throughout():
    used = panel()
    screen = screen_after(used.reset(), used.show(Caption(line("one two", stable=3), final=True)))
    assert not any(cell.underscore for row in cells(screen) for cell in row)


def test_the_status_is_the_last_line_in_reverse():
    used = panel()
    screen = screen_after(used.reset(), used.show(Caption(status="listening")))
    assert rows(screen)[-1] == " listening"
    assert all(cell.reverse for cell in cells(screen)[-1])


def test_a_reset_brings_back_a_terminal_in_any_state():
    used = panel()
    left_by_somebody = b"junk\x1b%@\x1b[4h\x1b[2;3r\x1b[?6h\x1b[1;7mmore\x1b[3"
    captions = [Caption(line(text), status="hearing") for text in ("good morning", "señor and")]
    screen = screen_after(left_by_somebody, used.reset(), *map(used.show, captions))
    assert rows(screen) == ["señor and", "", "", "", "", " hearing"]
    assert screen.cursor.hidden


@pytest.mark.parametrize("text", ["日" * 30, "日本 a日b本", "क्या हाल है"])
def test_a_wide_or_marked_text_shrinks_without_a_trace(text):
    used = panel()
    frames = [used.reset(), *(used.show(Caption(line(text[:length]))) for length in range(len(text), -1, -1))]
    assert rows(screen_after(*frames)) == [""] * ROWS
