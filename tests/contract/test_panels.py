"""Every panel that there is keeps the contract of `hw.api.Panel`, as a decoder of its own protocol sees it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hw.displays
from daemon import drivers
from hw.api import Caption, CaptionLine
from tests.support import panels
from tests.support.properties import examples
from tests.support.screen import Terminal


def page(*components, encoding="iso-8859-1", columns=24, rows=3):
    """Return a Nextion whose page was made as docs/hardware.md says."""
    longest = panels.txt_maxl(encoding, columns, rows)
    return panels.Nextion(*components, encoding=encoding, longest=longest, columns=columns)


PANELS = drivers.names(hw.displays)
#: Panel → the kinds of it that are tried: settings, and what they are read by.
KINDS = {
    "crystalfontz": [
        ({"model": "635"}, lambda: panels.Crystalfontz(20, 4)),
        ({"model": "633"}, lambda: panels.Crystalfontz(16, 2)),
    ],
    "hd44780": [
        ({}, lambda: panels.MatrixOrbital(20, 4)),
        ({"columns": 16, "rows": 2, "characters": "A02"}, lambda: panels.MatrixOrbital(16, 2)),
        ({"protocol": "serlcd"}, lambda: panels.SerLcd(20, 4)),
        ({"protocol": "serlcd", "columns": 16, "rows": 2, "characters": "A02"}, lambda: panels.SerLcd(16, 2)),
    ],
    "nextion": [
        ({}, lambda: page("t0", "t1", "t2")),
        (
            {"encoding": "utf-8", "columns": 30, "rows": 4},
            lambda: page("t0", "t1", "t2", encoding="utf-8", columns=30, rows=4),
        ),
        ({"encoding": "big5"}, lambda: page("t0", "t1", "t2", encoding="big5")),
        ({"source": "", "status": ""}, lambda: page("t1")),
    ],
    "vt100": [({}, lambda: Terminal(40, 8))],
}
ALL = [(name, chosen, decoder) for name, kinds in KINDS.items() for chosen, decoder in kinds]
IDS = [f"{name}-{'-'.join(map(str, chosen.values()))}".rstrip("-") for name, chosen, _ in ALL]

NASTY = st.sampled_from('\x1b\x07\x00\x7f\x9b\n\t\r\\"|\xfe\xff…ñÿß日か語한क्ि\u202e\u2066\u200b\ud800\u0301\u200d😀')
TEXTS = st.text(st.one_of(st.characters(), NASTY, st.sampled_from("abcde   ")), max_size=90)
SPANS = st.lists(st.tuples(st.integers(-9, 99), st.integers(-9, 99)), max_size=4).map(tuple)
LANGS = st.sampled_from(["en-US", "es", "ja", "\x1b[2J"])
LINES = st.builds(CaptionLine, LANGS, TEXTS, st.integers(0, 90), SPANS, st.booleans())
CAPTIONS = st.builds(
    Caption,
    st.none() | LINES,
    st.lists(LINES, max_size=3).map(tuple),
    st.booleans(),
    TEXTS,
    st.none() | st.integers(0, 9),
)
HELLO = Caption(CaptionLine("en", "hello", 5), (CaptionLine("es", "hola", 4),), final=True, status="listening")
OTHER = Caption(CaptionLine("en", "good night", 10), (CaptionLine("es", "buenas noches", 13),), status="muted")


def make(name, **chosen):
    driver = drivers.load(hw.displays, name)
    return driver.open(driver.SETTINGS(**chosen))


@pytest.fixture(params=ALL, ids=IDS)
def kind(request):
    return request.param


@pytest.fixture
def panel(kind):
    name, chosen, _ = kind
    return make(name, **chosen)


@pytest.fixture
def screen(kind):
    return kind[2]()


def bring(panel, screen, caption, limit=None):
    """Show a caption whole; return the pieces it took."""
    pieces = []
    while data := panel.show(caption, limit):
        pieces.append(data)
        panel.hear(screen.feed(data))
    return pieces


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


def test_a_reset_forgets_the_screen(panel):
    first = panel.reset() + panel.show(HELLO)
    panel.show(OTHER)
    assert panel.reset() + panel.show(HELLO) == first


def test_a_reset_brings_back_a_panel_that_was_left_in_mid_instruction(kind, panel, screen):
    if isinstance(screen, panels.Crystalfontz):
        pytest.skip("it forgets half a packet by itself, after a quarter of a second")
    whole = panel.reset() + panel.show(OTHER)
    fresh = kind[2]()
    fresh.feed(whole)
    screen.feed(whole[: len(whole) // 2])
    screen.torn = True
    screen.feed(whole)
    assert screen.state == fresh.state


def test_a_refresh_brings_everything_to_a_panel_that_lost_its_power(kind, panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    started_anew = kind[2]()
    panel.refresh()
    bring(panel, started_anew, HELLO, limit=30)
    assert started_anew.state == screen.state
    assert started_anew.backlight == screen.backlight
    assert getattr(started_anew, "glyphs", None) == getattr(screen, "glyphs", None)
    assert panel.show(HELLO) == b""


def test_a_check_brings_everything_to_a_panel_that_lost_its_power_and_says_nothing_of_it(kind, panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    started_anew = kind[2]()
    panel.check()
    bring(panel, started_anew, HELLO, limit=30)
    assert started_anew.state == screen.state
    assert started_anew.backlight == screen.backlight
    assert panel.show(HELLO) == b""


def test_it_owes_no_answer_that_it_has_given(panel, screen):
    panel.hear(screen.feed(panel.reset()))
    for _ in range(2):
        while data := panel.show(HELLO, 48):
            panel.hear(screen.feed(data))
        assert not panel.unanswered
        panel.check()


def test_a_refresh_goes_on_with_the_newest_caption(panel, screen):
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    panel.refresh()
    screen.feed(panel.show(HELLO, 30))
    bring(panel, screen, OTHER, limit=30)
    assert "buenas noches" in screen.text
    assert "hola" not in screen.text


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


def full(word, *, final):
    """Return a caption that fills any of the screens here, with a translation of words like this one."""
    source = " ".join(f"{'said' if final else 'says'}{number:02}" for number in range(60))
    text = " ".join(f"{word}{number:02}" for number in range(60))
    status = "listening" if final else "hearing"
    return Caption(CaptionLine("en", source, 0), (CaptionLine("es", text, 0),), final=final, status=status)


def translation(screen):
    """Return what the screen shows of a translation of `nuevo00 nuevo01 …`, with its renditions."""
    if isinstance(screen, panels.Nextion):
        return screen.state["t1"]
    return [row for row, text in zip(screen.state, screen.text.split("\n"), strict=True) if "nuevo" in text]


def seconds_at_9600_baud(panel, screen, caption, wanted):
    """Show a caption as the captions output does; return after how long its translation is as `wanted`."""
    frame_s, bytes_per_s = 0.05, 960
    needed_s = frame_s  # the piece that is on its way when the event comes
    while translation(screen) != wanted and (data := panel.show(caption, limit=48)):
        panel.hear(screen.feed(data))
        needed_s += max(frame_s, len(data) / bytes_per_s)
    assert translation(screen) == wanted
    return needed_s


def begun(kind, caption):
    """Return a panel with a caption, and its screen."""
    name, chosen, decoder = kind
    panel, screen = make(name, **chosen), decoder()
    screen.feed(panel.reset())
    bring(panel, screen, caption)
    return panel, screen


def wanted(kind, caption):
    """Return how the caption's translation is to look."""
    return translation(begun(kind, caption)[1])


