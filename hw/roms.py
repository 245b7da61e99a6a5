"""Character ROMs of displays, as their data sheets draw them, and custom characters to fill gaps.

A table gives a character's place; where the ROM has a look-alike only, that one. Every table has ``…`` (by a dot where
the ROM has none), for the layout uses it.
"""

from __future__ import annotations


def _run(first: int, characters: str) -> dict[str, int]:
    """Return the places of characters that stand in a row."""
    return {char: first + at for at, char in enumerate(characters)}


def _ascii(without: str = "") -> dict[str, int]:
    return {chr(code): code for code in range(0x20, 0x7F) if chr(code) not in without}


#: Hitachi HD44780U, ROM A00 (Japan): ASCII with a yen and arrows in it, half-width katakana, some Greek and Latin.
A00 = (
    _ascii(without="\\~")
    | _run(0x7E, "→←")
    | _run(0xA1, "".join(map(chr, range(0xFF61, 0xFFA0))))
    | {"…": 0x2E, "¥": 0x5C, "·": 0xA5, "°": 0xDF, "µ": 0xE4}
    | _run(0xE0, "αäßεμσρ")
    | {"√": 0xE8, "¢": 0xEC, "ñ": 0xEE, "ö": 0xEF, "÷": 0xFD}
    | _run(0xF2, "θ∞ΩüΣπ")
)

#: HD44780U, ROM A02 (Europe): from A1 on ISO 8859-1, with some places taken by other signs.
A02 = (
    _ascii()
    | {chr(code): code for code in range(0xA1, 0x100) if code not in (0xA8, 0xAC, 0xAD, 0xAE, 0xAF, 0xB4, 0xB8)}
    | {"…": 0x2E}
)

#: Crystalfontz CFA-635 and its successors: the mobile telephones' alphabet (GSM 03.38) with more Latin letters behind.
CFA635 = (
    _ascii(without="$@[\\]^_`{|}~")
    | _run(0x5B, "ÄÖÑÜ§¿")
    | _run(0x7B, "äöñüà")
    | {"¤": 0x24, "¡": 0x40, "«": 0x14, "»": 0x15, "^": 0x1D, "…": 0x2E}
    | _run(0x80, "⁰¹²³⁴⁵⁶⁷⁸⁹½¼±≥≤μ")
    | {"°": 0x80, "µ": 0x8F}
    | _run(0xA0, "@£$¥èéùìòÇ")
    | {"Ø": 0xAB, "ø": 0xAC, "Å": 0xAE, "å": 0xAF, "¢": 0xB1, "Æ": 0xBC, "æ": 0xBD, "ß": 0xBE, "É": 0xBF}
    | _run(0xC4, "_ÈÊêçğŞşİı~")
    | {"·": 0xDE}
    | _run(0xE2, "ÁÍÓÚÝáíóúýÔôŮů")
    | _run(0xF0, "ČĚŘŠŽčěřšž[\\]{|}")
)

#: Pixels of custom characters, a byte a row, 5 bits each.
ELLIPSIS_GLYPH = {"…": bytes((0, 0, 0, 0, 0, 0, 0b10101, 0))}
#: The letters of Spanish that ROM A00 lacks (it has ñ and ü).
SPANISH_GLYPHS = {
    "á": bytes((0b00010, 0b00100, 0b01110, 0b00001, 0b01111, 0b10001, 0b01111, 0)),
    "é": bytes((0b00010, 0b00100, 0b01110, 0b10001, 0b11111, 0b10000, 0b01110, 0)),
    "í": bytes((0b00010, 0b00100, 0b00000, 0b01100, 0b00100, 0b00100, 0b01110, 0)),
    "ó": bytes((0b00010, 0b00100, 0b01110, 0b10001, 0b10001, 0b10001, 0b01110, 0)),
    "ú": bytes((0b00010, 0b00100, 0b10001, 0b10001, 0b10001, 0b10011, 0b01101, 0)),
    "¿": bytes((0b00100, 0b00000, 0b00100, 0b01000, 0b10000, 0b10001, 0b01110, 0)),
    "¡": bytes((0b00100, 0b00000, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0)),
}
