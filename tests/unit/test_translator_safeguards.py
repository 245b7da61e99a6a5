"""What keeps a neural translator from nonsense that reads well, and tells how sure it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.phrases import MARKS
from daemon.translators._agreement import agreement
from daemon.translators._lexicon import Lexicon, uncapitalized, words
from daemon.translators._placeholders import hide
from daemon.translators._plausible import why_not
from daemon.translators._reliability import reliability
from tests.support.hidden import KNOWN, PLACES


def test_words_that_were_not_taught_are_counted():
    assert KNOWN.unknown("I need a shellfish's room") == 1
    assert Lexicon().unknown("anything") == 0


def test_a_word_of_which_nothing_is_left_in_the_translation_is_counted():
    assert KNOWN.untraced("My room is not from Spain.", "La sala no es de España.") == 0
    assert KNOWN.untraced("My room is not from Spain.", "La habitación es de España.") == 1
    assert KNOWN.untraced("My room is not from Spain.", "") == 3
    assert Lexicon().untraced("My room is not from Spain.", "") == 0


def test_a_not_has_left_its_trace_in_a_german_thing_that_is_denied():
    german = Lexicon({"not": "nicht"})
    assert german.untraced("I'm not hungry.", "Ich habe keinen Hunger.") == 0
    assert german.untraced("I'm not hungry.", "Ich habe kaum Hunger.") == 1


def test_a_word_that_is_none_is_counted_unless_the_source_has_it():
    assert KNOWN.invented("I need Qwertz.", "Necesito una habitacóin para Qwertz.") == 1
    assert KNOWN.invented("I need d'Or\u2019s Qwertz.", "Necesito una d\u2019Or's Qwertz.") == 0
    assert Lexicon().invented("I need Qwertz.", "xyz") == 0


def test_french_words_that_are_written_as_one_are_counted_one_by_one():
    text = "L'hôtel, qu\u2019est-ce que c'est\N{NO-BREAK SPACE}? Avez-vous, a-t-il, apportez-moi."
    assert " ".join(words(text)) == "L' hôtel qu\u2019 est ce que c' est Avez vous a t il apportez moi"
    assert words("I don't check-in at five o'clock, D'you?") == [
        "I",
        "don't",
        "check-in",
        "at",
        "five",
        "o'clock",
        "D'",
        "you",
    ]


@pytest.mark.parametrize(
    ("source", "translated", "wrong"),
    [
        ("Where is the station?", "¿Dónde está la estación?", ""),
        ("No.", "No.", ""),
        ("Where is it?", "...", "empty"),
        ("Yes.", "Sí, claro que sí, por supuesto que sí.", "too long"),
        ("I have been waiting here for more than two hours now.", "Sí.", "too short"),
        ("It is very good.", "es muy muy muy bueno", "repeats itself"),
        ("No, no, no!", "¡No, no, no!", ""),
        ("Can you show us?", "¿Dónde estamos en este mapa dónde estamos en este mapa?", "too long"),
        ("Can you show us where we are?", "¿Dónde estamos en este mapa dónde estamos en este mapa?", "repeats itself"),
        ("The room is 204.", "La habitación es 2004.", "loses a number"),
        ("The 19 is full at 7:30 p.m. and costs 1,250.50.", "El 19 está lleno a las 19:30 y cuesta 1.250,50.", ""),
        ("I live at number 21.", "Vivo en el 211.", "loses a number"),
        ("It is 10 000 or 555 1234.", "Son 10.000 o 555 1234.", ""),
        ("My number is 07 12 34 56 78.", "Mi número es 07 12 34 56 78.", ""),
        ("I need 2 tickets.", "Necesito dos boletos.", ""),
        ("I need 12 tickets.", "Necesito doce boletos.", ""),
        ("I need 13 tickets.", "Necesito unos boletos.", "loses a number"),
        ("The train at 7:30 costs 10,000.", "Le train de 7 h 30 coûte 10 000.", ""),
        ("1" * 5_000, "1" * 5_000, ""),
        ("I want apples.", "Ich will ?? pfel.", "lacks a letter"),
        ("I want apples.", "Ich will \u2047pfel.", "lacks a letter"),
        ("What??", "\u00bfQué??", ""),
        ("I see the man with the dog.", "el hombre con el perro y el hombre con el perro", "repeats itself"),
    ],
)
def test_a_translation_is_looked_at(source, translated, wrong):
    assert why_not(source, translated) == wrong


@given(st.text(max_size=300), st.text(max_size=300))
def test_looking_never_fails(source, translated):
    assert isinstance(why_not(source, translated), str)


@pytest.mark.parametrize(
    "piece",
    [
        *("1", "1 ", "1.", "7:30 p.m. ", "word ", "a,", "A", "É"),
        *("1-", "1/", "1%-", "a1", "a1ñ", "1é/", "a-", "a.", "a@", "A ", "Mr. Zzz ", "Young ", "AB-", "(22)", "$1-"),
        *("1'", "½", "1½ ", "www.", "No. 1 ", "1 min "),
    ],
)
def test_ten_thousand_characters_are_looked_at_in_no_time(piece):
    text = (piece * 10_000)[:10_000]
    began_s = time.process_time()
    assert why_not(text, text) == ""
    assert hide(text, PLACES, KNOWN, MARKS, untaught=True).text
    assert time.process_time() - began_s < 2.0


@given(
    st.text(max_size=60),
    st.floats(0.01, 1),
    st.lists(st.tuples(st.text(max_size=60), st.floats(0, 1)), max_size=5),
)
def test_translations_agree_wholly_if_all_say_the_same_and_never_more(text, sure, others):
    assert agreement(text, [(text, sure), *((text, each) for _, each in others)]) == pytest.approx(1.0)
    assert 0.0 <= agreement(text, [(text, sure), *others]) <= 1.0 + 1e-9


def test_a_translation_agrees_less_with_one_that_says_something_else():
    said, alike, apart = "Gire a la izquierda.", "Gira a la izquierda.", "El hotel está cerrado."
    one, other, neither = (said, 0.5), (alike, 0.5), (apart, 0.5)
    assert agreement(said, [one, other]) > agreement(said, [one, neither]) > 0.7


def test_a_translation_that_is_hardly_likely_counts_as_little():
    said, apart = "Gire a la izquierda.", "El hotel está cerrado."
    assert agreement(said, [(said, 0.5), (apart, 0.1)]) > agreement(said, [(said, 0.5), (apart, 0.5)])
    assert agreement(said, [(said, 0.5), (apart, 0.0)]) == pytest.approx(1.0)


def test_reliability_is_read_off_the_line_between_the_points_of_the_table():
    table = ((0.2, 0.1), (0.4, 0.5), (0.8, 0.9))
    assert [reliability(at, table) for at in (0, 0.2, 0.3, 0.4, 0.6, 1)] == pytest.approx(
        [0.0, 0.1, 0.3, 0.5, 0.7, 0.9]
    )


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("My room is not there", "my room is not there"),
        ("My room is not there.", "My room is not there."),
        ("My room, is it there", "My room, is it there"),
        ("Kowalczyk is not there", "Kowalczyk is not there"),
        ("⟪1⟫ is my room", "⟪1⟫ is my room"),
        ("MY room", "MY room"),
        ("", ""),
    ],
)
def test_what_lacks_every_mark_has_no_capital_either_but_a_name_has(heard, shown):
    assert uncapitalized(heard, KNOWN) == shown


def test_a_model_of_which_no_words_are_known_sees_every_capital():
    assert uncapitalized("My room is not there", Lexicon()) == "My room is not there"
