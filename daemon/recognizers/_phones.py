"""From sounds as the International Phonetic Alphabet writes them to the phones of an acoustic model.

Two ways of naming phones are known: CMU's ARPAbet (``SH IY``), which the English models have, and the small letters of
the models of Romance languages (``ch i``). A sound that a model lacks is its nearest neighbour.
"""

# ruff: noqa: RUF001 -- letters of the International Phonetic Alphabet are what is meant

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator

#: Sound → the phones that may stand for it, the best first; those that are all in the model do. Longer sounds first
#: where one begins like another.
_NEAREST: dict[str, tuple[str, ...]] = {
    "ɑɪ": ("AY", "a i"), "aɪ": ("AY", "a i"), "aʊ": ("AW", "a u"), "eɪ": ("EY", "e i"), "ɔɪ": ("OY", "o i"),
    "oɪ": ("OY", "o i"), "oʊ": ("OW", "o u"), "əʊ": ("OW", "o u"), "ɑ̃": ("AA N", "a n"), "ɛ̃": ("AE N", "e n"),
    "ɔ̃": ("AO N", "o n"), "œ̃": ("AH N", "e n"), "iə": ("IY AH", "i a"), "ɐ̃": ("AH N", "a n"),
    "tʃ": ("CH", "ch", "t s"), "tɕ": ("CH", "ch"), "dʒ": ("JH", "y", "ll"), "dʑ": ("JH", "y"), "ts": ("T S", "t s"),
    "dz": ("D Z", "d s"), "pf": ("P F", "p f"),
    "a": ("AA", "a"), "ɑ": ("AA", "a"), "æ": ("AE", "a"), "ɐ": ("AH", "a"), "ʌ": ("AH", "a"), "ə": ("AH", "e", "a"),
    "ɜ": ("ER", "e r"), "ɚ": ("ER", "e r"), "ɛ": ("EH", "e"), "e": ("EH", "e"), "i": ("IY", "i"), "ɪ": ("IH", "i"),
    "ᵻ": ("IH", "i"), "ɨ": ("IH", "i"), "y": ("UW", "u"), "ʏ": ("UH", "u"), "o": ("OW", "o"), "ɔ": ("AO", "o"),
    "ɒ": ("AA", "o"), "ʊ": ("UH", "u"), "u": ("UW", "u"), "ø": ("ER", "e"), "œ": ("ER", "e"), "ɵ": ("UH", "o"),
    "b": ("B", "b"), "β": ("B", "b"), "c": ("K", "k"), "d": ("D", "d"), "ɖ": ("D", "d"), "ð": ("DH", "d"),
    "f": ("F", "f"), "ɸ": ("F", "f"), "g": ("G", "g"), "ɡ": ("G", "g"), "ɣ": ("G", "g"), "ɟ": ("JH", "ll", "y"),
    "h": ("HH", "j"), "ħ": ("HH", "j"), "ɦ": ("HH", "j"), "x": ("HH", "j", "x"), "χ": ("HH", "j", "x"),
    "ç": ("HH", "j"), "j": ("Y", "y", "i"), "ʝ": ("Y", "y", "ll"), "k": ("K", "k"), "l": ("L", "l"), "ɫ": ("L", "l"),
    "ɭ": ("L", "l"), "ʎ": ("L Y", "ll", "y"), "m": ("M", "m"), "n": ("N", "n"), "ɳ": ("N", "n"),
    "ɲ": ("N Y", "gn", "n i"), "ŋ": ("NG", "n"), "p": ("P", "p"), "q": ("K", "k"), "r": ("R", "rr", "r"),
    "ɾ": ("R", "r"), "ɹ": ("R", "r"), "ɻ": ("R", "r"), "ʁ": ("R", "rr", "r"), "ʀ": ("R", "rr", "r"), "s": ("S", "s"),
    "ʃ": ("SH", "ch", "s"), "ʂ": ("SH", "ch", "s"), "ɕ": ("SH", "ch", "s"), "t": ("T", "t"), "ʈ": ("T", "t"),
    "θ": ("TH", "z", "s"), "v": ("V", "b"), "ʋ": ("V", "b"), "w": ("W", "u"), "ɥ": ("W", "u"), "z": ("Z", "s"),
    "ʒ": ("ZH", "y", "ll"), "ʐ": ("ZH", "y"), "ʑ": ("ZH", "y"),
}  # fmt: skip
_LONGEST = max(map(len, _NEAREST))


def phones_of(sound: str, known: Collection[str]) -> str:
    """Return the model's phones, with blanks between them, for a word's sound; empty if it cannot be said with them.

    `known` are the phones of the model. What is no sound (stress, length, joints) is passed over.
    """
    found = []
    for one in _sounds(sound):
        fitting = next((phones for phones in _NEAREST[one] if set(phones.split()) <= set(known)), "")
        if not fitting:
            return ""
        found.append(fitting)
    return " ".join(found)


def _sounds(text: str) -> Iterator[str]:
    text = unicodedata.normalize("NFC", text)
    at = 0
    while at < len(text):
        longest = (text[at : at + length] for length in range(_LONGEST, 0, -1))
        one = next((part for part in longest if part in _NEAREST), "")
        if one:
            yield one
        at += len(one) or 1
