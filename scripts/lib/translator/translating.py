"""Model folders at work on many sentences, with the quantized weights, as on a device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np

from scripts.lib.translator.corpus import tag
from scripts.lib.translator.vocabulary import Vocabulary

_BEAM = 4
_LONGEST_TOKENS = 120
_TOGETHER = 64
#: Translations that are told back, and how much less likely than the first they may be: log-probability of a token.
_TOLD_BACK, _BEHIND = 8, 0.7
#: What telling back weighs beside the translation.
_WEIGHT = 0.5

#: A translation and its mean log-probability.
Scored = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A model folder that translates to a language, in eight bits."""

    folder: Path
    target: str

    def translations(self, sentences: list[str], count: int = 1) -> list[list[Scored]]:
        """Return the ``count`` likeliest translations of each sentence, the likeliest first."""
        decode = self._vocabulary().pieces.decode
        results = self._translator().translate_batch(
            self._rows(sentences),
            beam_size=max(_BEAM, count),
            num_hypotheses=count,
            max_batch_size=_TOGETHER,
            max_decoding_length=_LONGEST_TOKENS,
            return_scores=True,
        )
        return [
            [(decode(pieces), score) for pieces, score in zip(each.hypotheses, each.scores, strict=True)]
            for each in results
        ]

    def likelihoods(self, sentences: list[str], wanted: list[str]) -> list[float]:
        """Return how likely each sentence is translated by the one that is wanted: mean log-probability."""
        encode = self._vocabulary().pieces.encode
        results = self._translator().score_batch(
            self._rows(sentences),
            [encode(each, out_type=str)[:_LONGEST_TOKENS] for each in wanted],
            max_batch_size=_TOGETHER,
        )
        return [float(np.mean(each.log_probs)) for each in results]

    def _translator(self) -> ctranslate2.Translator:
        return ctranslate2.Translator(str(self.folder), intra_threads=1, inter_threads=1, compute_type="int8")

    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.folder / "source.spm")

    def _rows(self, sentences: list[str]) -> list[list[str]]:
        encode = self._vocabulary().pieces.encode
        return [[tag(self.target), *encode(each, out_type=str)[:_LONGEST_TOKENS], "</s>"] for each in sentences]


def told_back(way: Way, back: Way, sentences: list[str]) -> list[Scored]:
    """Return of the likeliest translations of each sentence the one that also tells most of it.

    What a model says when it does not know is likely and says something else; the model of the way back knows better
    whether the sentence is what that means (Yee and others, Simple and Effective Noisy Channel Modeling for Neural
    Machine Translation, https://arxiv.org/abs/1908.05731).
    """
    found = [
        [some[0], *(each for each in some[1:] if each[1] > some[0][1] - _BEHIND)]
        for some in way.translations(sentences, _TOLD_BACK)
    ]
    asked = [(text, sentence) for sentence, some in zip(sentences, found, strict=True) for text, _ in some]
    told = iter(back.likelihoods([text for text, _ in asked], [sentence for _, sentence in asked]))
    return [
        max(((text, score + _WEIGHT * next(told)) for text, score in some), key=lambda each: each[1]) for some in found
    ]
