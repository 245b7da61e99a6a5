"""The kinds of panels that the contract's tests try, each with what reads it, and the captions that they are shown."""

from hypothesis import strategies as st

import hw.displays
from daemon import drivers
from hw.api import Caption, CaptionLine
from tests.support import panels
from tests.support.screen import Terminal


def _page(*components, encoding="iso-8859-1", columns=24, rows=3):
    """Return a Nextion whose page was made as docs/hardware.md says."""
    longest = panels.txt_maxl(encoding, columns, rows)
    return panels.Nextion(*components, encoding=encoding, longest=longest, columns=columns)


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
        ({}, lambda: _page("t0", "t1", "t2")),
        (
            {"encoding": "utf-8", "columns": 30, "rows": 4},
            lambda: _page("t0", "t1", "t2", encoding="utf-8", columns=30, rows=4),
        ),
        ({"encoding": "big5"}, lambda: _page("t0", "t1", "t2", encoding="big5")),
        ({"source": "", "status": ""}, lambda: _page("t1")),
    ],
    "vt100": [({}, lambda: Terminal(40, 8))],
}
#: All of them: panel, settings, decoder.
ALL = [(name, chosen, decoder) for name, kinds in KINDS.items() for chosen, decoder in kinds]
#: What each is called in the names of tests.
IDS = [f"{name}-{'-'.join(map(str, chosen.values()))}".rstrip("-") for name, chosen, _ in ALL]
_NASTY = st.sampled_from('\x1b\x07\x00\x7f\x9b\n\t\r\\"|\xfe\xff…ñÿß日か語한क्ि\u202e\u2066\u200b\ud800\u0301\u200d😀')
_TEXTS = st.text(st.one_of(st.characters(), _NASTY, st.sampled_from("abcde   ")), max_size=90)
_SPANS = st.lists(st.tuples(st.integers(-9, 99), st.integers(-9, 99)), max_size=4).map(tuple)
_LANGS = st.sampled_from(["en-US", "es", "ja", "\x1b[2J"])
_LINES = st.builds(CaptionLine, _LANGS, _TEXTS, st.integers(0, 90), _SPANS, st.booleans())
#: Any captions.
CAPTIONS = st.builds(
    Caption,
    st.none() | _LINES,
    st.lists(_LINES, max_size=3).map(tuple),
    st.booleans(),
    _TEXTS,
    st.none() | st.integers(0, 9),
)
#: Two captions that every panel has room for.
HELLO = Caption(CaptionLine("en", "hello", 5), (CaptionLine("es", "hola", 4),), final=True, status="listening")
OTHER = Caption(CaptionLine("en", "good night", 10), (CaptionLine("es", "buenas noches", 13),), status="muted")


def make(name, **chosen):
    """Open the driver of a panel, with settings of its own."""
    driver = drivers.load(hw.displays, name)
    return driver.open(driver.SETTINGS(**chosen))


def bring(panel, screen, caption, limit=None):
    """Show a caption whole; return the pieces it took."""
    pieces = []
    while data := panel.show(caption, limit):
        pieces.append(data)
        panel.hear(screen.feed(data))
    return pieces
