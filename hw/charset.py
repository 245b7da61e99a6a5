"""Which characters a panel has, and what stands in for those that it lacks.

A character that is not in the panel's table loses its accents (canonical decomposition); if its base is not there
either, it is transliterated to ASCII by the library `anyascii` (ISC licence).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace

from anyascii import anyascii

from hw.api import Caption, CaptionLine
from hw.text import UNBREAKABLE, clean

#: Stands for what has no likeness in the panel's table.
_UNKNOWN = "?"
#: What anyascii gives for an emoji is its name between colons, too long for a panel.
_NAMED = ":"
#: Languages that are not written in Latin letters → some of their own, all of which a panel must have.
_LETTERS = {
    "am ti": "ሀለመ",
    "ar ckb fa ps sd ug ur": "ابع",
    "as bn": "কখগ",
    "be bg kk ky mk mn ru sr tg tt uk": "бджя",
    "bo dz": "ཀཁག",
    "dv": "ހށނ",
    "el": "γδλω",
    "gu": "કખગ",
    "he yi": "אבש",
    "hi mr ne sa": "कखह",
    "hy": "աբգ",
    "ja": "日あア",
    "ka": "აბგ",
    "km": "កខគ",
    "kn": "ಕಖಗ",
    "ko": "한국",
    "lo": "ກຂຄ",
    "ml": "കഖഗ",
    "my": "ကခဂ",
    "or": "କଖଗ",
    "pa": "ਕਖਗ",
    "si": "කඛග",
    "ta": "கஙச",
    "te": "కఖగ",
    "th": "กขค",
    "wuu yue zh": "中不人",
}
_SAMPLES = {lang: letters for langs, letters in _LETTERS.items() for lang in langs.split()}


class CharacterSet:
    """The table of a panel; `encode` returns a character's bytes, or None for one that the panel lacks."""

    def __init__(self, encode: Callable[[str], bytes | None]) -> None:
        self._encode: Callable[[str], bytes | None] = lambda char: encode(" " if char == UNBREAKABLE else char)

    def encode(self, text: str) -> bytes:
        """Return the panel's bytes of a text that `fit` returned."""
        return b"".join(self._encode(char) or self._encode(_UNKNOWN) or b"" for char in text)

    def fit(self, caption: Caption) -> tuple[Caption, int]:
        """Return the caption in characters that the panel has, and how many of its own they stand in for."""
        status, replaced = self.fit_text(caption.status)
        source = caption.source
        if source is not None:
            source, count = self._fit_line(source)
            replaced += count
        translations = []
        for line in caption.translations:
            fitted, count = self._fit_line(line)
            translations.append(fitted)
            replaced += count
        return replace(caption, source=source, translations=tuple(translations), status=status), replaced

    def fit_text(self, text: str) -> tuple[str, int]:
        """Return a text, cleaned, in characters that the panel has, and how many others they stand in for."""
        wanted = clean(text)
        drawn = [self._nearest(char) for char in wanted]
        return "".join(drawn), sum(one != other for one, other in zip(wanted, drawn, strict=True))

    def covers_text(self, text: str) -> bool:
        """Tell whether the panel has every character of a text."""
        return all(map(self._has, text))

    def covers(self, lang: str) -> bool:
        """Tell whether the panel has the letters of a language; accents, which may be left off, do not count."""
        name, *subtags = lang.split("-")
        return "Latn" in subtags or self.covers_text(_SAMPLES.get(name.lower(), ""))

    def _fit_line(self, line: CaptionLine) -> tuple[CaptionLine, int]:
        text, replaced = self.fit_text(line.text)
        stable, _ = self.fit_text(line.text[: line.stable])
        lang, _ = self.fit_text(line.lang)
        return CaptionLine(lang, text, len(stable), doubtful=line.doubtful), replaced

    def _has(self, char: str) -> bool:
        return self._encode(char) is not None

    def _nearest(self, char: str) -> str:
        if self._has(char):
            return char
        if unicodedata.combining(char):
            return ""
        base = unicodedata.normalize("NFD", char)[0]
        if self._has(base):
            return base
        letters = anyascii(char)
        if letters and not letters.startswith(_NAMED) and self.covers_text(letters):
            return letters
        return _UNKNOWN


def from_table(codes: Mapping[str, int]) -> CharacterSet:
    """Return the set of a panel with one byte a character."""
    return CharacterSet(lambda char: bytes([codes[char]]) if char in codes else None)


def from_codec(name: str, reserved: frozenset[int]) -> CharacterSet:
    """Return the set of one of Python's codecs; a character whose bytes have a reserved one among them is left out.

    ASCII is always in it: what is reserved there is for the panel to escape.
    """

    def encode(char: str) -> bytes | None:
        try:
            encoded = char.encode(name)
        except UnicodeEncodeError:
            return None
        return encoded if char.isascii() or not reserved.intersection(encoded) else None

    return CharacterSet(encode)


class _Everything(CharacterSet):
    """A panel that has all characters, or whose characters are not known."""

    def __init__(self) -> None:
        super().__init__(lambda char: char.encode(errors="replace"))

    def fit(self, caption: Caption) -> tuple[Caption, int]:
        return caption, 0


EVERYTHING: CharacterSet = _Everything()
