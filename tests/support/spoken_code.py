"""Sound that a test server understands: each word is a stretch of samples of one value.

So what a server recognizes depends on nothing but the samples that reached it: a lost or doubled stretch of sound is
a lost or doubled word, and offsets are where the words lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hw.api import SPEECH_FORMAT

WORDS = ("good", "morning", "how", "are", "you", "today", "one", "two", "three", "four", "five", "six", "seven")
_STEP = 100
_RATE = SPEECH_FORMAT.rate_hz
WORD_S = 0.3
#: Silence within a phrase, and between phrases.
GAP_S = 0.06
PAUSE_S = 0.6
#: So much silence ends a phrase.
_ENDS_PHRASE_S = 0.4
_FRAME = _RATE // 50


@dataclass(frozen=True)
class Word:
    text: str
    begin_s: float
    end_s: float


def sound_of(text: str, *, lead_s: float = 0.6, tail_s: float = 0.6) -> bytes:
    """Return the sound of words; a full stop is a pause between phrases."""
    parts = (silence(PAUSE_S) if word == "." else _tone(word) + silence(GAP_S) for word in text.split())
    return b"".join((silence(lead_s), *parts, silence(tail_s)))


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * _RATE))


def _tone(word: str) -> bytes:
    return (_STEP * (1 + WORDS.index(word))).to_bytes(2, "little", signed=True) * round(WORD_S * _RATE)


class Decoder:
    """Hears words in samples, as they come."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        #: Words of the phrase that has not ended.
        self.phrase: list[Word] = []
        self._frames = 0
        self._value = 0
        self._since = 0

    @property
    def heard_s(self) -> float:
        return self._frames * _FRAME / _RATE

    def feed(self, pcm: bytes) -> Iterator[str]:
        """Take samples; yield ``word`` where one ended, ``phrase`` where a phrase did: the caller clears it."""
        self.pcm += pcm
        while (self._frames + 1) * _FRAME * 2 <= len(self.pcm):
            at = 2 * (self._frames * _FRAME + _FRAME // 2)
            self._frames += 1
            yield from self._step(round(int.from_bytes(self.pcm[at : at + 2], "little", signed=True) / _STEP))

    def _step(self, value: int) -> list[str]:
        events = []
        if value != self._value:
            if 0 < self._value <= len(WORDS):
                begin, end = (frame * _FRAME / _RATE for frame in (self._since, self._frames - 1))
                self.phrase.append(Word(WORDS[self._value - 1], begin, end))
                events = ["word"]
            self._value, self._since = value, self._frames - 1
        silent_s = (self._frames - self._since) * _FRAME / _RATE
        return [*events, "phrase"] if self.phrase and not value and silent_s >= _ENDS_PHRASE_S else events
