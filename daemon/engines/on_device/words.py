"""What the recognizer heard as it is shown: a sentence, with figures where they are wanted, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daemon.casing import punctuate
from daemon.events import Word
from daemon.figures.writing import Segment, segments, settled
from daemon.phrases import Phrases

#: Stands for a phrase where a text is given capitals and stops: no letter, and no stop.
_PHRASE = "\ue000"


class _Phrase(Segment):
    """A piece that is written as the person wrote it."""

    __slots__ = ()


class Sentence(NamedTuple):
    """What was said, whole."""

    #: As it is shown.
    text: str
    #: None if they cannot be told apart in it.
    words: tuple[Word, ...]
    #: Without a stop that is only a guess: with one, a translator makes a statement of a question.
    sure: str


class Writer:
    """Writes what is heard in one language, BCP-47; with `figures` numbers are not left in words."""

    def __init__(self, language: str, *, figures: bool, phrases: Phrases) -> None:
        self._language = language
        self._figures = figures
        self._phrases = phrases

    def hypothesis(self, words: str) -> str:
        """Return what may be shown of an unfinished sentence: a number at its end may become another, and waits."""
        heard = words.split()
        if self._figures:
            heard = heard[: settled(heard, self._language)]
        return self._sentence(self._pieces(heard), final=False)

    def sentence(self, words: str, heard: Sequence[Word]) -> Sentence:
        """Return the whole sentence."""
        pieces = self._pieces(words.split())
        text = self._sentence(pieces, final=True)
        return Sentence(text, as_shown(heard, text, pieces), self._sentence(pieces, final=True, guess=False))

    def _pieces(self, words: Sequence[str]) -> list[Segment]:
        pieces: list[Segment] = []
        at = 0
        for phrase in self._phrases.among(words):
            pieces += [*self._plain(words[at : phrase.begin]), _Phrase(phrase.text, phrase.end - phrase.begin)]
            at = phrase.end
        return [*pieces, *self._plain(words[at:])]

    def _plain(self, words: Sequence[str]) -> list[Segment]:
        return segments(words, self._language) if self._figures else [Segment(word, 1) for word in words]

    def _sentence(self, pieces: Sequence[Segment], *, final: bool, guess: bool = True) -> str:
        texts = [_PHRASE if isinstance(piece, _Phrase) else piece.text for piece in pieces]
        text = punctuate(" ".join(texts), self._language, final=final, guess=guess)
        for piece in pieces:
            if isinstance(piece, _Phrase):
                text = text.replace(_PHRASE, piece.text, 1)
        return text


def as_shown(heard: Sequence[Word], text: str, pieces: Sequence[Segment] = ()) -> tuple[Word, ...]:
    """Return the words as they stand in the text that was made of them; none if they cannot be told apart in it.

    A piece of several words is one word, as sure as the least sure of them.
    """
    pieces = pieces or [Segment(word.text, 1) for word in heard]
    shown = text.split()
    parts = sum(piece.text.count(" ") + 1 for piece in pieces)
    if len(shown) != parts or len(heard) != sum(piece.words for piece in pieces):
        return ()
    return tuple(_merged(heard, shown, pieces))


def _merged(heard: Sequence[Word], shown: Sequence[str], pieces: Sequence[Segment]) -> Iterator[Word]:
    at = part = 0
    for piece in pieces:
        words = heard[at : at + piece.words]
        end = part + piece.text.count(" ") + 1
        lexical = " ".join(word.text for word in words)
        written = " ".join(shown[part:end])
        confidence = min(word.confidence for word in words)
        kept = "" if piece.text == lexical else lexical
        yield Word(written, words[0].start_s, words[-1].end_s, confidence, kept)
        at, part = at + piece.words, end
