"""Phrases that a Pocketsphinx decoder is taught: how they sound, and that they are likely.

Each phrase is one word of the decoder's, which costs it one guess however many words the phrase has, and none of them
need be in the dictionary. The language model takes it for as likely as a common noun, wherever it comes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, pairwise, product
from typing import Any

from daemon.events import Word
from daemon.recognizers._model import Model
from daemon.recognizers._phones import phones_of
from daemon.recognizers.base import Phrase

#: How many times as likely as the rarest of all words a phrase is.
WEIGHT = 30.0
#: Ways to say a word, and a phrase, that are taken.
_WAYS_OF_A_WORD, _WAYS = 3, 4
#: How the decoder's own name of a phrase begins; no dictionary has such a word.
_NAME = "phrase#"


class Vocabulary:
    """What a decoder was taught."""

    def __init__(self) -> None:
        #: The decoder's name of a phrase → how it is written.
        self._texts: dict[str, str] = {}

    def teach(self, decoder: Any, model: Model, phrases: Iterable[Phrase]) -> None:
        """Have the decoder know phrases; one that cannot be said with the model's phones is left out."""
        entries = [entry for phrase in phrases for entry in self._entries(decoder, model, phrase)]
        likely = decoder.get_lm()
        for name in self._texts:
            likely.add_word(name, WEIGHT)
        for at, (name, way) in enumerate(entries, 1):
            # The search sees them after an update, and one costs half a second.
            decoder.add_word(name, way, update=at == len(entries))

    def text(self, heard: str) -> str:
        """Return what was heard, with phrases as they are written."""
        return " ".join(self._texts.get(word, word) for word in heard.split())

    def words(self, heard: Iterable[Word]) -> Iterator[Word]:
        """Yield the words that were heard; those of a phrase share its time by their letters."""
        for word in heard:
            yield from _shared(word, self._texts.get(word.text, word.text).split())

    def _entries(self, decoder: Any, model: Model, phrase: Phrase) -> Iterator[tuple[str, str]]:
        """Yield what the dictionary gets of a phrase: ``name``, ``name(2)``, … and phones."""
        ways = dict.fromkeys(islice(_ways(decoder, model, phrase), _WAYS))
        name = f"{_NAME}{len(self._texts)}"
        if ways:
            self._texts[name] = phrase.text
        for number, way in enumerate(ways, 1):
            yield (name if number == 1 else f"{name}({number})"), way


def _ways(decoder: Any, model: Model, phrase: Phrase) -> Iterator[str]:
    words = phrase.text.split()
    sounds: Sequence[Sequence[str]] = phrase.sounds or [()] * len(words)
    each = [_ways_of_word(decoder, model, word, known) for word, known in zip(words, sounds, strict=True)]
    return (" ".join(filter(None, way)) for way in product(*each))


def _ways_of_word(decoder: Any, model: Model, word: str, sounds: Iterable[str]) -> list[str]:
    """Return how the dictionary says a word; one that it does not know, as it sounds in some language.

    A dash between two words is not said.
    """
    known = list(islice(_looked_up(decoder, word.lower().strip("'")), _WAYS_OF_A_WORD))
    if not known and all(map(_is_latin, word)):
        found = (phones_of(sound, model.phones) for sound in sounds)
        known = list(islice(filter(None, dict.fromkeys(found)), _WAYS_OF_A_WORD))
    return known or ([] if any(map(str.isalnum, word)) else [""])


def _looked_up(decoder: Any, word: str) -> Iterator[str]:
    number = 1
    while way := decoder.lookup_word(word if number == 1 else f"{word}({number})"):
        yield way
        number += 1


def _is_latin(char: str) -> bool:
    """Tell whether a voice reads it, and does not say "Chinese letter"."""
    return not char.isalpha() or unicodedata.name(char, "").startswith("LATIN")


def _shared(word: Word, parts: Sequence[str]) -> Iterator[Word]:
    letters = sum(map(len, parts))
    length_s = word.end_s - word.start_s
    ends = accumulate(map(len, parts))
    times = [word.start_s, *(round(word.start_s + length_s * end / letters, 2) for end in ends)]
    for part, (begin_s, end_s) in zip(parts, pairwise(times), strict=True):
        yield Word(part, begin_s, end_s, word.confidence)
