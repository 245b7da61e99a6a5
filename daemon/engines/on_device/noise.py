"""Tells noise that was taken for words from speech, by the words: a recognizer finds some in whatever it is given.

It goes by how sure the recognizer is of the words together, how fast they come and how long they are; a single word
has but its confidence, and needs little of it: "yes" and "no" must pass. The limits were found on 40 recordings of
noise, in 14 of which gate and recognizer heard words, in 2 with these limits, and on 63 of speech, of which none is
lost; ``scripts/bench quality`` looks at them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from daemon.events import Word

#: Words that a recognizer is so unsure of, on average, are none; a single word has no others to vouch for it.
_UNSURE = 0.25
_UNSURE_ALONE = 0.1
#: So many words that come as fast as speech are speech, however unsure.
_MANY = 7
#: Words a second, from the first to the last; fewer are noise, if there are enough to tell, unless they are sure.
_SLOW = 1.4
_ENOUGH = 3
_SURE = 0.85
#: Average length of a word, seconds. Two or more longer ones are noise, unless they are sure; nobody speaks a word for
#: longer than the second, however sure the recognizer is (of the roar of a helicopter it is).
_DRAWN_OUT_S = 0.65
_LONGEST_S = 1.1


def why_noise(words: Sequence[Word]) -> str:
    """Return why these words are noise: ``unsure``, ``slow`` or ``drawn_out``; empty if they are speech."""
    if not words:
        return ""
    confidence = fmean(word.confidence for word in words)
    length_s = fmean(word.end_s - word.start_s for word in words)
    rate = len(words) / max(0.01, words[-1].end_s - words[0].start_s)
    doubtful = confidence < _SURE and len(words) > 1
    if confidence < _least_confidence(len(words), rate):
        return "unsure"
    if length_s > (_DRAWN_OUT_S if doubtful else _LONGEST_S):
        return "drawn_out"
    return "slow" if doubtful and len(words) >= _ENOUGH and rate < _SLOW else ""


def _least_confidence(count: int, rate: float) -> float:
    if count == 1:
        return _UNSURE_ALONE
    return _UNSURE if count < _MANY or rate < _SLOW else 0.0
