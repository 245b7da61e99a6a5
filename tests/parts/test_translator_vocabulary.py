"""A vocabulary is learnt and extended for real; what has no token cannot be written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from scripts.lib.translator import phrases
from scripts.lib.translator.corpus import Pair

pytest.importorskip("sentencepiece", reason="pip install dragoman[device]")
pytest.importorskip("google.protobuf", reason="pip install dragoman[train]")

from scripts.lib.translator.vocabulary import UNKNOWN, Vocabulary, extend, lacking, learn

pytestmark = pytest.mark.parts

SHIPPED = Path(__file__).resolve().parents[2] / "daemon" / "data" / "models"


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
    extend(SHIPPED / "en-es" / "source.spm", [], tmp_path / "source.spm")
    assert Vocabulary(tmp_path / "source.spm").tokens() == Vocabulary(SHIPPED / "en-es" / "source.spm").tokens()