FULL = [
    (full("viejo", final=False), full("nuevo", final=False)),
    (full("viejo", final=True), full("nuevo", final=False)),
    (full("viejo", final=False), full("nuevo", final=True)),
    (full("nuevo", final=False), full("nuevo", final=True)),
]


@pytest.mark.parametrize(("before", "after"), FULL)
def test_at_9600_baud_the_translation_of_a_full_screen_is_there_within_300_milliseconds(kind, before, after):
    panel, screen = begun(kind, before)
    assert seconds_at_9600_baud(panel, screen, after, wanted(kind, after)) <= 0.3


@pytest.mark.parametrize("sent_again", range(12))
def test_that_holds_while_everything_is_sent_again(kind, sent_again):
    before, after = full("viejo", final=True), full("nuevo", final=False)
    panel, screen = begun(kind, before)
    panel.refresh()
    for _ in range(sent_again):
        screen.feed(panel.show(before, limit=48))
    assert seconds_at_9600_baud(panel, screen, after, wanted(kind, after)) <= 0.3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("buenos días a todos", "buenos días a todos ustedes"),
        ("buenos días a todos ustedes en esta", "Buenas noches, y hasta la mañana."),
        ("", "¿Dónde está la estación de tren, por favor?"),
    ],
)
def test_at_9600_baud_a_caption_is_there_within_300_milliseconds(panel, before, after):
    frame_s, bytes_per_s = 0.05, 960  # as the captions output paces them
    panel.reset()
    english = "good morning to all of you"
    panel.show(Caption(CaptionLine("en", english, 5), (CaptionLine("es", before, 5),), final=False, status="hearing"))
    wanted = Caption(CaptionLine("en", f"{english} here", 5), (CaptionLine("es", after, 5),), status="listening")
    needed_s = frame_s  # the piece that is on its way when the event comes
    while data := panel.show(wanted, limit=48):
        needed_s += max(frame_s, len(data) / bytes_per_s)
    assert needed_s <= 0.3


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


