"""The bytes of HD44780 displays and of Crystalfontz' packets, as their manuals give them."""

import pytest

from hw.api import Caption, CaptionLine, KeyEvent
from hw.displays import crystalfontz, hd44780
from tests.support import panels

HOLA = Caption(None, (CaptionLine("es", "¿Mañana, José?", 14),), status="listening")
LATER = Caption(None, (CaptionLine("es", "¿Mañana, Ana?", 13),), status="listening")


def lcd(**chosen):
    return hd44780.open(hd44780.SETTINGS(**chosen))


def cfa(model="635"):
    return crystalfontz.open(crystalfontz.SETTINGS(model=model))


def pieces(panel, caption):
    found = []
    while data := panel.show(caption, 48):
        found.append(data)
    return found


# ---------------------------------------------------------------- Matrix Orbital


def test_a_matrix_orbital_begins_without_cursors_and_with_custom_characters():
    panel = lcd()
    assert panel.reset() == b" " * 10 + bytes.fromhex("fe52 fe44 fe4b fe54")
    screen = panels.MatrixOrbital(20, 4)
    sent = panel.show(Caption())
    screen.feed(sent)
    assert sent.startswith(bytes.fromhex("fe4e00 0204 0e01 0f11 0f00"))  # á
    assert sent.endswith(bytes.fromhex("fe4200 fe58 fe99ff"))
    assert sorted(screen.glyphs) == list(range(8))


def test_a_matrix_orbital_gets_text_where_it_belongs_with_its_own_characters():
    panel = lcd()
    panel.reset()
    panel.show(Caption())
    assert panel.show(HOLA) == b"\xfeG\x01\x01\x05Ma\xeeana, Jos\x01?" + b"\xfeG\x02\x04listening"
    assert panel.show(LATER) == b"\xfeG\x0a\x01Ana? "


def test_a_european_rom_needs_no_custom_letters():
    panel = lcd(characters="A02", columns=16, rows=2)
    panel.reset()
    panel.show(Caption())
    assert panel.show(HOLA).startswith("\xfeG\x01\x01¿Mañana, José?".encode("latin-1"))
    assert panel.replaced == 0


def test_text_never_holds_the_byte_that_begins_an_instruction():
    for panel in (lcd(characters="A02"), lcd(characters="A02", protocol="serlcd")):
        sent = panel.reset() + panel.show(Caption(CaptionLine("is", "þ|þ", 3)))
        assert "þ".encode("latin-1") not in sent.replace(b"\xfe\x58", b"").partition(b"\xfe\x80")[2]
        assert panel.replaced >= 2


@pytest.mark.parametrize(("chosen", "place"), [({}, b"\xfeG\x01\x01"), ({"protocol": "serlcd"}, b"\xfe\x80")])
def test_a_doubt_is_a_question_mark_and_the_text_stands_beside_it(chosen, place):
    panel = lcd(**chosen)
    panel.reset()
    panel.show(Caption())
    assert panel.show(Caption(None, (CaptionLine("es", "No hay.", 7, doubtful=True),))) == place + b"? No hay."


# ---------------------------------------------------------------- SerLCD


def test_a_serlcd_begins_without_messages_and_cursor():
    panel = lcd(protocol="serlcd")
    assert panel.reset() == bytes.fromhex("28 7c2f fe0c")
    assert panel.show(Caption()) == bytes.fromhex("7c2d 7c2b ffffff")


def test_a_serlcd_gets_text_at_hd44780_addresses():
    panel = lcd(protocol="serlcd", characters="A02")
    panel.reset()
    panel.show(Caption())
    sent = panel.show(Caption(CaptionLine("en", "one", 3), (CaptionLine("es", "uno", 3),), status="listening"))
    assert sent == b"\xfe\xc0uno\xfe\x80one\xfe\xd5listening"


@pytest.mark.parametrize(
    ("rows", "columns", "fits"),
    [(2, 40, True), (3, 20, True), (4, 20, True), (4, 16, True), (3, 21, False), (4, 40, False)],
)
def test_the_lines_of_a_serlcd_do_not_run_into_each_other(rows, columns, fits):
    found = list(hd44780.SETTINGS(protocol="serlcd", columns=columns, rows=rows).conflicts())
    told = f"is {columns}; a serlcd of {rows} lines has 20 at most"
    assert found == ([] if fits else [("columns", "conflict", told)])
    assert not list(hd44780.SETTINGS(columns=columns, rows=rows).conflicts())  # a Matrix Orbital counts them itself


