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
from tests.support.translation_models import PLACES, card, make

pytestmark = pytest.mark.parts

MODELS = Path(driver.__file__).parents[1] / "data" / "models"
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
    even = 0.5 * math.exp(0.5 * (like - meant))
    assert even > 0.4  # or it would not be asked
    assert shipped._back.best([candidate(LIKE, 0.5), candidate(MEANT, even * 1.01)]).text == MEANT
    assert shipped._back.best([candidate(LIKE, 0.5), candidate(MEANT, even * 0.99)]).text == LIKE


def test_what_is_far_less_likely_is_not_asked(shipped):
    likelier = candidate(OTHER, 0.5)
    assert shipped._back.best([candidate(MEANT, 0.34), candidate("", 0.0), likelier]) is likelier


def test_the_model_of_the_way_back_is_the_one_that_a_conversation_has_in_memory(shipped):
    assert shipped._back._model is driver.open("es", "en", driver.Settings())._model


def test_the_way_back_is_asked_what_the_model_was_shown_and_what_it_said(shipped, monkeypatch):
    """The lexicon has nothing against either of them, and the first is the likelier."""
    asked = []
    likelihoods = shipped._back._model.likelihoods

    def ask(rows):
        asked.extend(rows)
        return likelihoods(rows)

    said = [("¿Tiene una habitación para ⟪1⟫?", -0.3), ("¿Tiene una habitación libre para ⟪1⟫?", -0.31)]
    monkeypatch.setattr(shipped._back._model, "likelihoods", ask)
    monkeypatch.setattr(shipped, "_decoded", lambda hidden: [said] * len(hidden))
    made = shipped.translate("Do you have a vacant room for 734?")
    model, spelling = shipped._back._model, shipped._back._spelling
    assert [row.pieces for row in asked] == [
        [*spelling.before, *model.pieces(text), *spelling.after] for text, _ in said
    ]
    assert {tuple(row.translation) for row in asked} == {tuple(model.pieces("Do you have a vacant room for ⟪1⟫?"))}
    assert made.text == "¿Tiene una habitación libre para 734?"


@pytest.mark.parametrize(("likeliest", "asks"), [(0.74, True), (0.76, False)])
def test_only_where_none_is_very_likely_the_way_back_is_asked(shipped, monkeypatch, likeliest, asks):
    asked = []
    monkeypatch.setattr(shipped._back, "_told", lambda some: asked.append(some) or [1.0] * len(some))
    shipped._back.best([candidate(MEANT, likeliest), candidate(OTHER, 0.7)])
    assert bool(asked) == asks


def test_no_more_than_five_are_asked_about(shipped, monkeypatch):
    asked = []
    monkeypatch.setattr(shipped._back, "_told", lambda some: asked.extend(some) or [1.0] * len(some))
    shipped._back.best([candidate(f"{MEANT} {at}", 0.5) for at in range(7)])
    assert len(asked) == 5


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


def test_a_copy_of_a_model_that_ships_is_told_back_by_the_one_that_ships(tmp_path):
    shutil.copytree(MODELS / "en-es", tmp_path / "en-es")
    translator = opened(tmp_path / "en-es")
    assert translator._folder.path == tmp_path / "en-es"
    assert translator._back._model is driver.open("es", "en", driver.Settings())._model
    assert translator.faults == ()


def test_a_model_that_spells_otherwise_is_told_and_done_without(own):
    back = make(own.parent / "back", tokens=("eng_Latn", "spa_Latn"))
    translator = opened(own)
    assert translator.faults == (f"{back} spells its sentences in another way than {own}, which needs it",)


def test_a_model_of_the_way_back_that_is_full_of_zeros_is_told_and_done_without(tmp_path):
    for name in ("en-es", "es-en"):
        shutil.copytree(MODELS / name, tmp_path / name)
    file = tmp_path / "es-en" / "model.bin"
    file.write_bytes(file.read_bytes()[:200] + bytes(file.stat().st_size - 200))
    translator = opened(tmp_path / "en-es")
    [fault] = translator.faults
    assert f"{tmp_path / 'es-en'} does not load" in fault
    assert translator.translate(SENTENCE).text


def test_a_way_back_that_fails_is_told_and_done_without(caplog):
    translator = driver.open("en", "es", driver.Settings(threads=2))  # a model of its own, that it may lose
    translator._back._model.likelihoods = _fail
    translator._decoded = lambda _hidden: [[(MEANT, -0.4), (MEANT, -0.4)]]
    assert [translator.translate(SENTENCE).text for _ in range(2)] == [MEANT] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "the way back of en-es failed, and is done without from now on: no memory"
    ]


def _fail(_asked):
    raise RuntimeError("no memory")
