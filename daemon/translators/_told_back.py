"""Tells translations back: of several likely ones the one is right that also says what was said.

What a model says when it does not know is likely, and says something else. The model of the way back knows better:
each translation counts by how likely the sentence is what it means, too (Yee and others, Simple and Effective Noisy
Channel Modeling for Neural Machine Translation, https://arxiv.org/abs/1908.05731).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from daemon.drivers import DriverMissing
from daemon.translators import _model_folder
from daemon.translators._loaded_model import Asked, LoadedModel, load
from daemon.translators._model_folder import ModelFolder, Spelling

#: What telling back weighs beside the translation: the power of its probability.
_WEIGHT = 0.5
#: The probability from which the likeliest is taken without a question: a fourth of all sentences are asked about, and
#: that brings what there is to gain. Of what it has, the least of one that is told back, and how many are.
_SURE, _LEAST, _MOST = 0.75, 0.7, 5


class Candidate(NamedTuple):
    """A translation of a sentence that may be the right one."""

    text: str
    probability: float
    """Of a token, the mean, less for what looks wrong; 0 if nothing of it can be trusted."""
    sentence: str
    """What was translated, with what is hidden of it."""
    translated: str
    """What the model made of that: the text, placeholders in it."""


class Back:
    """The model of the way back."""

    def __init__(self, model: LoadedModel, spelling: Spelling) -> None:
        self._model = model
        self._spelling = spelling

    def best(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the one of the translations of a sentence that is the likeliest and is told back the likeliest.

        How likely the whole is says less of how sure to be of it than the translation alone: unusual sentences are told
        back less likely, however well they were translated. Raises RuntimeError and ValueError, as the library does.
        """
        likely = sorted(candidates, key=lambda each: -each.probability)[:_MOST]
        asked = [each for each in likely if each.probability >= _LEAST * likely[0].probability]
        if len(asked) == 1 or likely[0].probability > _SURE:
            return likely[0]
        weighed = zip(asked, self._told(asked), strict=True)
        return max(weighed, key=lambda each: each[0].probability * each[1])[0]

    def _told(self, asked: Sequence[Candidate]) -> list[float]:
        """Return what each translation counts by for how likely its sentence is told back from it."""
        before, after = self._spelling.before, self._spelling.after
        rows = [
            Asked([*before, *self._model.pieces(each.translated), *after], self._model.pieces(each.sentence))
            for each in asked
        ]
        return [math.exp(_WEIGHT * each) for each in self._model.likelihoods(rows)]


def way_back(folder: ModelFolder, source: str, target: str, threads: int, beam_size: int) -> Back | None:
    """Load the model that tells back what this one says, if it has one. Raises `DriverMissing`."""
    if folder.told_back_by is None:
        return None
    back = _model_folder.read(folder.told_back_by)
    spelling = back.directions.get((target, source))
    if spelling is None:
        raise DriverMissing(f"{back.path} does not translate {target} to {source}, which {folder.path} needs of it")
    if spelling.prefix or back.target_pieces != back.source_pieces or back.placeholders != folder.placeholders:
        raise DriverMissing(f"{back.path} spells its sentences in another way than {folder.path}, which needs it")
    return Back(load(back, threads, beam_size), spelling)