# ---------------------------------------------------------------- Crystalfontz


def test_the_checksum_is_that_of_x25():
    assert panels.x25(b"123456789") == 0x906E  # the check value in the catalogues of CRCs
    assert crystalfontz.packet(0x31, b"23456789")[-2:] == panels.x25(b"\x31\x0823456789").to_bytes(2, "little")


def test_a_crystalfontz_begins_empty_without_cursor_and_reports_its_keys():
    panel = cfa()
    first = panel.reset()
    rest = pieces(panel, Caption())
    assert first == panels.framed(12, b"\x00")
    assert panels.framed(6) == bytes.fromhex("0600 975b")
    assert rest == [
        panels.framed(23, b"\x3f\x3f"),
        panels.framed(9, bytes((0, 0, 0, 0, 0, 0, 0, 0b10101, 0))),
        panels.framed(6),
        panels.framed(14, bytes([100])),
    ]


def test_a_crystalfontz_gets_one_packet_at_a_time_in_its_own_characters():
    panel = cfa()
    panel.reset()
    pieces(panel, Caption())
    text = panels.framed(31, b"\x00\x00\x60Ma\x7dana, Jos\xa5?")
    assert pieces(panel, HOLA) == [text, panels.framed(31, b"\x01\x03listening")]


def test_a_crystalfontz_has_the_sign_of_doubt():
    panel = cfa()
    panel.reset()
    pieces(panel, Caption())
    caption = Caption(None, (CaptionLine("es", "No hay.", 7, doubtful=True),))
    assert pieces(panel, caption) == [panels.framed(31, b"\x00\x00? No hay.")]


def test_keys_come_and_go():
    panel = cfa()
    said = b"".join(panels.framed(0x80, bytes([code])) for code in (1, 7, 5, 11, 12, 13, 0))
    assert panel.hear(said) == [
        KeyEvent("up", down=True),
        KeyEvent("up", down=False),
        KeyEvent("enter", down=True),
        KeyEvent("enter", down=False),
        KeyEvent("exit", down=False),
    ]
    assert panel.ignored == 0


def test_answers_are_no_keys_and_rubbish_is_passed_over():
    panel = cfa()
    damaged = bytearray(panels.framed(0x80, b"\x05"))
    damaged[2] ^= 1
    said = b"\xff\xff" + panels.framed(0x40 | 31) + bytes(damaged) + panels.framed(0x80, b"\x06")
    assert panel.hear(said) == [KeyEvent("exit", down=True)]
    assert panel.ignored == 2 + len(damaged)


def test_a_packet_may_come_byte_by_byte():
    panel = cfa()
    said = panels.framed(0x80, b"\x05")
    assert [panel.hear(bytes([byte])) for byte in said[:-1]] == [[]] * (len(said) - 1)
    assert panel.hear(said[-1:]) == [KeyEvent("enter", down=True)]
    assert panel.ignored == 0


@pytest.mark.parametrize(
    "whole", [panels.framed(0x80, b"\x06"), panels.framed(0x41, bytes(16)), panels.framed(0x41, b"\x80\x01")]
)
@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_the_key_after_half_a_packet_is_heard_at_once(whole, kept):
    panel = cfa()
    assert panel.hear(whole[:kept]) == []
    assert panel.hear(panels.framed(0x80, b"\x05")) == [KeyEvent("enter", down=True)]
    assert panel.ignored == kept
    assert panel.hear(panels.framed(0x80, b"\x0b")) == [KeyEvent("enter", down=False)]
    assert panel.ignored == kept


def test_a_panel_that_is_opened_again_forgets_the_half_packet():
    panel = cfa()
    panel.hear(panels.framed(0x80, b"\x05")[:3])
    panel.reset()
    assert panel.hear(panels.framed(0x80, b"\x06")) == [KeyEvent("exit", down=True)]
    assert panel.ignored == 0


def test_a_crystalfontz_owes_an_answer_to_what_it_was_sent():
    panel = cfa()
    panel.reset()
    assert panel.unanswered
    panel.hear(panels.framed(0x80, b"\x05"))  # a key shows one direction only
    assert panel.unanswered
    panel.hear(panels.framed(0x40 | 12))
    assert not panel.unanswered
    pieces(panel, HOLA)
    assert panel.unanswered
    panel.hear(panels.framed(0xC0 | 31))
    assert not panel.unanswered


