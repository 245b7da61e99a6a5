import pytest

from hw.api import Caption, CaptionLine, KeyEvent
from hw.displays import nextion
from hw.nextion_charset import ENCODINGS
from tests.support import panels

END = b"\xff\xff\xff"


def panel(**chosen):
    return nextion.open(nextion.SETTINGS(**chosen))


def page(encoding="iso-8859-1", columns=24, rows=3):
    longest = panels.txt_maxl(encoding, columns, rows)
    return panels.Nextion("t0", "t1", "t2", encoding=encoding, longest=longest, columns=columns)


def caption(text, *, final=True, lang="es", status="", page=None):
    return Caption(None, (CaptionLine(lang, text, len(text)),), final=final, status=status, page=page)


def begun(**chosen):
    used = panel(**chosen)
    used.reset()
    used.show(Caption())
    return used


@pytest.mark.parametrize(
    ("chosen", "keys"),
    [
        ({}, []),
        ({"source": "", "status": ""}, []),
        ({"targets": ("t1", "t3", "T1")}, []),
        ({"targets": ("t1", "t3", "t1", "t1")}, ["targets"]),
        ({"source": "t2"}, ["status"]),
        ({"source": "t1", "targets": ("t1", "t1"), "status": "t1"}, ["targets", "status"]),
    ],
)
def test_each_text_has_a_component_of_its_own(chosen, keys):
    found = list(nextion.SETTINGS(**chosen).conflicts())
    assert [(key, code) for key, code, _ in found] == [(key, "duplicate") for key in keys]


def test_a_component_that_is_named_again_is_told():
    ((_, _, text),) = nextion.SETTINGS(source="t2").conflicts()
    assert text == 'has "t2" again; source, targets and status take a component each'


def test_it_begins_by_ending_what_was_before():
    assert panel().reset() == END


def test_the_first_caption_sets_everything_the_translation_first():
    used = panel()
    used.reset()
    shown = Caption(CaptionLine("en", "Hi.", 3), (CaptionLine("es", "¿Señor?", 7),), status="listening")
    instructions = used.show(shown).split(END)
    assert instructions == [
        b"bkcmd=2",
        b"sendme",
        b"dim=100",
        b"t1.pco=65535",
        't1.txt="¿Señor?"'.encode("latin-1"),
        b"t0.pco=65535",
        b't0.txt="Hi."',
        b't2.txt="listening"',
        b"",
    ]


def test_a_text_that_grows_is_added_to():
    used = begun()
    used.show(caption("buenos", final=False))
    assert used.show(caption("buenos días", final=False)) == ' t1.txt+=" días"'.strip().encode("latin-1") + END


def test_a_text_that_changes_at_its_end_loses_that_only():
    used = begun()
    used.show(caption("buenos dias"))
    assert used.show(caption("buenos años")) == b"t1.txt-=4" + END + 't1.txt+="años"'.encode("latin-1") + END


def test_an_encoding_of_several_bytes_has_no_count_of_characters_and_gets_the_text_again():
    used = begun(encoding="utf-8")
    used.show(caption("buenos dias"))
    assert used.show(caption("buenos años")) == 't1.txt="buenos años"'.encode() + END


def test_a_line_break_is_never_taken_off():
    used = begun(columns=8, rows=3)
    used.show(caption("uno dos tres"))
    assert used.show(caption("uno dos")) == b't1.txt="uno dos"' + END


def test_interim_and_final_have_their_colours():
    used = begun()
    assert b"t1.pco=65504" in used.show(caption("hola", final=False))
    assert used.show(caption("hola")) == b"t1.pco=65535" + END + b"t0.pco=65535" + END


@pytest.mark.parametrize(
    "text", ['"', "\\", '\\"', 'say "hi"\\', "ÿÿÿ", 'x";page 1ÿÿÿ', "\xff\xff\xffdim=0\xff\xff\xff"]
)
def test_no_text_ends_its_instruction(text):
    used, screen = panel(), page()
    screen.feed(used.reset())
    screen.feed(used.show(caption(text)))
    assert screen.components["t1"]["txt"] == text.replace("ÿ", "y")
    assert screen.backlight == 100


