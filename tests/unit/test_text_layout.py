import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hw.api import Caption, CaptionLine
from hw.charset import from_codec
from hw.layout import Role, lay_out
from hw.text import REPLACEMENT, clean, clip, glyphs, newest, width, wrap

# Any text at all, lone surrogates included, with what does harm often in it.
NASTY = st.sampled_from(
    "\x1b\x07\x00\x7f\x9b\n\t\r \u00a0\u202f\u202e\u2066\u200f\u200b\ud800\ufeff\u0301\u093e\u200d\ufe0f日。かé-"
)
TEXTS = st.text(st.one_of(st.characters(), NASTY, st.sampled_from("abc ")))


def drawn(line):
    return "".join(glyph.text for glyph in line)


def lines(text, columns):
    return [drawn(line) for line in wrap(glyphs(text), columns)]


def shown(caption, columns=20, rows=6):
    return ["".join(cell.text for cell in row).rstrip() for row in lay_out(caption, columns, rows)]


def line(lang, text, stable=None):
    return CaptionLine(lang, text, len(text) if stable is None else stable)


@pytest.mark.parametrize(
    ("dirty", "safe"),
    [
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x9b2Jb", "a2Jb"),
        ("one\ntwo\r\n\tthree  four ", "one two three four"),
        ("abc\u202edef\u2066ghi\u2069", "abcdefghi"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("\ud800", REPLACEMENT),
        ("\ue000\ufdd0", REPLACEMENT * 2),
        ("1\u202f500\u00a0 €\u00a0", "1\u00a0500 €"),
        ("e\u0301", "é"),
        ("e\u200b\u0301", "é"),
        ("❤\ufe0f", "❤"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 -- Persian needs its joiners
    ],
)
def test_text_is_made_safe(dirty, safe):
    assert clean(dirty) == safe


@given(TEXTS)
@example("\x1b]0;title\x07")
def test_nothing_that_moves_a_cursor_or_turns_the_writing_gets_through(text):
    safe = clean(text)
    assert not [char for char in safe if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    assert clean(safe) == safe
    assert unicodedata.is_normalized("NFC", safe)
    safe.encode()


def test_wide_characters_take_two_columns_and_marks_none():
    assert [(glyph.text, glyph.columns) for glyph in glyphs("a日q\u0301")] == [("a", 1), ("日", 2), ("q\u0301", 1)]


def test_a_heap_of_marks_is_cut():
    (glyph,) = glyphs("q" + "\u0301" * 1_000)
    assert len(glyph.text) < 20


def test_what_is_beyond_the_stable_prefix_is_not_settled():
    settled = "".join(glyph.text for glyph in glyphs("one  two three", 8) if glyph.settled)
    assert settled == "one two"


def test_words_that_are_unsure_stay_so_when_lines_break():
    wrapped = wrap(glyphs("one two three", unsure=((4, 13),)), 8)
    assert [drawn(each) for each in wrapped] == ["one two", "three"]
    assert [drawn(glyph for glyph in each if glyph.unsure) for each in wrapped] == ["two", "three"]


@pytest.mark.parametrize("spans", [((-5, 2),), ((11, 10**12),), ((2, 1),)])
def test_spans_beyond_a_text_do_no_harm(spans):
    assert drawn(glyphs("one two", unsure=spans)) == "one two"


def test_spans_of_a_text_that_had_to_be_cleaned_are_dropped():
    assert not any(glyph.unsure for glyph in glyphs("one  two", unsure=((5, 8),)))


def test_words_stay_whole_where_they_can():
    assert lines("the quick brown fox", 10) == ["the quick", "brown fox"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f"])
def test_an_unbreakable_blank_ends_no_line(blank):
    assert lines(f"où est la gare{blank}?", 14) == ["où est la", "gare ?"]
    assert lines(f"il y a 1{blank}500 pas", 8) == ["il y a", "1 500", "pas"]


def test_a_panel_that_lacks_the_unbreakable_blank_draws_a_blank():
    panel = from_codec("ascii", frozenset())
    fitted, replaced = panel.fit_text("la gare\u202f?")
    assert (replaced, lines(fitted, 8), panel.encode(fitted)) == (0, ["la", "gare ?"], b"la gare ?")


def test_a_word_longer_than_the_line_is_broken():
    assert lines("a Donaudampfschiff", 6) == ["a", "Donaud", "ampfsc", "hiff"]


def test_wide_text_breaks_anywhere_but_before_closing_punctuation():
    assert lines("日本語。日本語", 6) == ["日本", "語。日", "本語"]
    assert lines("日本abc語", 7) == ["日本abc", "語"]


@given(TEXTS, st.integers(2, 30))
def test_wrapping_keeps_every_character_and_every_line_fits(text, columns):
    wrapped = wrap(glyphs(text), columns)
    assert all(width(each) <= columns for each in wrapped)
    assert "".join(map(drawn, wrapped)).replace(" ", "") == drawn(glyphs(text)).replace(" ", "")


def test_the_end_of_a_text_too_long_for_its_space_is_shown():
    kept = newest(wrap(glyphs("one two three four five six"), 9), 2)
    assert [drawn(each) for each in kept] == ["… five", "six"]


@given(TEXTS, st.integers(2, 30), st.integers(1, 5))
def test_the_newest_lines_fit(text, columns, rows):
    kept = newest(wrap(glyphs(text), columns), rows)
    assert len(kept) <= rows
    assert all(width(each) <= columns for each in kept)


def test_a_status_too_long_says_so():
    assert drawn(clip(glyphs("the broker is away"), 10)) == "the broke…"


def test_one_translation_needs_no_label():
    caption = Caption(line("en-US", "hello"), (line("es", "hola"),), status="listening")
    assert shown(caption) == ["hello", "", "hola", "", "", " listening"]


def test_several_translations_are_labelled():
    caption = Caption(line("en-US", "hello"), (line("es", "hola"), line("eo", "saluton")))
    assert shown(caption, rows=4) == ["en hello", "es hola", "eo saluton", ""]


def test_a_doubt_stands_behind_the_label_and_the_text_beside_it():
    doubted = CaptionLine("es", "hola y muchas", 13, doubtful=True)
    caption = Caption(None, (doubted, line("eo", "saluton")))
    assert shown(caption, columns=16, rows=5) == ["es ? hola y", "     muchas", "eo saluton", "", ""]


def test_a_doubt_of_one_translation_needs_no_label():
    caption = Caption(line("en", "hello"), (CaptionLine("es", "hola", 4, doubtful=True),))
    assert shown(caption, rows=3) == ["hello", "? hola", ""]


@pytest.mark.parametrize("doubtful", [False, True])
def test_labels_leave_room_on_the_narrowest_display(doubtful):
    langs = ("zh-Hant-TW", "zh-Hans-CN")
    caption = Caption(None, tuple(CaptionLine(lang, "日", 1, doubtful=doubtful) for lang in langs))
    assert [row[-2:] for row in shown(caption, columns=8, rows=3)[:2]] == [" 日"] * 2


def test_a_region_is_shown_where_it_takes_that_to_tell_languages_apart():
    caption = Caption(None, (line("pt-BR", "trem"), line("pt-PT", "comboio")))
    assert shown(caption, rows=3) == ["pt-BR trem", "pt-PT comboio", ""]


def test_where_rows_are_few_translations_go_before_the_source():
    caption = Caption(line("en", "hello"), (line("es", "hola"), line("eo", "saluton")))
    assert shown(caption, rows=3) == ["es hola", "eo saluton", ""]
    assert shown(caption, rows=2) == ["es hola", ""]


def test_blocks_keep_their_places_while_texts_grow():
    short = shown(Caption(line("en", "a"), (line("es", "b"), line("eo", "c"))), rows=8)
    grown = shown(Caption(line("en", "a " * 9), (line("es", "b " * 15), line("eo", "c"))), rows=8)
    assert [row[:2] for row in short if row[:2].strip()] == ["en", "es", "eo"]
    assert [row[:2].strip() for row in short] == [row[:2].strip() for row in grown]


@given(st.lists(TEXTS, max_size=4), TEXTS, TEXTS, st.integers(16, 50), st.integers(2, 12))
def test_a_screen_is_whole_whatever_the_texts(translations, source, lang, columns, rows):
    lines_ = tuple(line(lang + str(at), text) for at, text in enumerate(translations))
    screen = lay_out(Caption(line(lang, source), lines_, status=source), columns, rows)
    assert [len(row) for row in screen] == [columns] * rows
    assert all(cell.role is Role.STATUS for cell in screen[-1])
