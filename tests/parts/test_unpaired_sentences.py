"""Sentences without a translation are translated, to be learnt from, by the model that ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.lib.translator.corpus import Pair

pytest.importorskip("ctranslate2", reason="pip install dragoman[device]")
pytest.importorskip("sentencepiece", reason="pip install dragoman[device]")

from scripts.lib.translator.translating import Way, told_back
from scripts.lib.translator.unpaired import back_translated, forward_translated, kept

pytestmark = pytest.mark.parts

SHIPPED = Path(__file__).resolve().parents[2] / "daemon" / "data" / "models" / "en-es"
BACK = SHIPPED.with_name("es-en")
#: English → French, and what is in the Spanish.
SENTENCES = {
    "I'm thirsty.": ("J'ai soif.", "sed"),
    "The house is big.": ("La maison est grande.", "casa"),
    "Where is the station?": ("Où est la gare ?", "estación"),
    "I don't speak French.": ("Je ne parle pas français.", "francés"),
}


@pytest.fixture
def pairs(tmp_path) -> Path:
    rows = "".join(f"{english}\t{french}\n" for english, (french, _) in SENTENCES.items())
    (tmp_path / "en-fr.train.tsv").write_text(rows, encoding="utf-8")
    (tmp_path / "en-de.train.tsv").write_text("The house is big.\tDas Haus ist groß.\n", encoding="utf-8")
    return tmp_path


def test_the_english_of_other_pairs_gets_a_source_in_the_language(pairs):
    for made in back_translated(SHIPPED, pairs, "es", []):
        assert (made.source_language, made.target_language) == ("es", "en")
        assert SENTENCES[made.target][1] in made.source


def test_the_english_of_other_pairs_gets_a_translation_into_the_language(pairs):
    for made in forward_translated(SHIPPED, pairs, "es", []):
        assert (made.source_language, made.target_language) == ("en", "es")
        assert SENTENCES[made.source][1] in made.target


def test_english_that_has_a_translation_is_not_translated_again(pairs):
    known = [Pair("where is the station", "¿Dónde está la estación?", "en", "es")]
    made = [pair.source for pair in forward_translated(SHIPPED, pairs, "es", known)]
    assert made
    assert "Where is the station?" not in made


def test_a_sentence_that_is_there_or_that_judges_is_not_taken_however_it_is_spelled(pairs):
    known = [Pair("¿Dónde está la estación?", "where is the station", "es", "en")]
    made = [pair.target for pair in back_translated(SHIPPED, pairs, "es", known)]
    assert made
    assert "Where is the station?" not in made


def test_each_sentence_is_taken_once_and_the_one_that_is_least_sure_is_left_out(pairs):
    made = [pair.target for pair in back_translated(SHIPPED, pairs, "es", [])]
    assert len(made) == len(set(made)) == len(SENTENCES) - 1


def test_what_has_a_letter_that_the_translator_does_not_know_is_not_learnt_from():
    made = [("Ich will \u2047pfel.", -0.1), ("Ich will ?? pfel.", -0.2), ("Ich will Brot.", -0.3), ("Nein.", -0.9)]
    assert kept(["I want apples.", "I want an apple.", "I want bread.", "No."], made) == [
        ("I want bread.", "Ich will Brot.")
    ]


def test_of_the_likely_translations_the_one_is_learnt_that_is_told_back(pairs):
    for made in forward_translated(SHIPPED, pairs, "es", [], BACK):
        assert SENTENCES[made.source][1] in made.target
    way, back = Way(SHIPPED, "es"), Way(BACK, "en")
    sentences = list(SENTENCES)
    likely = [[text for text, _ in some] for some in way.translations(sentences, 8)]
    chosen = told_back(way, back, sentences)
    for sentence, some, (text, score) in zip(sentences, likely, chosen, strict=True):
        assert text in some
        [told] = back.likelihoods([text], [sentence])
        [forward] = [value for each, value in way.translations([sentence], 8)[0] if each == text][:1]
        assert score == pytest.approx(forward + 0.5 * told, abs=0.05)  # sentences of one batch are padded to one length


def test_a_translation_that_says_all_is_told_back_likelier():
    back = Way(BACK, "en")
    less, all_of_it = back.likelihoods(["Tengo una casa.", "Tengo una casa grande."], ["I have a big house."] * 2)
    assert all_of_it > less + 0.5
