"""What a token of a sentence leads to is learnt from the pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sentencepiece", reason="pip install dragoman[device]")

from scripts.lib.translator import shortlist
from scripts.lib.translator.corpus import PLACEHOLDERS, Pair
from scripts.lib.translator.vocabulary import Vocabulary

pytestmark = pytest.mark.parts

SHIPPED = Path(__file__).resolve().parents[2] / "daemon" / "data" / "models" / "en-es"
#: Translations with more words between them than are always there.
ANIMALS = [("cat", "gato"), ("dog", "perro"), ("horse", "caballo")]


@pytest.fixture
def learnt(tmp_path, monkeypatch) -> dict[str, list[str]]:
    monkeypatch.setattr(shortlist, "_ALWAYS", 3)
    pairs = [Pair(f"The {one} sleeps.", f"El {other} duerme.", "en", "es") for one, other in ANIMALS for _ in range(4)]
    once = Pair("The horse eats.", "El caballo come.", "en", "es")
    shortlist.write([*pairs, once], Vocabulary(SHIPPED / "source.spm"), tmp_path)
    lines = (tmp_path / "vmap.txt").read_text(encoding="utf-8").splitlines()
    return {token: tokens.split(" ") for token, tokens in (line.split("\t") for line in lines)}


def test_a_token_leads_to_what_stands_with_it_and_to_itself(learnt):
    for source, target in ANIMALS:
        others = {f"▁{each}" for _, each in ANIMALS if each != target}
        assert {f"▁{source}", f"▁{target}"} <= set(learnt[f"▁{source}"])
        assert not others & set(learnt[f"▁{source}"])


def test_the_likeliest_comes_first(learnt):
    assert learnt["▁horse"].index("▁caballo") < learnt["▁horse"].index("▁come")


def test_anything_can_be_spelled_and_what_was_hidden_can_be_said(learnt):
    assert {"</s>", *PLACEHOLDERS, *"abcñáéz0189.,¿?"} <= set(learnt[""])
