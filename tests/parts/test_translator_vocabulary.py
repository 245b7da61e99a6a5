"""Vocabularies are learnt, extended and used for real; what has no token cannot be written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scripts.lib.translator import phrases
from scripts.lib.translator.corpus import Pair

pytest.importorskip("sentencepiece", reason="pip install dragoman[device]")
pytest.importorskip("google.protobuf", reason="pip install dragoman[train]")

import sentencepiece

from scripts.lib.translator.vocabulary import UNKNOWN, Vocabulary, extend, lacking, learn

pytestmark = pytest.mark.parts

SHIPPED = Path(__file__).resolve().parents[2] / "daemon" / "data" / "models" / "en-es" / "source.spm"
PAIR = Pair("My neighbour's pharmacy is closed tomorrow.", "La farmacia de mi vecino cierra mañana.", "en", "es")


def pairs(language: str) -> list[Pair]:
    made = phrases.pairs(random.Random(5), "en", language, 3_000)
    return [Pair(*each, "en", language) for each in made]


def test_every_common_letter_has_a_token(tmp_path):
    learn(pairs("de"), ("en", "de"), 1_000, tmp_path / "source.spm")
    vocabulary = Vocabulary(tmp_path / "source.spm")
    assert lacking(pairs("de"), vocabulary) == []
    assert UNKNOWN not in vocabulary.pieces.encode("Äpfel, Öl und Übung")


def test_an_extended_one_knows_the_letters_and_every_token_keeps_its_id(tmp_path):
    learn(pairs("es"), ("en", "es"), 1_000, tmp_path / "source.spm")
    before = Vocabulary(tmp_path / "source.spm")
    wanting = lacking(pairs("de"), before)
    assert {"ä", "ß"} <= set(wanting)

    extend(tmp_path / "source.spm", wanting, tmp_path / "extended.spm")

    after = Vocabulary(tmp_path / "extended.spm")
    assert after.tokens() == before.tokens() + wanting
    assert lacking(pairs("de"), after) == []
    assert after.pieces.encode("¿Dónde está la estación?") == before.pieces.encode("¿Dónde está la estación?")
    assert after.pieces.decode(after.pieces.encode("große Bären")) == "große Bären"


def test_one_that_lacks_nothing_is_copied(tmp_path):
    extend(SHIPPED, [], tmp_path / "source.spm")
    assert Vocabulary(tmp_path / "source.spm").tokens() == Vocabulary(SHIPPED).tokens()


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
