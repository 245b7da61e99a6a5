"""Pairs whose source a translator made: English sentences without a translation here, translated back.

What is learnt to be written is a person's, only what is read is not (Sennrich and others, Improving Neural Machine
Translation Models with Monolingual Data, https://arxiv.org/abs/1511.06709). The sentences are those of the other
languages' pairs.
"""

from __future__ import annotations

from pathlib import Path

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
    have = {normalised(pair.target) for pair in known}
    others = [other for other in LANGUAGES if other != language]
    english = {pair.source: None for other in others for pair in read(pairs, "en", other, "train")}
    return _translated(model, language, [each for each in english if normalised(each) not in have])


def _translated(model: Path, language: str, sentences: list[str]) -> list[Pair]:
    made = translate(model, Vocabulary(model / "source.spm"), sentences, language)
    surest = sorted(zip(sentences, made, strict=True), key=lambda each: -each[1][1])
    return [Pair(text, sentence, language, "en") for sentence, (text, _) in surest[: int(_KEPT * len(surest))]]
