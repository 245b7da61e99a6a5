"""What everybody says is known as a whole."""

from __future__ import annotations

import re

import pytest

from daemon.engines.on_device import phrasebook
from scripts.lib.translator import travel

LANGUAGES = ("en", "es", "fr", "de")
DIRECTIONS = [(source, target) for source in LANGUAGES for target in LANGUAGES if source != target]


def test_every_block_has_its_four_lines_and_every_line_something_to_say():
    assert all(len(block) == len(LANGUAGES) and all(all(ways) for ways in block) for block in phrasebook._blocks())


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_whatever_is_said_first_comes_back_as_something_that_is_said_the_same(source, target):
    for block in phrasebook._blocks():
        lines = dict(zip(LANGUAGES, block, strict=True))
        there = phrasebook.find(lines[source][0], source, target)
        back = phrasebook.find(there, target, source)
        assert phrasebook.find(back, source, target) == there


@pytest.mark.parametrize("said", ["Yes.", "yes", "YES!", " yes "])
def test_case_and_stops_do_not_matter(said):
    assert phrasebook.find(said, "en", "es") == "Sí."


def test_accents_and_apostrophes_do_not_matter():
    assert phrasebook.find("adios", "es", "en") == "Goodbye."
    assert phrasebook.find("i don\u2019t understand", "en", "de") == "Ich verstehe nicht."


@pytest.mark.parametrize("asked", ["No?", "I'm sick?", "Help?", "No?!", "(no?)", "no\uff1f"])
def test_a_question_is_not_what_the_book_says_as_a_statement(asked):
    assert phrasebook.find(asked, "en", "es") is None
    assert phrasebook.find(re.sub("[?\uff1f]", "", asked), "en", "es") is not None


def test_a_question_is_known_with_its_mark_and_without():
    assert phrasebook.find("How are you?", "en", "es") == phrasebook.find("how are you", "en", "es") == "¿Cómo está?"


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("Está incluido el desayuno.", "es"),
        ("Tienen wifi!", "es"),
        ("Estás bien. ", "es"),
        ("You're sure.", "en"),
        ("Vous parlez anglais.", "fr"),
    ],
)
def test_a_statement_is_no_question(said, source):
    target = "es" if source == "en" else "en"
    assert phrasebook.find(said, source, target) is None
    assert "?" in phrasebook.find(re.sub("[.!]", "?", said), source, target)
    assert "?" in phrasebook.find(re.sub("[.!]", "", said), source, target)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("¿Dónde está el baño.", "es"),
        ("What's your name.", "en"),
        ("Tienen wifi?.", "es"),
        ("Puede repetirlo, por favor.", "es"),
        ("Please speak up.", "en"),
        ("Habla más alto, por favor.", "es"),
    ],
)
def test_what_asks_by_its_words_and_what_asks_for_something_may_be_stopped(said, source):
    assert "?" in phrasebook.find(said, source, "es" if source == "en" else "en")


@pytest.mark.parametrize(
    ("said", "guess"),
    [
        ("Tienen wifi", True),
        ("esta incluido el desayuno", True),
        ("¿Tienen wifi?", False),
        ("dónde está el baño", False),
        ("donde esta el bano", False),
        ("Puede repetirlo, por favor", False),
        ("Gracias", False),
    ],
)
def test_a_spanish_question_without_its_mark_is_a_guess_unless_its_words_ask(said, guess):
    assert phrasebook.is_guess(said, phrasebook.find(said, "es", "en"), "es") is guess


@pytest.mark.parametrize(
    ("said", "source", "target", "translated"),
    [
        ("twice a day", "en", "es", "Dos veces al día."),
        ("en ayunas", "es", "en", "On an empty stomach."),
        ("antes o después de comer", "es", "en", "Before or after meals?"),
        ("¡Suélteme!", "es", "en", "Let go of me."),
        ("no deja de sangrar", "es", "fr", "Ça n'arrête pas de saigner."),
        ("I'm on blood thinners", "en", "de", "Ich nehme Blutverdünner."),
        ("yo no he sido", "es", "en", "It wasn't me."),
    ],
)
def test_a_dose_and_a_call_for_help_that_stand_alone_are_known(said, source, target, translated):
    assert phrasebook.find(said, source, target) == translated


def test_what_says_more_is_not_in_it():
    assert phrasebook.find("Yes, I need a doctor for my son.", "en", "es") is None
    assert phrasebook.find("", "en", "es") is None


def test_of_other_languages_nothing_is_known():
    assert phrasebook.find("Yes.", "en", "ca") is None


def test_no_sentence_that_judges_translators_is_in_it():
    judged = [each for each in travel.load() if each.source_language in LANGUAGES]
    assert len(judged) > 100
    assert not [each for each in judged if phrasebook.find(each.sentence, each.source_language, each.target_language)]
