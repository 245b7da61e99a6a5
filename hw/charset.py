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
from hw.text import REPLACEMENT, UNBREAKABLE, clean

#: Stands for what has no likeness in the panel's table.
_UNKNOWN = "?"
#: What anyascii gives for an emoji is its name between colons, too long for a panel.
_NAMED = ":"
#: Letters for which anyascii has nothing, though a reader would miss them.
_LIKENESSES = {"ا": "a", "ー": "-", "ｰ": "-"}  # noqa: RUF001 -- the last two draw a Japanese vowel out
#: Categories of what is left out where nothing is like it: letters, marks and joiners. `_UNKNOWN` is the sign of doubt.
_LEFT_OUT = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Cf"))
#: Languages, with a region if need be, and scripts that are not Latin → some of their own letters, all of which a panel
#: must have. Where several share a script: those that the character sets made for the others lack.
_LETTERS = {
    "am ti": "ሀለመ",
    "arab ar arz azb ckb fa ks pnb prs ps sd ug ur": "ابع",
    "as bn": "কখগ",
    "bho hi kok mai mr ne sa": "कखह",
    "bo dz": "ཀཁག",
    "chr": "ᏣᎳᎩ",
    "cyrl": "бджя",
    "dv": "ހށނ",
    "el": "γδλω",
    "gu": "કખગ",
    "hans cmn wuu zh": "们说这",
    "hant yue zh-hk zh-mo zh-tw": "們說這嗎",
    "he yi": "אבש",
    "hy": "աբգ",
    "iu": "ᐃᓄᒃ",
    "ja": "駅気あア",
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
}
#: The same of languages in Cyrillic letters; the character sets that have some of them are mostly made for Russian.
_CYRILLIC = {
    "ab": "ӡҟҩ",
    "av ce inh kbd lez": "ӏ",  # noqa: RUF001 -- a consonant, the palochka
    "az": "ғҝҹ",
    "ba": "ҙҡҫ",
    "be": "ўі",
    "bg mdf myv ru": "бджя",
    "chm mhr": "ҥӱ",
    "cv": "ӑӗҫ",
    "kk": "ғқң",
    "koi kv": "ӧі",
    "ky tyv": "ңөү",
    "mk": "ѓќљ",
    "mn": "өү",
    "os": "ӕ",
    "sah": "ҕҥө",
    "sr": "ђћљ",
    "tg": "ғқҷ",
    "tk": "җңө",
    "tt": "җңә",
    "udm": "ӝӟӵ",
    "uk": "їєі",
    "uz": "ғқҳ",
    "xal": "җңү",
}
#: Of these, those that are so written only where their tag says so.
_LATIN_BY_ITSELF = frozenset(("az", "tk", "uz"))
#: How the names of marks begin that have no direction of their own, as those of their letters do.
_FROM_RIGHT = ("ARABIC ", "HEBREW ", "SYRIAC ", "THAANA ", "NKO ")
#: Letters of a tag's part that names a script (BCP 47, 2.2.3).
_SCRIPT_LETTERS = 4


def _each(table: Mapping[str, str]) -> dict[str, str]:
    return {lang: letters for langs, letters in table.items() for lang in langs.split()}


_SAMPLES = {
    **_each(_LETTERS),
    **{lang: letters for lang, letters in _each(_CYRILLIC).items() if lang not in _LATIN_BY_ITSELF},
    **{f"{lang}-cyrl": letters for lang, letters in _each(_CYRILLIC).items()},
}


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
        replaced = sum(one != other for one, other in zip(wanted, drawn, strict=True))
        return "".join(drawn), replaced + (_lost(text, wanted) if self._has(REPLACEMENT) else 0)

    def covers_text(self, text: str) -> bool:
        """Tell whether the panel has every character of a text."""
        return all(map(self._has, text))

    def covers(self, lang: str) -> bool:
        """Tell whether the panel has the letters of a language; accents, which may be left off, do not count."""
        name, *subtags = lang.lower().split("-")
        return "latn" in subtags or self.covers_text(_sample(name, subtags))

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
        letters = _LIKENESSES.get(char) or anyascii(char)
        if not letters and unicodedata.category(char) in _LEFT_OUT:
            return ""
        if letters and not letters.startswith(_NAMED) and self.covers_text(letters):
            return letters
        return _UNKNOWN


def from_table(codes: Mapping[str, int]) -> CharacterSet:
    """Return the set of a panel with one byte a character."""
    return CharacterSet(lambda char: bytes([codes[char]]) if char in codes else None)


def _sample(name: str, subtags: list[str]) -> str:
    """Return some letters of a language; empty where they are Latin, or not known. The script of its tag goes first."""
    keys = [key for tag in subtags for key in (f"{name}-{tag}", tag if len(tag) == _SCRIPT_LETTERS else "")]
    return next((_SAMPLES[key] for key in (*keys, name) if key in _SAMPLES), "")


def _lost(text: str, cleaned: str) -> int:
    """Return how many characters of a text cannot be shown by any panel."""
    return cleaned.count(REPLACEMENT) - text.count(REPLACEMENT)


def from_codec(name: str, reserved: frozenset[int], lacks: Callable[[str], bool] = lambda _char: False) -> CharacterSet:
    """Return the set of one of Python's codecs; a character whose bytes have a reserved one among them is left out.

    So is one that the panel `lacks` for another reason. ASCII is always in it: what is reserved there is for the panel
    to escape.
    """

    def encode(char: str) -> bytes | None:
        if lacks(char):
            return None
        try:
            encoded = char.encode(name)
        except UnicodeEncodeError:
            return None
        return encoded if char.isascii() or not reserved.intersection(encoded) else None

    return CharacterSet(encode)


def from_right(char: str) -> bool:
    """Tell whether a character, or the letter that a mark belongs to, is written from right to left."""
    return unicodedata.bidirectional(char) in ("R", "AL") or unicodedata.name(char, "").startswith(_FROM_RIGHT)


class _Everything(CharacterSet):
    """A panel that has all characters, or whose characters are not known."""

    def __init__(self) -> None:
        super().__init__(lambda char: char.encode(errors="replace"))

    def fit(self, caption: Caption) -> tuple[Caption, int]:
        lines = (line.text for line in (caption.source, *caption.translations) if line is not None)
        return caption, sum(_lost(text, clean(text)) for text in (caption.status, *lines))


EVERYTHING: CharacterSet = _Everything()
