"""The characters of a Nextion: those of the encoding that its page has, as far as it draws them rightly.

Which encodings there are is in the Nextion Editor Guide (nextion.tech/editor_guide, Device, Display). A character is
shown if the font has it, too, which cannot be asked; a font (ZI) numbers its characters by two bytes, in UTF-8, too
(specification of ZI 6 in github.com/hagronnestad/nextion-font-editor: by inspection, not by the maker).

Of two bytes a character's second one may be a quote or a backslash (in Shift-JIS, Big5). The panel takes it for that,
of which the Instruction Set says nothing; people met it (unofficialnextion.com, topic 262). That letters written from
right to left are neither turned nor joined has no source: no manual says that they are, and a font has one form of
each.
"""

from __future__ import annotations

from hw.charset import CharacterSet, from_codec, from_right

#: Encoding as the Nextion Editor calls it → Python's codec.
ENCODINGS = {
    "ascii": "ascii",
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15)},
    **{f"windows-{page}": f"cp{page}" for page in (874, 1255, 1256, 1257, 1258)},
    "koi8-r": "koi8-r",
    "gb2312": "gb2312",
    "big5": "big5",
    "shift-jis": "shift_jis",
    "ks_c_5601-1987": "euc_kr",
    "utf-8": "utf-8",
}
SEVERAL_BYTES = frozenset(("gb2312", "big5", "shift-jis", "ks_c_5601-1987", "utf-8"))
#: Would end the instruction, or the text in it, as part of a character of another meaning.
_RESERVED = frozenset((0x22, 0x5C, 0xFF))
#: The last that two bytes can number.
_LAST_NUMBER = 0xFFFF


def characters(encoding: str) -> CharacterSet:
    """Return the set of one of `ENCODINGS`."""
    return from_codec(ENCODINGS[encoding], _RESERVED, _lacks)


def _lacks(char: str) -> bool:
    """Tell whether no font helps: the panel draws what comes first leftmost."""
    return from_right(char) or ord(char) > _LAST_NUMBER
