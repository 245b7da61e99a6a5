import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw import roms
from hw.api import Caption, CaptionLine
from hw.charset import EVERYTHING, from_codec, from_table
from hw.text import DOUBT, clean

A00, A02, CFA635 = map(from_table, (roms.A00, roms.A02, roms.CFA635))
LATIN_1 = from_codec("iso-8859-1", frozenset((0x22, 0x5C, 0xFF)))
SETS = [A00, A02, CFA635, LATIN_1, from_codec("big5", frozenset((0x22, 0x5C, 0xFF)))]


@pytest.mark.parametrize(
    ("text", "shown", "replaced"),
    [
        ("good morning", "good morning", 0),
        ("mañana", "mañana", 0),
        ("¿qué?", "?que?", 2),
        ("Straße", "Straße", 0),
        ("Łódź", "Lodz", 3),
        ("Привет", "Privet", 6),
        ("日本", "RiBen", 2),
        ("“hi”", '"hi"', 2),
        ("😀", "?", 1),
        ("e\u0301", "e", 1),
        ("x\u0301", "x", 1),
        ("a\x1b[2J\u202eb", "a[2Jb", 0),
        ("\ud800", "?", 1),
        ("", "", 0),
    ],
)
def test_what_a_display_of_japanese_make_shows(text, shown, replaced):
    assert A00.fit_text(text) == (shown, replaced)


def test_a_european_one_needs_fewer_replacements():
    assert A02.fit_text("¿Qué tal, señor Åse?") == ("¿Qué tal, señor Åse?", 0)
    assert CFA635.fit_text("¿Qué tal, señor Åse?") == ("¿Qué tal, señor Åse?", 0)
    assert LATIN_1.fit_text("Łódź ÿ…") == ("Lódz y...", 4)


@pytest.mark.parametrize("characters", SETS)
@given(text=st.text())
def test_every_text_can_be_sent_once_it_fits(characters, text):
    shown, replaced = characters.fit_text(text)
    assert characters.covers_text(shown)
    assert characters.fit_text(shown) == (clean(shown), 0)
    assert 0 <= replaced <= len(unicodedata.normalize("NFC", text))


def test_a_codec_gives_up_characters_that_hold_a_reserved_byte():
    big5 = from_codec("big5", frozenset((0x5C,)))
    assert "功".encode("big5")[1] == 0x5C
    assert not big5.covers_text("功")
    assert big5.covers_text("中\\")


def test_what_is_stable_stays_so_when_characters_become_several():
    caption = Caption(CaptionLine("de", "日本 ist", 2), (CaptionLine("es", "Привет", 6),), final=False, status="日")
    fitted, replaced = A00.fit(caption)
    assert fitted.source == CaptionLine("de", "RiBen ist", 5)
    assert fitted.translations == (CaptionLine("es", "Privet", 6),)
    assert fitted.status == "Ri"
    assert replaced == 9


def test_a_doubt_stays_when_characters_are_replaced():
    caption = Caption(None, (CaptionLine("es", "Привет", 6, doubtful=True),))
    assert A00.fit(caption)[0].translations == (CaptionLine("es", "Privet", 6, doubtful=True),)


@pytest.mark.parametrize("lang", ["ru", "el", "zh-Hant-TW", "ja", "ar", "hi", "ko", "th", "sr-Cyrl"])
def test_a_language_without_its_letters_cannot_be_shown(lang):
    assert not A00.covers(lang)
    assert not CFA635.covers(lang)
    assert EVERYTHING.covers(lang)


def test_an_encoding_covers_its_languages():
    assert from_codec("koi8-r", frozenset()).covers("ru")
    assert from_codec("big5", frozenset()).covers("zh-Hant")
    assert not from_codec("big5", frozenset()).covers("ko")


@pytest.mark.parametrize("rom", [roms.A00, roms.A02, roms.CFA635])
def test_a_rom_has_ascii_letters_and_the_layouts_ellipsis(rom):
    assert all(rom[char] == ord(char) for char in "abcxyzABCXYZ0123456789 ?.,:-+'\"()")
    assert "…" in rom
    assert set(DOUBT) <= set(rom)
    assert all(0x10 <= code <= 0xFF for code in rom.values())
