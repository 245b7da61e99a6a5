"""Makes a written sentence of a recognizer's words: capitals, and the stop or the question mark at its end.

Translators need it (``i`` is no word to them, and a question without its mark is translated as a statement), and people
read it. Words that already have capitals or a stop are left as they are, so any recognizer's text may come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from daemon.language_tags import base

_STOPS = ".!?…。！？"  # noqa: RUF001 -- the full-width ones are meant
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

#: Said before a question; the sentence's own first word comes after.
_OPENERS = frozenset(
    {"and", "but", "so", "well", "okay", "ok", "oh", "now", "then", "hello", "hi", "hey", "please", "sorry", "excuse"}
    | {"me", "um", "uh", "yes", "no"}
)
_WH = frozenset({"what", "who", "whom", "where", "when", "how", "which"})
_ALWAYS_ASK = frozenset({"why", "whose", "what's", "where's", "who's", "how's", "when's", "why's", "what're", "who're"})
_WIDE = frozenset({"is", "are", "was", "were", "do", "does", "did", "can", "could", "will", "would", "should"})
_NARROW = frozenset({"am", "may", "shall", "might", "must", "have", "has"})
_NEGATED = frozenset({f"{verb}n't" for verb in _WIDE - {"can", "will"}} | {"can't", "won't", "hasn't", "haven't"})
_PRONOUNS = frozenset({"i", "you", "he", "she", "it", "we", "they"})
_SUBJECTS = _PRONOUNS | frozenset(
    {"this", "that", "these", "those", "there", "the", "a", "an", "my", "your", "his", "her", "our", "their", "any"}
    | {"anybody", "anyone", "anything", "somebody", "someone", "something", "everybody", "everyone", "everything"}
)
#: "do the dishes", "do it", "do this" are orders.
_DO_SUBJECTS = _PRONOUNS - {"it"} | {"those", "these"}
_WH_REACH = 4


def punctuate(words: str, language: str, *, final: bool) -> str:
    """Return the sentence: cased, and stopped if it is `final`. `language` is BCP-47; an unknown one gets the least."""
    known = words.split()
    if not known:
        return ""
    english = base(language) == "en"
    text = " ".join(_cased(known)) if english else " ".join(known)
    text = text[0].upper() + text[1:]
    asks = final and english and is_question(known)
    stopped = text[-1] in _STOPS and not (asks and known[-1] in _CLOCK)
    if not final or stopped or not _has_our_stops(text):
        return text
    return text + ("?" if asks else ".")


def _has_our_stops(text: str) -> bool:
    """Tell whether a text ends with a stop of ours: a script without capitals has others. Figures alone do."""
    first = next((char for char in text if char.isalpha()), "A")
    return first.upper() != first.lower()


def is_question(words: list[str]) -> bool:
    """Tell whether an English sentence, in the recognizer's lower-case words, asks something."""
    words = [word.lower().rstrip(",") for word in words]
    start = next((at for at, word in enumerate(words) if word not in _OPENERS), 0)
    first, *rest = words[start:]
    if first in _ALWAYS_ASK:
        return True
    return _asks_by_wh(first, rest) or _inverted(first, rest) or _tagged(words)


def _asks_by_wh(first: str, rest: list[str]) -> bool:
    """Tell whether it is like ``what time is it``, ``how old is he``, ``who wants tea``; not ``when I was young …``."""
    if first not in _WH or (first == "what" and rest[:1] in (["a"], ["an"])):
        return False
    if not rest or first == "who":
        return True
    if rest[0] in _SUBJECTS or rest[0] == "to":
        return False
    if first == "which" or (first == "how" and rest[0] in {"much", "many", "about"}):
        return True
    return any(word in _WIDE | _NARROW | _NEGATED for word in rest[:_WH_REACH])


def _inverted(first: str, rest: list[str]) -> bool:
    """Tell whether a verb that can come before its subject does: ``is the …``, ``could you …``."""
    subject = rest[0] if rest else ""
    if first == "do":
        return subject in _DO_SUBJECTS
    if first in _NARROW or first == "don't":
        return subject in _PRONOUNS
    return (first in _WIDE or first in _NEGATED) and subject in _SUBJECTS


def _tagged(words: list[str]) -> bool:
    """Tell whether it ends in a question: ``… isn't it``, ``… don't you``."""
    length = 2
    return len(words) > length and words[-2] in _NEGATED and words[-1] in _PRONOUNS


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
