"""Pairs of which a translator made one side, from English sentences that have no translation here.

Into English, what is learnt to be written is a person's, only what is read is not (Sennrich and others, Improving
Neural Machine Translation Models with Monolingual Data, https://arxiv.org/abs/1511.06709). From English, the network
learns what it says when it is surest, of sentences that it did not learn by heart (He and others, Revisiting
Self-Training for Neural Sequence Generation, https://arxiv.org/abs/1909.13788): this needs dropout. The sentences are
those of the other languages' pairs.
"""

from __future__ import annotations

from pathlib import Path

from daemon.translators._plausible import lacks_letter
from scripts.lib.translator.corpus import Pair, read
from scripts.lib.translator.fetch import LANGUAGES
from scripts.lib.translator.phrases import normalised
from scripts.lib.translator.translating import translate
from scripts.lib.translator.vocabulary import Vocabulary

#: The translations that the translator was least sure of are left out.
_KEPT = 0.9


def back_translated(model: Path, pairs: Path, language: str, known: list[Pair]) -> list[Pair]:
    """Return pairs from ``language`` to English, made by ``model``, which translates from English to it.

    ``known`` are pairs whose English is not taken, however it is spelled: those that are there already, and those that
    judge.
    """
    return [Pair(text, english, language, "en") for english, text in _made(model, pairs, language, known)]


def forward_translated(model: Path, pairs: Path, language: str, known: list[Pair]) -> list[Pair]:
    """Return pairs from English to ``language``, made by ``model``, which translates so; ``known`` as above."""
    return [Pair(english, text, "en", language) for english, text in _made(model, pairs, language, known)]


def _made(model: Path, pairs: Path, language: str, known: list[Pair]) -> list[tuple[str, str]]:
    have = {normalised(pair.source if pair.source_language == "en" else pair.target) for pair in known}
    others = [other for other in LANGUAGES if other != language]
    english = {pair.source: None for other in others for pair in read(pairs, "en", other, "train")}
    return _surest(model, language, [each for each in english if normalised(each) not in have])


def _surest(model: Path, language: str, sentences: list[str]) -> list[tuple[str, str]]:
    return kept(sentences, translate(model, Vocabulary(model / "source.spm"), sentences, language))


def kept(sentences: list[str], made: list[tuple[str, float]]) -> list[tuple[str, str]]:
    """Return the sentences with what was made of them, text and score, where that is to be learnt from."""
    surest = sorted(zip(sentences, made, strict=True), key=lambda each: -each[1][1])[: int(_KEPT * len(made))]
    return [(sentence, text) for sentence, (text, _) in surest if not lacks_letter(sentence, text)]
