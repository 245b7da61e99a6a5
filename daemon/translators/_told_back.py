"""Tells translations back: of several likely ones the one is right that also says what was said.

What a model says when it does not know is likely, and says something else. The model of the way back knows better:
each translation counts by how likely the sentence is what it means, too (Yee and others, Simple and Effective Noisy
Channel Modeling for Neural Machine Translation, https://arxiv.org/abs/1908.05731).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from daemon.translators._loaded_model import Asked, LoadedModel
from daemon.translators._model_folder import Spelling

#: What telling back weighs beside the translation: the power of its probability.
_WEIGHT = 0.3
#: Of what the best has, the least probability of one that is told back, and how many are: others never won.
_LEAST, _MOST = 0.8, 8


class Candidate(NamedTuple):
    """A translation of a sentence that may be the right one."""

    text: str
    probability: float
    """Of a token, the mean, less for what looks wrong; 0 if nothing of it can be trusted."""
    sentence: str
    """What was translated, placeholders in it."""
    translated: str
    """What the model made of that: the text, placeholders in it."""


class Back:
    """The model of the way back."""

    def __init__(self, model: LoadedModel, spelling: Spelling) -> None:
        self._model = model
        self._spelling = spelling

    def weighed(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the translations of one sentence, each as probable as it is and as it is told back.

        Raises RuntimeError and ValueError, as the library does.
        """
        least = _LEAST * max(each.probability for each in candidates)
        likely = sorted((each for each in candidates if each.probability >= least), key=lambda each: -each.probability)
        asked = list(dict.fromkeys((each.translated, each.sentence) for each in likely))[:_MOST]
        told = dict(zip(asked, self._told(asked), strict=True))
        unasked = min(told.values())
        return [
            each._replace(probability=each.probability * told.get((each.translated, each.sentence), unasked))
            for each in candidates
        ]

    def _told(self, asked: Sequence[tuple[str, str]]) -> list[float]:
        before, after = self._spelling.before, self._spelling.after
        rows = [
            Asked([*before, *self._model.pieces(translated), *after], self._model.pieces(sentence))
            for translated, sentence in asked
        ]
        return [math.exp(_WEIGHT * each) for each in self._model.likelihoods(rows)]