def test_a_translation_in_doubt_has_its_sign_in_the_room_of_its_lines():
    used = begun(columns=8, rows=3)
    doubted = CaptionLine("es", "uno dos tres", 12, doubtful=True)
    assert used.show(Caption(None, (doubted,))) == rb't1.txt="? uno\rdos\rtres"' + END


def test_more_translations_than_places_are_left_out_and_a_missing_one_is_empty():
    used = panel(targets=("t1", "t3"))
    used.reset()
    both = (CaptionLine("es", "hola", 4), CaptionLine("ca", "hola!", 5), CaptionLine("fr", "salut", 5))
    sent = used.show(Caption(None, both))
    assert b't3.txt="hola!"' in sent
    assert b"salut" not in sent
    assert b't3.txt=""' in used.show(caption("hola"))


def test_touches_are_keys():
    used = panel()
    said = bytes.fromhex("650003 01 ffffff 650003 00 ffffff 650104 01 ffffff")
    assert used.hear(said) == [
        KeyEvent("0.3", down=True),
        KeyEvent("0.3", down=False),
        KeyEvent("1.4", down=True),
    ]


def test_answers_are_passed_over_and_rubbish_is_counted():
    used = panel()
    assert used.hear(b"\x01" + END + b"\x66\x00" + END + b"\x86" + END) == []
    assert (used.ignored, used.refused) == (0, 0)
    assert used.hear(b"\x65\x00\x03\x07" + END + b"rubbish" + END + END) == []
    assert used.ignored == 7 + 10 + 3


@pytest.mark.parametrize("noise", [b"\x07", b"\xff", b"\x01\x02", b"rubbish"])
def test_a_touch_behind_noise_is_a_key_and_only_the_noise_is_counted(noise):
    used = panel()
    assert used.hear(noise + b"\x65\x00\x03\x00" + END) == [KeyEvent("0.3", down=False)]
    assert used.ignored == len(noise)


def test_coordinates_that_look_like_a_touch_are_none():
    used = panel()
    assert used.hear(bytes.fromhex("67 0010 6500 01") + END) == []
    assert used.ignored == 0


def test_what_is_touched_while_the_power_goes_comes_up():
    used = panel()
    used.hear(b"\x65\x00\x03\x01" + END)
    assert used.hear(panels.Nextion.STARTED) == [KeyEvent("0.3", down=False)]
    assert used.hear(panels.Nextion.STARTED) == []


@pytest.mark.parametrize("code", [0x00, 0x1A, 0x1E, 0x24])
def test_what_it_refuses_is_counted(code):
    used = panel()
    assert used.hear(bytes([code]) + END) == []
    assert (used.refused, used.ignored) == (1, 0)


def test_after_a_lost_byte_a_refresh_brings_the_text_that_was_added_to_the_wrong_one():
    used, screen = panel(), page()
    screen.answers_errors = True
    screen.feed(used.reset())
    screen.feed(used.show(caption("adios")))
    screen.loses = b"="
    used.hear(screen.feed(used.show(caption("buenos"))))
    screen.feed(used.show(caption("buenos días")))
    assert screen.components["t1"]["txt"] == "adios días"
    assert used.refused == 1
    used.refresh()
    screen.feed(used.show(caption("buenos días")))
    assert screen.components["t1"]["txt"] == "buenos días"


@pytest.mark.parametrize("answer", [b"\x66\x00", b"\x00"])
def test_it_is_asked_for_an_answer_and_owes_it_until_it_comes(answer):
    used = panel()
    used.reset()
    assert b"sendme" + END in used.show(Caption())
    assert used.unanswered
    used.hear(b"\x65\x00\x03\x01" + END)  # a touch shows one direction only
    assert used.unanswered
    used.hear(answer + END)
    assert not used.unanswered


