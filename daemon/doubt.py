"""What people are warned of: words that may have been misheard, and translations that may well be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from hw.text import clean

#: Of words less sure than this most are wrong.
_SURE_WORD = 0.5
#: A translation less sure than this is right every other time at best, and what is wrong with it can be what matters.
_SURE_TRANSLATION = 0.6


def in_doubt(confidence: float | None, enough: float = _SURE_TRANSLATION) -> bool:
    """Tell whether a translation is too unsure, from 0 to 1; where nobody knows, nobody is warned."""
    return confidence is not None and confidence < enough


def unsure(text: str, words: Iterable[tuple[str, float | None]]) -> tuple[tuple[int, int], ...]:
    """Return where a cleaned text has words in doubt: first code point, and the one behind the last of a run of them.

    `words` are its words with how sure each is. Nothing if they are not: joined by blanks they must be the text.
    """
    told = [(clean(word), confidence) for word, confidence in words]
    if " ".join(word for word, _ in told) != text:
        return ()
    found: list[tuple[int, int]] = []
    at = 0
    for word, confidence in told:
        if in_doubt(confidence, _SURE_WORD):
            first = found.pop()[0] if found and found[-1][1] == at - 1 else at
            found.append((first, at + len(word)))
        at += len(word) + 1
    return tuple(found)
