"""The person's own phrases (``languages.phrases``): names, places and dishes, written as given and never translated."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

#: Stands in a text for a phrase while it is translated, and comes out as it is: MARK.format(1), … and where marks are.
#: A translator that cannot carry one costs the sentence its context, not the phrase.
MARK = "⟪{}⟫"
MARKS = re.compile(r"⟪\d+⟫")
#: What is taken: phrases, code points of one, words of one.
MOST, LONGEST, MOST_WORDS = 200, 60, 6
#: What may stand in a phrase besides letters, their marks, digits and single blanks.
_SIGNS = frozenset("'\N{RIGHT SINGLE QUOTATION MARK}\N{MIDDLE DOT}.,-&/!+")
#: ``Sintra's``, as English writes it.
_POSSESSIVE = "'s"


def why_not(phrase: str) -> str:
    """Return what is wrong with a phrase and what is allowed, in words; empty: nothing."""
    strange = next((char for char in phrase if not _may_stand(char)), "")
    words = phrase.split()
    if strange:
        return f"has {strange!a}; allowed: letters, digits, blanks and {''.join(sorted(_SIGNS))}"
    if not any(map(str.isalpha, phrase)):
        return "has no letter"
    if len(phrase) > LONGEST or len(words) > MOST_WORDS:
        return f"has {len(phrase)} characters in {len(words)} words; at most {LONGEST} in {MOST_WORDS} are taken"
    return "" if " ".join(words) == phrase else "has a blank too many"


def _may_stand(char: str) -> bool:
    return char == " " or char in _SIGNS or unicodedata.category(char)[0] in "LM" or char.isdecimal()


class Found(NamedTuple):
    """A phrase among words: how it is written, and which words it is."""

    text: str
    begin: int
    end: int


class Phrases:
    """Finds phrases in what was said. Of two that begin with the same word the longer one is meant."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._written = {tuple(map(_folded, phrase.split())): _nfc(phrase) for phrase in phrases}
        self._longest = max(map(len, self._written), default=0)
        longest_first = sorted(map(_nfc, phrases), key=len, reverse=True)
        either = rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)"
        self._pattern = re.compile(either) if phrases else None
        self._any_case = re.compile(either, re.IGNORECASE) if phrases else None

    def among(self, words: Sequence[str]) -> Iterator[Found]:
        """Yield those among a recognizer's words, in whatever case it writes them."""
        at = 0
        while at < len(words):
            found = self._at(words, at)
            if found is not None:
                yield found
            at = found.end if found is not None else at + 1

    def written(self, text: str) -> str:
        """Return a text with the phrases in it as they were given, in whatever case somebody typed them."""
        if self._any_case is None:
            return text

        def given(found: re.Match[str]) -> str:
            return self._written.get(tuple(map(_folded, found.group().split())), found.group())

        return self._any_case.sub(given, _nfc(text))

    def parts(self, text: str) -> list[str]:
        """Return the pieces of a text, cut before and after each phrase written as given: every second one is one."""
        if self._pattern is None:
            return [text]
        text, pieces, at = _nfc(text), [], 0
        for found in self._pattern.finditer(text):
            pieces += [text[at : found.start()], found.group()]
            at = found.end()
        return [*pieces, text[at:]]

    def _at(self, words: Sequence[str], at: int) -> Found | None:
        for count in range(min(self._longest, len(words) - at), 0, -1):
            *first, last = map(_folded, words[at : at + count])
            stem = last.removesuffix(_POSSESSIVE)
            for end, tail in ((last, ""), (stem, _POSSESSIVE if stem != last else "")):
                text = self._written.get((*first, end))
                if text is not None:
                    return Found(text + tail, at, at + count)
        return None


@lru_cache(maxsize=2)
def phrases_of(phrases: tuple[str, ...]) -> Phrases:
    """Return them as the settings have them: the same for every utterance."""
    return Phrases(phrases)


def _folded(word: str) -> str:
    return _nfc(word).casefold()


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
