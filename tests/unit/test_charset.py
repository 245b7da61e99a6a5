import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw import roms
from hw.api import Caption, CaptionLine
from hw.charset import EVERYTHING, from_codec, from_table
from hw.nextion_charset import ENCODINGS, characters
from hw.text import DOUBT, clean

A00, A02, CFA635 = map(from_table, (roms.A00, roms.A02, roms.CFA635))
RESERVED = frozenset((0x22, 0x5C, 0xFF))
LATIN_1 = from_codec("iso-8859-1", RESERVED)
SETS = [A00, A02, CFA635, LATIN_1, from_codec("big5", RESERVED)]


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
        ("مرحبا", "mrhba", 5),
        ("ســـلام", "slam", 7),
        ("タワー", "tawa-", 3),
        ("می\u200cخواهم", "mykhwahm", 8),  # noqa: RUF001 -- Persian, with its joiner
        ("क्\u200dष", "ks", 4),
        ("€", "EUR", 1),
        ("→ ☃", "→ ?", 1),
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


#: The encodings of a Nextion that only have some languages' letters, and a ROM.
KINDS = {"a00": A00} | {name: characters(name) for name in ENCODINGS if name != "utf-8"}
#: Language → the character sets that have its letters.
COVERED = {
    "zh": ["gb2312"],
    "zh-CN": ["gb2312"],
    "zh-Hans-HK": ["gb2312"],
    "zh-TW": ["big5"],
    "zh-HK": ["big5"],
    "zh-Hant": ["big5"],
    "yue": ["big5"],
    "ja": ["shift-jis"],
    "ko": ["ks_c_5601-1987"],
    "ru": ["iso-8859-5", "koi8-r", "gb2312", "big5", "shift-jis", "ks_c_5601-1987"],
    "uk": ["iso-8859-5"],
    "be": ["iso-8859-5"],
    "mk": ["iso-8859-5"],
    "sr": ["iso-8859-5"],
    "sr-Cyrl-RS": ["iso-8859-5"],
    "el": ["iso-8859-7", "gb2312", "big5", "shift-jis", "ks_c_5601-1987"],
    **{lang: [] for lang in ("ba", "cv", "ce", "tt", "kk", "ky", "mn", "tg", "os", "sah", "ab", "uz-Cyrl", "az-Cyrl")},
    "th": ["iso-8859-11", "windows-874"],
    # A Nextion has the letters of some of these, but puts them in a row from left to right.
    **{lang: [] for lang in ("az-Arab", "ku-Arab", "pa-Arab", "ar", "he", "hi", "chr", "iu")},
}


@pytest.mark.parametrize(("lang", "sets"), COVERED.items())
def test_a_character_set_that_was_made_for_others_does_not_cover_a_language(lang, sets):
    assert [name for name, known in KINDS.items() if known.covers(lang)] == sets


@pytest.mark.parametrize("lang", ["es-AR", "sr-Latn", "uz", "az-AZ", "ku", "de-1901", "ms-MY"])
def test_a_language_in_latin_letters_is_covered_whatever_else_its_tag_says(lang):
    assert all(known.covers(lang) for known in KINDS.values())


def test_what_no_panel_can_show_is_counted():
    utf8 = from_codec("utf-8", frozenset())
    assert utf8.fit_text("a\ue000b\ud800c\ufffd") == ("a\ufffdb\ufffdc\ufffd", 2)
    assert A00.fit_text("a\ue000b\ud800c\ufffd") == ("a?b?c?", 3)
    caption = Caption(CaptionLine("en", "\ue000", 1), (CaptionLine("es", "\ud800 \ufffd", 3),), status="\ue001")
    assert EVERYTHING.fit(caption) == (caption, 3)


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
