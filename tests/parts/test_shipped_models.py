"""The translation models that ship, on sentences that everybody says, and on what is no sentence of their language."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("ctranslate2", reason="pip install ctranslate2")
pytest.importorskip("sentencepiece", reason="pip install sentencepiece")

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.translators import ctranslate2 as driver

pytestmark = pytest.mark.parts

MODELS = Path(driver.__file__).parents[1] / "data" / "models"
#: Direction → a sentence, and what its translation must have.
SENTENCES = [
    ("en", "es", "Where is the train station?", r"¿dónde.*estación"),
    ("en", "es", "I'm not hungry.", r"\bno\b.*hambre"),
    ("en", "es", "Can you help me, please?", r"ayudar.*por favor"),
    ("en", "fr", "Where is the train station?", r"où.*gare"),
    ("en", "fr", "I'm not hungry.", r"pas.*faim"),
    ("en", "fr", "Can you help me, please?", r"aider.*s'il (vous|te) pla[iî]t"),
    ("en", "de", "Where is the train station?", r"wo.*bahnhof"),
    ("en", "de", "I'm not hungry.", r"(keinen|nicht).*(hunger|hungrig)"),
    ("en", "de", "Can you help me, please?", r"bitte.*helfen|helfen.*bitte"),
    ("es", "en", "¿Dónde está la estación de tren?", r"where.*station"),
    ("es", "en", "No tengo hambre.", r"(not|n't) hungry"),
    ("es", "en", "¿Me puede ayudar, por favor?", r"help.*please|please.*help"),
]
#: A sentence in another language than the model's.
FOREIGN = {
    "en": ("Wir haben gestern den letzten Zug verpasst und mussten zu Fuß gehen.", "我们昨天错过了最后一班火车。"),
    "es": ("Wir haben gestern den letzten Zug verpasst und mussten zu Fuß gehen.", "我们昨天错过了最后一班火车。"),
}
_OPENED: dict[tuple[str, str], driver.CTranslate2Translator] = {}


def translator(source: str, target: str) -> driver.CTranslate2Translator:
    """One for all tests."""
    if (source, target) not in _OPENED:
        _OPENED[source, target] = driver.open(source, target, driver.Settings())
    return _OPENED[source, target]


DIRECTIONS = sorted(driver.pairs(driver.Settings()))


def test_there_is_one_for_every_direction_that_is_promised():
    assert {("en", "es"), ("es", "en"), ("en", "fr"), ("en", "de")} <= set(DIRECTIONS)


def test_each_has_its_card_and_they_fit_on_a_small_board():
    folders = [path.parent for path in MODELS.glob("*/model.bin")]
    assert all("CC BY" in (folder / "README.md").read_text(encoding="utf-8") for folder in folders)
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
    assert max(sizes) <= 15e6
    assert sum(sizes) <= 40e6


@pytest.mark.parametrize(("source", "target", "sentence", "wanted"), SENTENCES)
def test_what_everybody_says_is_translated_as_written_and_as_recognized(source, target, sentence, wanted):
    for shown in (sentence, re.sub(r"[^\w\s']", "", sentence).lower()):
        made = translator(source, target).translate(shown)
        assert re.search(wanted, made.text, re.IGNORECASE), f"{shown} -> {made.text}"
        assert made.confidence > 0.3


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
@pytest.mark.parametrize("name", ["Doña Carmen Ruiz", "Praça do Comércio", "Kowalczyk Nowakowski"])
def test_a_name_of_several_words_comes_through_whole_wherever_it_stands(source, target, name):
    sentences = {"en": ("Where is {}?", "{} is here."), "es": ("¿Dónde está {}?", "{} está aquí.")}[source]
    assert all(name in translator(source, target).translate(each.format(name)).text for each in sentences)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_choice_among_few_words_loses_nothing_of_what_everybody_says(source, target, tmp_path):
    unlimited = shutil.copytree(MODELS / f"{source}-{target}", tmp_path / "model")
    (unlimited / "vmap.txt").unlink()
    among_all = driver.open(source, target, driver.Settings(models=(str(unlimited),)))
    said = [sentence for *direction, sentence, _ in SENTENCES if direction == [source, target]]
    same = [among_all.translate(each).text == translator(source, target).translate(each).text for each in said]
    assert sum(same) >= len(same) - 1


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_of_a_foreign_sentence_none_is_sure(source, target):
    for sentence in FOREIGN[source]:
        assert translator(source, target).translate(sentence).confidence < 0.5


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
@given(
    numbers=st.lists(st.integers(13, 99_999).map(str), min_size=1, max_size=4, unique=True),
    name=st.text("bcdfgklmnoprstuvwz", min_size=5, max_size=9).map(lambda word: f"{word}q".capitalize()),
)
@settings(max_examples=15, deadline=None)
def test_every_number_and_every_name_comes_out_once_or_the_translation_is_in_doubt(source, target, numbers, name):
    before = "I need" if source == "en" else "Necesito"
    sentence = f"{before} {' and '.join(numbers)} {name}."
    made = translator(source, target).translate(sentence)
    once = [len(re.findall(rf"(?<!\w){thing}(?!\w)", made.text)) == 1 for thing in (*numbers, name)]
    assert all(once) or made.confidence <= 0.05, f"{sentence} -> {made.text}"
