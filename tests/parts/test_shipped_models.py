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

from daemon.engines.on_device import shown as forms
from daemon.figures.carried import carry
from daemon.phrases import phrases_of
from daemon.translators import ctranslate2 as driver
from tests.support.figures import THINGS, all_there
from tests.support.properties import examples

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
#: Sentences with numbers, by their language; the last ones have one twice.
FRAMES = {
    "en": (
        "It is {0}.",
        "I need {0} and {1}.",
        "Is it {0} or {1}?",
        "We have {0}, {1} and {2}.",
        "This is {0}, and that is {0}, too.",
    ),
    "es": ("Es {0}.", "Necesito {0} y {1}.", "¿Es {0} o {1}?", "Tenemos {0}, {1} y {2}.", "Esto es {0}, y eso es {0}."),
}
#: A translation is in doubt that is less sure.
SURE = 0.6
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
    for folder in folders:
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert "CC BY 2.0 FR" in card
        assert "manythings.org/anki and tatoeba.org" in card
        assert re.search(r"\| \w\w to \w\w \| \d{3} \| \d\d\.\d \| \d\d\.\d \| \d\d\.\d \|", card), "no scores"
        assert re.search(r"\n1\. .*?\n {7}scripts/train_translator\.py .*--work FOLDER\n", card, re.DOTALL), (
            "no command"
        )
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in folders]
    assert max(sizes) <= 15e6
    assert sum(sizes) <= 40e6


@pytest.mark.parametrize(("source", "target", "sentence", "wanted"), SENTENCES)
def test_what_everybody_says_is_translated_as_written_and_as_recognized(source, target, sentence, wanted):
    for shown in (sentence, re.sub(r"[^\w\s']", "", sentence).lower()):
        made = translator(source, target).translate(shown)
        assert re.search(wanted, made.text, re.IGNORECASE), f"{shown} -> {made.text}"
        assert made.confidence > 0.3


@pytest.mark.parametrize("heard", ["Dónde está la estación", "Hoy cerramos a las dos", "Me duele la cabeza"])
def test_spanish_that_was_heard_and_lacks_its_stop_is_translated_as_without_a_capital(heard):
    from_spanish = translator("es", "en")
    assert from_spanish.translate(heard) == from_spanish.translate(heard.lower())


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
@pytest.mark.parametrize("name", ["Doña Carmen Ruiz", "Praça do Comércio", "Kowalczyk Nowakowski"])
def test_a_name_of_several_words_comes_through_whole_wherever_it_stands(source, target, name):
    sentences = {"en": ("Where is {}?", "{} is here."), "es": ("¿Dónde está {}?", "{} está aquí.")}[source]
    assert all(name in translator(source, target).translate(each.format(name)).text for each in sentences)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_a_choice_among_few_words_loses_nothing_of_what_everybody_says(source, target, tmp_path):
    unlimited = shutil.copytree(MODELS / f"{source}-{target}", tmp_path / "model")
    (unlimited / "vmap.txt").unlink()
    described = (unlimited / "model.toml").read_text(encoding="utf-8")
    (unlimited / "model.toml").write_text(re.sub(r'"vmap.txt" = .*', "", described), encoding="utf-8")
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


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
@given(things=st.lists(THINGS, min_size=3, max_size=3), frame=st.integers(0, 4))
@examples(15)
def test_a_number_of_any_form_comes_out_as_often_as_it_was_typed_or_the_translation_is_in_doubt(
    source, target, things, frame
):
    slots = [int(slot) for slot in re.findall(r"\d", FRAMES[source][frame])]
    typed = FRAMES[source][frame].format(*(thing.in_text(source) for thing in things))
    text = forms.shown(typed, source, phrases_of(()), figures=True)
    made = translator(source, target).translate(text)
    carried = carry(text, made.text, source, target)
    there = all_there([things[slot] for slot in slots], carried, target)
    assert there or made.confidence < SURE, f"{typed} -> {carried} ({made.confidence:.2f})"


@pytest.mark.parametrize("target", ["es", "fr", "de"])
@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("I love 🍕 and 🍺", ["🍕", "🍺"]),
        ("The hotel is called 東京ホテル.", ["東京ホテル"]),
        ("Meet me at 東京駅 at 5 pm.", ["東京駅", "5"]),
        ("We eat 寿司 tonight.", ["寿司"]),
        ("See you tomorrow 👍🏽", ["👍🏽"]),
        ("Her name is Ωμέγα Ψι.", ["Ωμέγα Ψι"]),
    ],
)
def test_what_no_model_can_read_is_carried_through(target, text, carried):
    made = translator("en", target).translate(text).text
    assert [each for each in carried if made.count(each) != 1] == []


@pytest.mark.parametrize("text", ["你好世界", "Привет, мир!", "你好 👍"])
def test_a_text_of_another_script_stays_as_it_is_and_is_in_doubt(text):
    made = translator("en", "es").translate(text)
    assert made.text.removesuffix(".") == text
    assert made.confidence <= 0.05
