"""Numbers all the way: heard in words, written in figures, translated by each translator, and given to be spoken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import pytest

from daemon.casing import punctuate
from daemon.drivers import DriverMissing
from daemon.figures.carried import carry
from daemon.figures.manners import manners
from daemon.figures.spoken import spoken
from daemon.figures.writing import segments
from daemon.translators import apertium, ctranslate2
from daemon.translators.apertium import Settings
from daemon.translators.base import Translator

pytestmark = pytest.mark.parts

Opened = dict[tuple[str, str], Translator]


def opened(open_one: Callable[[str, str], Translator], pairs: Iterable[tuple[str, str]]) -> Iterator[Opened]:
    """For fixtures: yield a translator for each pair, and close them."""
    translators: Opened = {}
    try:
        for pair in pairs:
            translators[pair] = open_one(*pair)
        yield translators
    except DriverMissing as error:
        pytest.skip(str(error))
    finally:
        for translator in translators.values():
            translator.close()


@pytest.fixture(scope="module")
def translators() -> Iterator[Opened]:
    yield from opened(lambda *pair: apertium.open(*pair, Settings()), [("en", "es"), ("en", "ca"), ("es", "en")])


def written(words: str, language: str, *, guess: bool = True) -> str:
    text = " ".join(piece.text for piece in segments(words.split(), language))
    return punctuate(text, language, final=True, guess=guess)


@pytest.mark.parametrize(
    ("direction", "words", "source", "translation", "said"),
    [
        (
            ("en", "es"),
            "it costs two hundred and fifty euros",
            "It costs 250 euros.",
            "Cuesta 250 euros.",
            "Cuesta 250 euros.",
        ),
        (("en", "es"), "at half past seven", "At 7:30.", "A las 7:30.", "A las 7:30."),
        (("en", "es"), "is it a quarter past one", "Is it 1:15?", "¿Es la 1:15?", "¿Es la una 15?"),
        (
            ("en", "es"),
            "tomorrow at seven oh five in the evening",
            "Tomorrow at 7:05 in the evening.",
            "Mañana a las 7:05 de la tarde.",
            "Mañana a las 7 y 5 de la tarde.",
        ),
        (
            ("en", "es"),
            "we arrive on the twenty third of may",
            "We arrive on 23 May.",
            "Llegamos el 23 de mayo.",
            "Llegamos el 23 de mayo.",
        ),
        (
            ("en", "es"),
            "my number is five five five one two three four",
            "My number is 555 1234.",
            "Mi número es 555 1234.",
            "Mi número es 5 5 5, 1 2 3 4.",
        ),
        (("en", "es"), "three point five kilos", "3.5 kilos.", "3,5 kilos.", "3,5 kilos."),
        (("en", "es"), "ten thousand people", "10,000 people.", "10.000 personas.", "10.000 personas."),
        (("en", "es"), "minus five degrees", "-5 degrees.", "-5 grados.", "menos 5 grados."),
        (("en", "es"), "gate b twelve", "Gate B12.", "Puerta B12.", "Puerta B12."),
        (
            ("en", "ca"),
            "it costs three point five euros at eight fifteen",
            "It costs 3.5 euros at 8:15.",
            "Costa 3,5 euros a les 8:15.",
            "Costa 3,5 euros a les 8:15.",
        ),
        (("es", "en"), "son las siete y media", "Son las 7:30.", "It is 7:30.", "It is 7:30."),
        (
            ("es", "en"),
            "cierra a las nueve de la noche",
            "Cierra a las 9 de la noche.",
            "It closes at 9 at night.",
            "It closes at 9 at night.",
        ),
        (
            ("es", "en"),
            "el veintitrés de mayo son tres coma cinco kilómetros",
            "El 23 de mayo son 3,5 kilómetros.",
            "On 23 May they are 3.5 kilometres.",
            "On 23 May they are 3.5 kilometres.",
        ),
    ],
)
def test_a_number_is_right_from_the_ear_to_the_mouth(translators, direction, words, source, translation, said):
    language, target = direction
    text = written(words, language)
    assert text == source
    carried = carry(text, translators[direction].translate(text).text, language, target)
    assert carried == translation
    assert spoken(carried, target) == said


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("From 7:30 to 9:15.", "De las 7:30 a las 9:15."),
        ("Until 7:30.", "Hasta las 7:30."),
        ("The 15:40 train.", "El tren de las 15:40."),
        ("At 7 o'clock.", "A las 7 en punto."),
        ("It is 7 p.m.", "Son las 7 p.m."),
        ("Hello. At 1:30.", "Hola. A la 1:30."),
        ("We have 7 people.", "Tenemos 7 personas."),
    ],
)
def test_times_in_figures_have_their_article(translators, text, translation):
    assert translators["en", "es"].translate(text).text == translation


@pytest.fixture(scope="module")
def neural() -> Iterator[Opened]:
    settings = ctranslate2.Settings()
    yield from opened(lambda *pair: ctranslate2.open(*pair, settings), ctranslate2.pairs(settings))


#: What is said, and the figures that are to be in the translation, as English writes them.
HEARD = {
    "en": [
        ("it costs two hundred and fifty euros", ["250"]),
        ("we arrive at half past seven", ["7:30"]),
        ("my number is five five five one two three four", ["555 1234"]),
        ("it is three point five kilometers from here", ["3.5"]),
        ("there are fifteen thousand people", ["15,000"]),
        ("my room is two oh four", ["204"]),
        ("twenty five percent of the guests are late", ["25%"]),
        ("the bus leaves at seven fifteen and at nine forty five", ["7:15", "9:45"]),
    ],
    "es": [
        ("cuesta doscientos cincuenta euros", ["250"]),
        ("llegamos a las siete y media", ["7:30"]),
        ("son tres coma cinco kilómetros", ["3.5"]),
        ("hay quince mil personas", ["15,000"]),
        ("mi habitación es la dos cero cuatro", ["204"]),
    ],
}
FIGURES = re.compile(r"\d(?:[\d.,:\u202f ]*\d)?(?:\s?%)?")


def as_in(language: str, figures: str) -> str:
    known = manners(language)
    assert known is not None
    marks = str.maketrans({".": known.decimal, ",": known.group})
    return figures.translate(marks).replace("%", known.percent)


@pytest.mark.parametrize(
    ("source", "target", "words", "figures"),
    [
        (source, target, *said)
        for source, target in [("en", "es"), ("es", "en"), ("en", "fr"), ("en", "de")]
        for said in HEARD[source]
    ],
)
def test_a_neural_translation_has_the_numbers_that_were_said(neural, source, target, words, figures):
    if (source, target) not in neural:
        pytest.skip(f"no model here translates {source} to {target}")
    text = written(words, source, guess=False)
    made = carry(text, neural[source, target].translate(text).text, source, target)
    assert FIGURES.findall(made) == [as_in(target, each) for each in figures]
