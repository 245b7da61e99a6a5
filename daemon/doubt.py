"""What people are warned of: words that may have been misheard, and translations that may well be wrong."""

from __future__ import annotations

from collections.abc import Iterable

from hw.text import clean

#: Of words and translations less sure than this, most are wrong.
_SURE_ENOUGH = 0.5


def in_doubt(confidence: float | None) -> bool:
    """Tell whether that is too little, from 0 to 1; where nobody knows, nobody is warned."""
    return confidence is not None and confidence < _SURE_ENOUGH


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
        if in_doubt(confidence):
            first = found.pop()[0] if found and found[-1][1] == at - 1 else at
            found.append((first, at + len(word)))
        at += len(word) + 1
    return tuple(found)
