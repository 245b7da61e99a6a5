"""The two passes of one Pocketsphinx decoder over an utterance, of which one is under way at a time.

What was measured of the library, and is not written in its manual:

- ``process_raw(full_utt=False)`` leaves the decoder in live normalisation for good; ``reinit_feat`` takes it out.
- The mean of a whole utterance can be had without decoding it: ``process_raw(no_search=True, full_utt=True)`` under a
  search that costs nothing (a grammar of two words). With it set again before each block, the second pass may go block
  by block, be given more sound meanwhile, and be abandoned between two blocks, at the accuracy of ``full_utt=True``.
- It holds the interpreter's lock while it decodes.
"""

from __future__ import annotations

import math
import re
from typing import Any

from daemon.events import Word
from hw.api import SPEECH_FORMAT

#: One block of the second pass: 100 ms.
BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Frames in which the decoder counts time.
_FRAMES_PER_S = 100
#: The search that takes the utterance's mean.
MEAN_SEARCH = "mean"
#: Second pronunciations are written ``the(2)``.
_PRONUNCIATION = re.compile(r"\(\d+\)$")


class LivePass:
    """Decodes sound as it comes, normalised by the mean of what was heard before."""

    def __init__(self, decoder: Any, start_s: float = 0.0) -> None:
        """Begin a stretch of sound, so long after the utterance's beginning."""
        self._decoder = decoder
        self._start_s = start_s
        decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        """Decode more of it."""
        if pcm:
            self._decoder.process_raw(pcm, no_search=False, full_utt=False)

    def words(self) -> str:
        """Return the words so far."""
        return words_of(self._decoder)

    def score(self) -> float:
        """Return how well they fit the sound."""
        return score_of(self._decoder)

    def end(self) -> list[Word]:
        """End the stretch and return its words, with their times in the utterance."""
        self._decoder.end_utt()
        return _words(self._decoder, self._start_s)


class SecondPass:
    """Decodes an utterance from its first sample, normalised by its own mean. `sound` may grow meanwhile.

    Afterwards the decoder is ready for a live pass, with the mean that it had before.
    """

    def __init__(self, decoder: Any, sound: bytearray) -> None:
        """Take the mean of the sound that there is, which costs a hundredth of its length, and begin."""
        self._decoder = decoder
        self._sound = sound
        self._done_bytes = 0
        self.score = -math.inf
        self._mean_before = decoder.get_cmn(update=False)
        self._mean = _mean_of(decoder, bytes(sound))
        decoder.reinit_feat()
        decoder.start_utt()

    def step(self) -> bool:
        """Decode a block, if there is a whole one; tell whether there is another."""
        if len(self._sound) - self._done_bytes >= BLOCK_BYTES:
            self._decode_block()
        return len(self._sound) - self._done_bytes >= BLOCK_BYTES

    def finish(self) -> list[Word]:
        """Decode what is left and return the words; `score` is theirs then."""
        while self._done_bytes < len(self._sound):
            self._decode_block()
        self.drop()
        self.score = score_of(self._decoder)
        return _words(self._decoder)

    def drop(self) -> None:
        """End it where it is."""
        self._decoder.set_cmn(self._mean)
        self._decoder.end_utt()
        self._decoder.set_cmn(self._mean_before)

    def _decode_block(self) -> None:
        block = bytes(self._sound[self._done_bytes : self._done_bytes + BLOCK_BYTES])
        self._done_bytes += len(block)
        self._decoder.set_cmn(self._mean)  # else it drifts with each block
        self._decoder.process_raw(block, no_search=False, full_utt=False)


def _words(decoder: Any, start_s: float = 0.0) -> list[Word]:
    return [_word(segment, start_s) for segment in decoder.seg() or () if clean(segment.word)]


def _word(segment: Any, start_s: float) -> Word:
    # The manual has `prob` as a logarithm, and it is one in other bindings; here it is the posterior itself.
    confidence = round(min(1.0, max(0.0, segment.prob)), 3)
    begin_s, end_s = (start_s + frame / _FRAMES_PER_S for frame in (segment.start_frame, segment.end_frame + 1))
    return Word(clean(segment.word), round(begin_s, 2), round(end_s, 2), confidence)


def _mean_of(decoder: Any, pcm: bytes) -> str:
    words = decoder.current_search()
    decoder.activate_search(MEAN_SEARCH)
    try:
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(pcm, no_search=True, full_utt=True)
        mean: str = decoder.get_cmn(update=False)
        decoder.end_utt()
    finally:
        decoder.activate_search(words)
    return mean


def words_of(decoder: Any) -> str:
    """Return the words that a decoder has found, without what is none."""
    hypothesis = decoder.hyp()
    return clean(hypothesis.hypstr) if hypothesis else ""


def score_of(decoder: Any) -> float:
    """Return the logarithm of how likely sound and words are together; -inf if there are no words.

    As the library has it, by its own measure for a frame's best sound: two models of equal make can be compared.
    """
    hypothesis = decoder.hyp()
    return math.log(hypothesis.score) if hypothesis and clean(hypothesis.hypstr) and hypothesis.score > 0 else -math.inf


def clean(hypothesis: str | None) -> str:
    """Return the words alone: no fillers (``<sil>``, ``[NOISE]``, ``++um++``), no numbers of pronunciations."""
    words = (_PRONUNCIATION.sub("", word) for word in (hypothesis or "").split())
    return " ".join(word for word in words if word and word[0] not in "<[" and not word.startswith("++"))
