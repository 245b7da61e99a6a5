"""Makes a written sentence of a recognizer's words: capitals, and the stop or the question mark at its end.

Translators need it (``i`` is no word to them, and a question without its mark is translated as a statement), and people
read it. Words that already have capitals or a stop are left as they are, so any recognizer's text may come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from daemon import questions
from daemon.language_tags import base

_STOPS = ".!?…。！？"  # noqa: RUF001 -- the full-width ones are meant
#: May stand after a stop.
_CLOSERS = "\"'»”’)"  # noqa: RUF001 -- these very quotation marks
#: After these a name follows, whatever it is.
_TITLES = frozenset({"mr", "mrs", "ms", "mr.", "mrs.", "ms.", "mister"})
#: Capitals where a known name follows: "Doctor Johnson" is one person, "a doctor" anybody.
_RANKS = frozenset(
    {"aunt", "captain", "doctor", "dr", "king", "lake", "lord", "mount", "pope", "president", "prince", "princess"}
    | {"professor", "queen", "saint", "senator", "sir", "uncle"}
)
#: Months that are more often something else; capitals after such a word.
_DOUBTFUL_MONTHS = frozenset({"may", "march"})
_BEFORE_MONTH = frozenset({"in", "of", "since", "until", "last", "next", "early", "late", "by"})
#: Letters that are spelled: "u.", "a.d.", but not "a.m.".
_SPELLED = re.compile(r"([a-z]\.)+([a-z]|'s)?")
_CLOCK = frozenset({"a.m.", "p.m.", "a.m", "p.m", "e.g.", "i.e."})
#: ``i`` and its contractions.
_FIRST_PERSON = re.compile(r"i('\w+)?")


def punctuate(words: str, language: str, *, final: bool, guess: bool = True) -> str:
    """Return the sentence: cased, and stopped if it is `final`. `language` is BCP-47; an unknown one gets the least.

    Where questions cannot be told from statements, a stop is only a guess: without `guess` it is left out.
    """
    known = words.split()
    if not known:
        return ""
    asks = questions.begin(known, language) if final else None
    written = list(_cased(known)) if base(language) == "en" else known
    text = _capitalized(" ".join(written))
    if asks is not None and not (_ends(text) and known[-1] not in _CLOCK):
        return _asking(written, asks, language)
    return stopped(text) if final and (guess or questions.all_told(language)) else text


def stopped(text: str) -> str:
    """Return a text with a stop at its end, where it lacks one and its script has stops of ours."""
    return text if not text or _ends(text) or not _has_our_stops(text) else f"{text}."


def _ends(text: str) -> bool:
    return text.rstrip(_CLOSERS)[-1:] in _STOPS


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _asking(written: list[str], begin: int, language: str) -> str:
    """Return the words as a question; in Spanish it is opened where it begins."""
    if base(language) != "es":
        return _capitalized(" ".join(written)) + "?"
    before, question = " ".join(written[:begin]).rstrip(","), " ".join(written[begin:])
    return f"{_capitalized(before)}, ¿{question}?" if before else f"¿{_capitalized(question)}?"


def _has_our_stops(text: str) -> bool:
    """Tell whether a text ends with a stop of ours: a script without capitals has others. Figures alone do."""
    first = next((char for char in text if char.isalpha()), "A")
    return first.upper() != first.lower()


def _cased(words: list[str]) -> Iterator[str]:
    names, longest = _names()
    at = 0
    while at < len(words):
        for count in range(min(longest, len(words) - at), 0, -1):
            found = _known(names, words[at : at + count])
            if found:
                yield found
                at += count
                break
        else:
            yield _word(words, at, names)
            at += 1


def _known(names: dict[str, str], words: list[str]) -> str:
    """Return how a phrase is written, if it is known; of ``boston's`` the name is."""
    phrase = " ".join(words)
    if phrase in names:
        return names[phrase]
    stem = phrase.removesuffix("'s")
    return names[stem] + "'s" if stem != phrase and stem in names else ""


def _word(words: list[str], at: int, names: dict[str, str]) -> str:
    word = words[at]
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if _SPELLED.fullmatch(word) and word not in _CLOCK:
        return word.upper().replace("'S", "'s")
    capital = (
        _FIRST_PERSON.fullmatch(word)
        or word in _TITLES
        or (before in _TITLES and word.isalpha())
        or (word in _RANKS and after in names)
        or (word in _DOUBTFUL_MONTHS and before in _BEFORE_MONTH)
    )
    return word[0].upper() + word[1:] if capital else word


@cache
def _names() -> tuple[dict[str, str], int]:
    """Return what is written with capitals, by its lower-case form, and the words of the longest."""
    text = (resources.files("daemon.data") / "proper_en.txt").read_text(encoding="utf-8")
    written = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name.lower(): name for name in written}, max(name.count(" ") + 1 for name in written)
