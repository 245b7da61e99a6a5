"""Cuts a text into what a sentence translator can take at once: sentences, and clauses of those that are too long."""

from __future__ import annotations

import re
import unicodedata

_TITLES = ("Mr", "Mrs", "Ms", "Dr", "St", "Sr", "Sra", "Srta", "Dra", "Ud", "Uds")
#: Whose stop ends no sentence: an initial, the hour's ``p.m.``, after which it mostly goes on, titles.
_ABBREVIATIONS = (
    r"[A-Z]\.",
    r"[ap]\.m\.",
    r"Av\.",
    r"Avda\.",
    *(rf"{each}\." for each in _TITLES),
)
#: Before figures, where ``No.`` is no answer; and before figures and small letters, for they end sentences, too.
_BEFORE_FIGURES = ("[Nn]o", "[Nn]r", "[Nn]ro", "[Nn]úm", "[Nn]um")
_BEFORE_MORE = ("approx", "aprox", "ca", "etc", "min")
_NOT_AFTER = "".join(
    [
        *(rf"(?<!\b{each})" for each in _ABBREVIATIONS),
        *(rf"(?:(?<!\b{each}\.)|(?!\s+\d))" for each in _BEFORE_FIGURES),
        *(rf"(?:(?<!\b{each}\.)|(?!\s+[\da-zß-ÿ]))" for each in _BEFORE_MORE),
    ]
)
_SENTENCE_END = re.compile(rf"(?<=[.!?…。！？]){_NOT_AFTER}\s+")  # noqa: RUF001 -- the full-width ones are meant
_STOPS = ".!?…"
#: But where it would make ``No. 7`` of *no; 7*.
_SEMICOLON = re.compile(r"([^\s;])(?:(?<!\b[Nn][or])|(?! ?; \d)) ?;(?: (\S)|$)")
_CLAUSE_END = re.compile(r"(?<=[,;:])\s+|\s+(?=(?:and|but|because|so|which|y|pero|porque|que|et|mais|und|aber|weil)\s)")
#: What a model reads wrong: a title's stop, at which it ends the sentence; a bound, of which it makes the majority.
_COUNT = r"\d|(?:an?|half|once|twice|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
_READ_WRONG = (
    (re.compile(r"\b(Mrs|Ms)\.(?= )"), r"\1"),
    (re.compile(rf"\bat most(?= (?:{_COUNT}))"), "not more than"),
    (re.compile(rf"\bAt most(?= (?:{_COUNT}))"), "Not more than"),
)
#: Spanish titles, in full.
_IN_FULL = {
    "Sr": "señor",
    "Sra": "señora",
    "Srta": "señorita",
    "Sres": "señores",
    "Dr": "doctor",
    "Dra": "doctora",
    "Ud": "usted",
    "Uds": "ustedes",
    "Vd": "usted",
    "Vds": "ustedes",
}
#: One and, where a sentence begins with it, what stands before. The stop of one at the very end is the sentence's, too.
_TITLE = re.compile(rf"(^|[.!?…¡¿][ ¡¿]*)?\b({'|'.join(_IN_FULL)})\b(?:\.(?=.))?")
#: Marks that turn the direction of what is written, and those that nobody sees, within words.
_UNSEEN = dict.fromkeys([0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF])


def plain(text: str) -> str:
    """Return the text on one line: controls, halves of characters and stretches of blanks are one space each."""
    seen = text.translate(_UNSEEN)
    spaced = (" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in seen)
    return " ".join("".join(spaced).split())


def stopped(text: str, language: str) -> str:
    """Return a plain text with sentences instead of what semicolons part: a model merges that, or adds to it.

    In Greek it is the question mark.
    """
    return text if language == "el" else _SEMICOLON.sub(_stop, text)


def as_taught(text: str, language: str) -> str:
    """Return a text with what a model reads wrong as it was taught."""
    if language == "es":
        return _TITLE.sub(_title, text)
    for wrong, taught in _READ_WRONG if language == "en" else ():
        text = wrong.sub(taught, text)
    return text


def _title(found: re.Match[str]) -> str:
    title = _IN_FULL[found[2]]
    return title if found[1] is None else found[1] + title.capitalize()


def _stop(found: re.Match[str]) -> str:
    stop = "" if found[1] in _STOPS else "."
    return f"{found[1]}{stop} {found[2].upper()}" if found[2] else f"{found[1]}{stop}"


def sentences(text: str, longest_words: int) -> list[str]:
    """Return the sentences of a plain text, none of more than so many words."""
    return [part for sentence in _SENTENCE_END.split(text) if sentence for part in clauses(sentence, longest_words)]


def clauses(sentence: str, longest_words: int) -> list[str]:
    """Cut a long sentence at its joints, as few times as may be; what has none is cut anywhere."""
    if _words(sentence) <= longest_words:
        return [sentence]
    parts: list[str] = []
    for clause in _CLAUSE_END.split(sentence):
        if parts and _words(parts[-1]) + _words(clause) <= longest_words:
            parts[-1] += f" {clause}"
        else:
            parts += _chopped(clause, longest_words)
    return parts


def _chopped(clause: str, longest_words: int) -> list[str]:
    words = clause.split()
    return [" ".join(words[at : at + longest_words]) for at in range(0, len(words), longest_words)]


def _words(text: str) -> int:
    return text.count(" ") + 1
