"""Of several translations the one from which the sentence is told back: the models that ship, and models of chance."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import pytest

pytest.importorskip("ctranslate2", reason="pip install ctranslate2")
pytest.importorskip("sentencepiece", reason="pip install sentencepiece")

from daemon.translators import ctranslate2 as driver
from daemon.translators._loaded_model import Asked
from daemon.translators._told_back import Candidate
from daemon.translators.base import TranslatorFailed
from tests.support.translation_models import PLACES, card, make

pytestmark = pytest.mark.parts

SENTENCE = "Where is the train station?"
MEANT, OTHER = "¿Dónde está la estación de tren?", "¿Dónde está el tren?"


def candidate(translated: str, probability: float) -> Candidate:
    return Candidate(translated, probability, SENTENCE, translated)


@pytest.fixture(scope="module")
def shipped():
    return driver.open("en", "es", driver.Settings())


@pytest.fixture
def own(tmp_path) -> Path:
    folder = make(tmp_path / "own", tokens=(">>es<<", *PLACES))
    return card(folder, before='told_back_by = "back"\n')


def opened(folder: Path) -> driver.CTranslate2Translator:
    return driver.open("en", "es", driver.Settings(models=(str(folder),)))


def test_of_two_that_are_as_likely_the_one_is_taken_that_says_all(shipped):
    shipped_back = shipped._back
    lost, whole = shipped_back.weighed([candidate(OTHER, 0.5), candidate(MEANT, 0.5)])
    assert whole.probability > 1.2 * lost.probability


def test_each_counts_by_how_likely_the_sentence_is_its_translation(shipped):
    model, spelling = shipped._back._model, shipped._back._spelling
    asked = Asked([*spelling.before, *model.pieces(MEANT), *spelling.after], model.pieces(SENTENCE))
    [told] = model.likelihoods([asked])
    [weighed] = shipped._back.weighed([candidate(MEANT, 0.5)])
    assert weighed.probability == pytest.approx(0.5 * math.exp(0.3 * told))


def test_what_is_far_less_likely_is_not_asked_and_does_not_win(shipped):
    candidates = [candidate(OTHER, 0.5), candidate(MEANT, 0.2), candidate("", 0.0)]
    [most, less, none] = [each.probability for each in shipped._back.weighed(candidates)]
    assert less / most == pytest.approx(0.2 / 0.5)
    assert none == 0.0


def test_the_model_of_the_way_back_is_the_one_that_a_conversation_has_in_memory(shipped):
    assert shipped._back._model is driver.open("es", "en", driver.Settings())._model


def test_a_word_that_is_lost_is_found_in_another_of_the_likely_ones(shipped, monkeypatch):
    monkeypatch.setattr(shipped, "_decoded", lambda _hidden: [[(OTHER, -0.2), (MEANT, -0.21)]])
    assert shipped.translate(SENTENCE).text == MEANT


def test_where_the_model_of_the_way_back_is_missing_it_is_told_and_done_without(own):
    translator = opened(own)
    assert translator.faults == (f"the translation model {own.parent / 'back'} is no folder",)
    assert translator.translate("My house is big.").text


def test_a_model_that_is_not_of_the_way_back_is_told_and_done_without(own):
    shutil.copytree(own, own.parent / "back")
    translator = opened(own)
    assert translator.faults == (f"{own.parent / 'back'} does not translate es to en, which {own} needs of it",)
    assert translator.translate("My house is big.").text


def test_a_way_back_that_fails_is_told_as_such(shipped, monkeypatch):
    def fail(_asked):
        raise RuntimeError("no memory")

    monkeypatch.setattr(shipped._back._model, "likelihoods", fail)
    with pytest.raises(TranslatorFailed, match="the way back of en-es failed: no memory"):
        shipped.translate(SENTENCE)