def test_a_check_is_all_of_the_screen_and_a_question_where_an_answer_can_come():
    used, silent = begun(), begun(answers=False)
    for each in (used, silent):
        each.show(caption("hola"))
        each.check()
        assert b't1.txt="hola"' in each.show(caption("hola"))
    for each in (used, silent):
        each.check()
    assert b"sendme" + END in used.show(caption("hola"))
    assert used.unanswered
    assert b"sendme" not in silent.show(caption("hola"))
    assert not silent.unanswered


@pytest.mark.parametrize("said", [b"\0\0\0" + END, b"\x88" + END])
def test_a_panel_that_started_anew_gets_everything_again(said):
    used = begun()
    used.show(caption("hola"))
    assert used.show(caption("hola")) == b""
    used.hear(said)
    screen = page()
    screen.feed(used.show(caption("hola")))
    assert screen.components["t1"]["txt"] == "hola"
    assert screen.backlight == 100


def test_what_was_sent_while_it_slept_is_sent_again_when_it_wakes():
    used, screen = begun(), page()
    screen.feed(used.reset() + used.show(caption("hola")))
    used.hear(b"\x86" + END)
    screen.sleeps = True
    screen.feed(used.show(caption("adiós")))
    screen.sleeps = False
    assert used.hear(b"\x87" + END) == []
    screen.feed(used.show(caption("adiós")))
    assert screen.components["t1"]["txt"] == "adiós"
    assert used.ignored == 0


def test_who_sleeps_owes_no_answer_until_it_wakes():
    used = begun()
    assert used.unanswered
    used.hear(b"\x86" + END)
    assert not used.unanswered
    used.check()
    assert b"sendme" not in used.show(caption("hola"))
    assert not used.unanswered
    used.hear(b"\x87" + END)
    assert b"sendme" + END in used.show(caption("hola"))
    assert used.unanswered


@pytest.mark.parametrize("begins_anew", [lambda used: used.reset(), lambda used: used.hear(panels.Nextion.STARTED)])
def test_who_was_switched_on_or_plugged_in_anew_does_not_sleep(begins_anew):
    used = begun()
    used.hear(b"\x86" + END)
    begins_anew(used)
    assert used.unanswered


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("iso-8859-11", "สวัสดี"),
        ("windows-874", "สวัสดี"),
        ("windows-1257", "Labą dieną, ačiū"),
        ("windows-1258", "ă đ ê ô ơ ư"),
        ("iso-8859-6", "hello"),
        ("iso-8859-8", "hello"),
        ("windows-1255", "hello"),
        ("windows-1256", "hello"),
    ],
)
def test_each_encoding_of_the_editor_can_be_named_and_has_its_letters(encoding, text):
    used, screen = panel(encoding=encoding), page(ENCODINGS[encoding])
    screen.feed(used.reset() + used.show(caption(text)))
    assert (screen.components["t1"]["txt"], used.replaced) == (text, 0)


def test_chinese_is_shown_where_the_page_has_it():
    used, screen = panel(encoding="gb2312"), page("gb2312")
    assert used.can_show("zh")
    assert not used.can_show("ar")
    screen.feed(used.reset())
    screen.feed(used.show(caption("早上好", lang="zh")))
    assert screen.components["t1"]["txt"] == "早上好"
    assert used.replaced == 0


RUSSIAN = "Сегодня мы расскажем, как правильно пользоваться этим прибором, если он перестал вас понимать. "
FULL = {"utf-8": RUSSIAN, "gb2312": RUSSIAN, "big5": "早上好你好嗎", "shift-jis": "駅はどこですか", "koi8-r": RUSSIAN}