@pytest.mark.parametrize("status", ["listening", "listening · en-US → es · a status that fills its line"])
def test_what_may_still_change_looks_different(panel, screen, status):
    caption = replace(HELLO, status=status)
    screen.feed(panel.reset())
    screen.feed(panel.show(replace(caption, translations=(CaptionLine("es", "hola", 0),), final=False)))
    interim = screen.state
    screen.feed(panel.show(caption))
    assert screen.state != interim


def test_what_is_not_final_looks_so_though_all_of_it_will_stay(panel, screen):
    screen.feed(panel.reset())
    bring(panel, screen, replace(HELLO, final=False))
    interim = screen.state
    bring(panel, screen, HELLO)
    assert screen.state != interim


def test_a_translation_in_doubt_has_a_sign_in_front_on_every_page(panel, screen):
    doubted = CaptionLine("es", "palabra " * 60, 0, doubtful=True)
    caption = replace(HELLO, translations=(doubted,))
    screen.feed(panel.reset())
    assert panel.pages(caption) > 1
    for page in range(panel.pages(caption)):
        bring(panel, screen, replace(caption, page=page))
        assert "? palabra" in screen.text
    bring(panel, screen, replace(caption, translations=(replace(doubted, doubtful=False),), page=0))
    assert "?" not in screen.text


def test_words_that_are_unsure_take_no_room_and_hide_nothing(panel, screen):
    plain = replace(HELLO, source=None, translations=(CaptionLine("es", "uno dos tres " * 9, 0),))
    marked = replace(plain, translations=(replace(plain.translations[0], unsure=((4, 7), (13, 20))),))
    screen.feed(panel.reset())
    bring(panel, screen, plain)
    before = screen.text
    bring(panel, screen, marked)
    assert screen.text == before
    assert panel.pages(marked) == panel.pages(plain)


def test_the_backlight_follows(panel, screen):
    panel.brightness = 40
    screen.feed(panel.reset())
    bring(panel, screen, HELLO)
    if screen.backlight is None:
        pytest.skip("this panel has no backlight to set")
    assert screen.backlight == 40
    panel.brightness = 80
    bring(panel, screen, HELLO)
    assert screen.backlight == 80
    assert "hola" in screen.text
    assert panel.show(HELLO) == b""


@pytest.mark.parametrize("lang", ["en-US", "es", "ca", "vi", "sr-Latn", "xx"])
def test_languages_in_latin_letters_can_be_shown(panel, lang):
    assert panel.can_show(lang)


@pytest.mark.parametrize("place", range(len(ALL)), ids=IDS)
@examples(60)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_a_panel_says_is_taken_in_any_pieces(place, chunks):
    name, chosen, _ = ALL[place]
    one, other = make(name, **chosen), make(name, **chosen)
    in_pieces = [event for chunk in chunks for event in one.hear(chunk)]
    at_once = [event for byte in b"".join(chunks) for event in other.hear(bytes([byte]))]
    assert in_pieces == at_once
    assert one.ignored == other.ignored <= len(b"".join(chunks))


def test_garbage_is_counted(panel):
    panel.hear(bytes(range(0x30, 0x80)) * 4)
    assert panel.ignored > 200
