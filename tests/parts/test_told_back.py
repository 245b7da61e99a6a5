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
MEANT, LIKE, OTHER = "¿Dónde está la estación de tren?", "¿Dónde queda la estación de trenes?", "¿Dónde está el tren?"


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
    lost, whole = candidate(OTHER, 0.5), candidate(MEANT, 0.5)
    assert shipped._back.best([lost, whole]) is shipped._back.best([whole, lost]) is whole


def test_telling_back_weighs_less_than_the_translation(shipped):
    model, spelling = shipped._back._model, shipped._back._spelling
    asked = [
        Asked([*spelling.before, *model.pieces(each), *spelling.after], model.pieces(SENTENCE))
        for each in (LIKE, MEANT)
    ]
    like, meant = model.likelihoods(asked)
    even = 0.5 * math.exp(0.3 * (like - meant))
    assert even > 0.45  # or it would not be asked
    assert shipped._back.best([candidate(LIKE, 0.5), candidate(MEANT, even * 1.01)]).text == MEANT
    assert shipped._back.best([candidate(LIKE, 0.5), candidate(MEANT, even * 0.99)]).text == LIKE


def test_what_is_far_less_likely_is_not_asked(shipped):
    likelier = candidate(OTHER, 0.5)
    assert shipped._back.best([candidate(MEANT, 0.44), candidate("", 0.0), likelier]) is likelier


def test_the_model_of_the_way_back_is_the_one_that_a_conversation_has_in_memory(shipped):
    assert shipped._back._model is driver.open("es", "en", driver.Settings())._model


def test_a_word_that_is_lost_is_found_in_another_of_the_likely_ones(shipped, monkeypatch):
    monkeypatch.setattr(shipped, "_decoded", lambda _hidden: [[(OTHER, -0.2), (MEANT, -0.21)]])
    assert shipped.translate(SENTENCE).text == MEANT


def test_a_device_with_little_memory_does_without():
    translator = driver.open("en", "es", driver.Settings(tell_back=False))
    assert translator._back is None
    assert translator.translate(SENTENCE).text


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
    monkeypatch.setattr(shipped, "_decoded", lambda _hidden: [[(MEANT, -0.2), (MEANT, -0.2)]])
    with pytest.raises(TranslatorFailed, match="the way back of en-es failed: no memory"):
        shipped.translate(SENTENCE)
