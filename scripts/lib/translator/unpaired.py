"""Pairs of which a translator made one side, from English sentences that have no translation here.

Into English, what is learnt to be written is a person's, only what is read is not (Sennrich and others, Improving
Neural Machine Translation Models with Monolingual Data, https://arxiv.org/abs/1511.06709). From English, the network
learns what it says when it is surest, of sentences that it did not learn by heart (He and others, Revisiting
Self-Training for Neural Sequence Generation, https://arxiv.org/abs/1909.13788): this needs dropout. The sentences are
those of the other languages' pairs. What is learnt is better where a model of the way back chooses it among the likely
translations, see `told_back`.
"""

from __future__ import annotations

from pathlib import Path

from daemon.translators._plausible import lacks_letter
from scripts.lib.translator.corpus import Pair, read
from scripts.lib.translator.fetch import LANGUAGES
from scripts.lib.translator.phrases import normalised
from scripts.lib.translator.translating import Scored, Way, told_back

#: The translations that the translator was least sure of are left out.
_KEPT = 0.9


def back_translated(model: Path, pairs: Path, language: str, known: list[Pair], back: Path | None = None) -> list[Pair]:
    """Return pairs from ``language`` to English, made by ``model``, which translates from English to it.

    ``known`` are pairs whose English is not taken, however it is spelled: those that are there already, and those that
    judge. ``back`` translates to English, and chooses.
    """
    return [Pair(text, english, language, "en") for english, text in _made(model, pairs, language, known, back)]


def forward_translated(
    model: Path, pairs: Path, language: str, known: list[Pair], back: Path | None = None
) -> list[Pair]:
    """Return pairs from English to ``language``, made by ``model``, which translates so; the others as above."""
    return [Pair(english, text, "en", language) for english, text in _made(model, pairs, language, known, back)]


def _made(model: Path, pairs: Path, language: str, known: list[Pair], back: Path | None) -> list[tuple[str, str]]:
    have = {normalised(pair.source if pair.source_language == "en" else pair.target) for pair in known}
    others = [other for other in LANGUAGES if other != language]
    english = {pair.source: None for other in others for pair in read(pairs, "en", other, "train")}
    return _surest(Way(model, language), [each for each in english if normalised(each) not in have], back)


def _surest(way: Way, sentences: list[str], back: Path | None) -> list[tuple[str, str]]:
    if back is None:
        return kept(sentences, [some[0] for some in way.translations(sentences)])
    return kept(sentences, told_back(way, Way(back, "en"), sentences))


def kept(sentences: list[str], made: list[Scored]) -> list[tuple[str, str]]:
    """Return the sentences with what was made of them, text and score, where that is to be learnt from."""
    surest = sorted(zip(sentences, made, strict=True), key=lambda each: -each[1][1])[: int(_KEPT * len(made))]
    return [(sentence, text) for sentence, (text, _) in surest if not lacks_letter(sentence, text)]
