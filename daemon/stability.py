"""Interim texts that do not take back what they promised.

A recognizer changes its mind with every block of sound. What the last few hypotheses agree on, word by word, is
promised: it becomes the stable prefix, and stays even if a later hypothesis says otherwise (the final may differ). This
is local agreement (Liu et al., "Low-latency sequence-to-sequence speech recognition and translation by partial
hypothesis selection", 2020), with the promise made binding.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque

from daemon.events import StableText

#: Scripts that are written without spaces: Thai, Lao, Burmese, Khmer, kana, Han. A character of theirs counts as a
#: word; else a whole sentence would, and once promised could not grow.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
#: A word with the space before it.
_WORD = re.compile(rf" ?(?:[{_UNSPACED}]|[^ {_UNSPACED}]+)")


class StablePrefix:
    """The stable prefix of one text of one utterance. `agreement`: how many hypotheses must agree on a word."""

    def __init__(self, agreement: int) -> None:
        self._recent: deque[list[str]] = deque(maxlen=agreement)
        self._promised: list[str] = []
        self._shown: list[str] = []
        #: Words shown and taken back so far, among interims.
        self.erased = 0

    @property
    def promised(self) -> bool:
        """Whether there is a word that has to stay."""
        return bool(self._promised)

    def update(self, hypothesis: str, *, promise: bool = True) -> StableText:
        """Take a new hypothesis; return the text to show. Without `promise` no more of it is promised for now."""
        words = self._keep_promise(_words(hypothesis))
        self._recent.append(words)
        if promise and len(self._recent) == self._recent.maxlen:
            self._promised = _common_prefix(list(self._recent))
        self.erased += _erased(self._shown, words)
        self._shown = words
        return StableText("".join(words), len("".join(self._promised)))

    def begin_anew(self) -> None:
        """Expect another text, in another language; for where nothing was promised of this one."""
        self._recent.clear()

    def erased_by(self, final: str) -> int:
        """Return how many words shown last the final takes back."""
        return _erased(self._shown, _words(final))

    def _keep_promise(self, words: list[str]) -> list[str]:
        promised = len(self._promised)
        return self._promised + words[promised:]


def _words(text: str) -> list[str]:
    return _WORD.findall(" ".join(unicodedata.normalize("NFC", text).split()))


def _common_prefix(texts: list[list[str]]) -> list[str]:
    shared = 0
    for words in zip(*texts, strict=False):
        if any(word != words[0] for word in words):
            break
        shared += 1
    return texts[0][:shared]


def _erased(before: list[str], after: list[str]) -> int:
    return len(before) - len(_common_prefix([before, after]))


def normalised_erasure(erased_words: int, final: str) -> float:
    """Words taken back per word of the final (Arivazhagan et al., "Re-translation versus streaming", 2020)."""
    return erased_words / max(1, len(_words(final)))
