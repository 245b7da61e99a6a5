"""Sentences cut into the pieces of a model that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sentencepiece", reason="pip install dragoman[device]")

import sentencepiece

from scripts.lib.translator.corpus import Pair
from scripts.lib.translator.vocabulary import Vocabulary

pytestmark = pytest.mark.parts

SHIPPED = Path(__file__).resolve().parents[2] / "daemon" / "data" / "models" / "en-es" / "source.spm"
PAIR = Pair("My neighbour's pharmacy is closed tomorrow.", "La farmacia de mi vecino cierra mañana.", "en", "es")


def test_a_source_is_cut_one_way_unless_sampled():
    vocabulary = Vocabulary(SHIPPED)
    assert len({tuple(source) for source, _ in vocabulary.encode([PAIR] * 50)}) == 1


def test_sampled_sources_are_cut_otherwise_and_say_the_same_and_targets_stay():
    sentencepiece.set_random_generator_seed(1)
    vocabulary = Vocabulary(SHIPPED)
    sampled = vocabulary.encode([PAIR] * 50, sampling=0.3)
    assert len({tuple(source) for source, _ in sampled}) > 3
    assert {vocabulary.pieces.decode(source[1:-1]) for source, _ in sampled} == {PAIR.source}
    assert len({tuple(target) for _, target in sampled}) == 1