@pytest.mark.parametrize(("encoding", "text"), [*FULL.items(), ("utf-8", "駅はどこ"), ("iso-8859-1", "¿dónde está? ")])
def test_a_full_page_has_room_in_a_component_as_long_as_the_manual_says(encoding, text):
    used, screen = panel(encoding=encoding, columns=30, rows=4), page(encoding, 30, 4)
    screen.feed(used.reset())
    screen.feed(used.show(caption(text * 20, page=0)))
    assert screen.components["t1"]["txt"].count("\r\n") == 3
    assert used.replaced == 0


def test_a_component_is_as_long_as_its_bytes():
    used = panel(encoding="utf-8", columns=30, rows=4)
    used.reset()
    sent = used.show(caption(RUSSIAN * 20, page=0))
    short = panels.Nextion("t0", "t1", "t2", encoding="utf-8", longest=30 * 4 + 2 * 4, columns=30)
    with pytest.raises(AssertionError, match="longer than txt_maxl"):
        short.feed(sent)


@pytest.mark.parametrize("limit", [None, 2_304])  # what a line of 460800 baud carries in a frame
def test_no_instruction_is_longer_than_half_of_the_panels_buffer(limit):
    used, screen = panel(encoding="utf-8", columns=80, rows=20), page("utf-8", 80, 20)
    sent = used.reset()
    while data := used.show(caption(RUSSIAN * 30, page=0), limit):
        sent += data
    assert max(len(each + END) for each in sent.split(END)) <= 512
    screen.feed(sent)
    assert len(screen.components["t1"]["txt"]) > 1_000


@pytest.mark.parametrize("encoding", ["iso-8859-1", "koi8-r", "utf-8"])
def test_what_says_that_there_was_more_takes_one_column(encoding):
    used, screen = panel(encoding=encoding), page(encoding)
    words = "xx " * 40 + "a bcdefghijklmnopqrstuvw " + "abcdefghijk lmnopqrstuvw " * 2
    screen.feed(used.reset())
    screen.feed(used.show(caption(words, status="listening · en-US → es · kitchen of the house")))
    more = "…" if encoding == "utf-8" else "."
    assert screen.components["t1"]["txt"].startswith(f"{more} bcdefghijklmnopqrstuvw\r\n")
    assert len(screen.components["t2"]["txt"]) == 24
    assert screen.components["t2"]["txt"].endswith(more)


@pytest.mark.parametrize(
    ("text", "shown", "replaced"),
    [
        ("مرحبا", "mrhba", 5),
        ("شكراً", "shkra", 5),
        ("שלום, 2", "slvm, 2", 4),
        ("שָׁלוֹם", "slvm", 7),
        ("hola 😀 𠮷", "hola ? Kichi", 2),
        ("a\ue000b\ud800", "a\ufffdb\ufffd", 2),
        ("Привет 日本 ไทย", "Привет 日本 ไทย", 0),
    ],
)
def test_what_no_font_of_the_page_shows_rightly_is_replaced_and_counted(text, shown, replaced):
    used, screen = panel(encoding="utf-8"), page("utf-8")
    screen.feed(used.reset())
    screen.feed(used.show(caption(text)))
    assert (screen.components["t1"]["txt"], used.replaced) == (shown, replaced)


def test_languages_from_right_to_left_are_told_to_be_lacking():
    used = panel(encoding="utf-8")
    assert [lang for lang in ("ar", "fa", "ur", "he", "yi", "az-Arab", "dv") if used.can_show(lang)] == []
    assert all(map(used.can_show, ("ru", "ja", "zh-TW", "th", "hi", "az")))


def test_a_caption_is_laid_out_once_however_many_pieces_it_is_sent_in(monkeypatch):
    used = begun()
    fit, fitted = used._characters.fit, []
    monkeypatch.setattr(used._characters, "fit", lambda one: fitted.append(one) or fit(one))
    shown = Caption(CaptionLine("en", "so much was said " * 20, 0), (CaptionLine("es", "tanto se dijo " * 20, 0),))
    pieces = 0
    while used.show(shown, 48):
        pieces += 1
    assert (pieces > 3, fitted) == (True, [shown])