def test_a_crystalfontz_whose_answers_are_not_heard_owes_none():
    panel = crystalfontz.open(crystalfontz.SETTINGS(answers=False))
    panel.reset()
    pieces(panel, HOLA)
    assert not panel.unanswered


def begun(**chosen):
    """Return a Crystalfontz that waits for nothing, and its screen."""
    panel, screen = crystalfontz.open(crystalfontz.SETTINGS(**chosen)), panels.Crystalfontz(20, 4)
    panel.hear(screen.feed(panel.reset()))
    while data := panel.show(Caption(), 48):
        panel.hear(screen.feed(data))
    return panel, screen


def frames(panel, screen, count, caption=HOLA):
    """Return what is sent in so many frames of 50 ms, as the captions output does."""
    sent = []
    for _ in range(count):
        sent.append(panel.show(caption, 48))
        panel.hear(screen.feed(sent[-1]))
    return sent


TEXT, STATUS = panels.framed(31, b"\x00\x00\x60Ma\x7dana, Jos\xa5?"), panels.framed(31, b"\x01\x03listening")


def test_a_packet_waits_for_the_answer_to_the_one_before():
    panel, screen = begun()
    assert panel.show(HOLA, 48) == TEXT
    for said in (b"", panels.framed(0x80, b"\x05"), panels.framed(0x40 | 14), panels.framed(0x82, bytes(4))):
        panel.hear(said)
        assert panel.show(HOLA, 48) == b""
        assert panel.unanswered
    panel.hear(screen.feed(TEXT))
    assert not panel.unanswered
    assert panel.show(HOLA, 48) == STATUS


def test_a_packet_that_is_lost_is_sent_again_after_a_quarter_of_a_second():
    panel, screen = begun()
    screen.loses = 1
    assert frames(panel, screen, 7) == [TEXT, b"", b"", b"", b"", TEXT, STATUS]
    assert "ana, Jos" in screen.text
    assert panel.refused == 0
    assert frames(panel, screen, 2) == [b"", b""]


def test_a_packet_is_sent_again_if_its_answer_is_lost():
    panel, screen = begun()
    screen.feed(panel.show(HOLA, 48))
    panel.hear(panels.framed(0x40 | 31)[:-1])
    assert frames(panel, screen, 6) == [b"", b"", b"", b"", TEXT, STATUS]


def test_after_two_losses_everything_is_sent_again():
    panel, screen = begun()
    screen.loses = 2
    sent = frames(panel, screen, 40)
    assert sent[:11] == [TEXT, b"", b"", b"", b"", TEXT, b"", b"", b"", b"", STATUS]
    assert panels.framed(12, b"\x00") in sent
    assert "ana, Jos" in screen.text
    assert sent[-1] == b""


def test_one_that_never_answers_gets_the_newest_caption_all_the_same():
    panel, screen = cfa(), panels.Crystalfontz(20, 4)
    screen.feed(panel.reset())
    for _ in range(100):
        screen.feed(panel.show(HOLA, 48))
        panel.hear(b"")
        assert panel.unanswered
    assert "ana, Jos" in screen.text
    assert "listening" in screen.text


def test_one_whose_answers_are_not_heard_is_not_waited_for():
    panel, _ = begun(answers=False)
    assert [panel.hear(b"") or panel.show(HOLA, 48) for _ in range(3)] == [TEXT, STATUS, b""]


def test_a_refused_packet_is_sent_again():
    panel = cfa()
    screen = panels.Crystalfontz(20, 4)
    screen.feed(panel.reset())
    for data in pieces(panel, Caption()):
        screen.feed(data)
    screen.refuse_next = True
    for data in pieces(panel, HOLA):
        panel.hear(screen.feed(data))
    assert "listening" in screen.text
    assert "ana, Jos" not in screen.text
    assert panel.refused == 1
    panel.refresh()
    for data in pieces(panel, HOLA):
        panel.hear(screen.feed(data))
    assert "ana, Jos" in screen.text
    assert panel.show(HOLA) == b""


@pytest.mark.parametrize(("panel", "columns", "rows"), [(cfa("633"), 16, 2), (cfa("735"), 20, 4), (lcd(), 20, 4)])
def test_a_model_has_its_size(panel, columns, rows):
    assert (panel.columns, panel.rows) == (columns, rows)
