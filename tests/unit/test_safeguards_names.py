"""What is a name, and is carried through a neural translator."""

from __future__ import annotations

import pytest

from daemon.phrases import MARK, MARKS
from daemon.translators._lexicon import Lexicon
from daemon.translators._placeholders import hide
from tests.support.hidden import KNOWN, PLACES


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("My surname is Room, and I need a flight.", "Room"),
        ("My room is called Spain.", "Spain"),
        ("My name is Room Gate and I need a flight.", "Room Gate"),
        ("A gate named Flight is not a room.", "Flight"),
        ("I need a room under the name Flight and a gate.", "Flight"),
    ],
)
def test_a_name_that_is_a_word_is_hidden_where_somebody_is_said_to_be_called_so(sentence, name):
    originals = [original for _, original in hide(sentence, PLACES, KNOWN, MARKS).originals]
    assert name in originals


@pytest.mark.parametrize(
    "sentence", ["I need a Room for Spain and not a Flight.", "i need no miss Spain", "my name is I need a room"]
)
def test_a_word_that_begins_with_a_capital_elsewhere_is_no_name(sentence):
    assert "Spain" not in [original for _, original in hide(sentence, PLACES, KNOWN, MARKS).originals]
    assert "I" not in [original for _, original in hide(sentence, PLACES, KNOWN, MARKS).originals]


def test_who_goes_on_after_a_name_is_no_part_of_it():
    originals = [original for _, original in hide("My name is Room I need a flight", PLACES, KNOWN, MARKS).originals]
    assert originals == ["Room"]


def test_a_mark_that_is_alone_is_no_address():
    assert hide("I need a room @ gate", PLACES, KNOWN, MARKS).originals == ()


def test_the_possessive_of_a_name_is_left_for_the_model_to_see():
    hidden = hide("My room is under Kowalczyk's name, not Müller\u2019s.", PLACES, KNOWN, MARKS)
    assert [original for _, original in hidden.originals] == ["Kowalczyk", "Müller"]
    assert "⟪1⟫'s" in hidden.text


def test_other_words_that_were_not_taught_are_hidden_where_that_is_wanted_and_counted():
    sentence = "i need a room under kowalczyk for shellfish at 7:30 ok"
    assert [original for _, original in hide(sentence, PLACES, KNOWN, MARKS).originals] == ["7:30"]
    hidden = hide(sentence, PLACES, KNOWN, MARKS, untaught=True)
    assert [original for _, original in hidden.originals] == ["kowalczyk", "shellfish", "7:30"]
    assert hidden.untaught == 2


@pytest.mark.parametrize(
    ("sentence", "word", "others"),
    [
        ("i need doctor delgado for my room", "delgado", ["doctor"]),
        ("i need a room under the name schmidt", "schmidt", []),
        ("my room is from hotel de miramar", "miramar", ["hotel"]),
        ("i need miramar street", "miramar", ["street"]),
    ],
)
def test_a_word_that_was_not_taught_is_a_name_beside_what_has_one_and_does_not_count(sentence, word, others):
    hidden = hide(sentence, PLACES, KNOWN, MARKS, untaught=True)
    assert {original for _, original in hidden.originals} == {word, *others}
    assert hidden.untaught == len(others)


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("the hotel reimbursed my flight", "reimbursed"),
        ("i need my flight and the doctor misdiagnosed my gate", "misdiagnosed"),
        ("my surname rhymes", "rhymes"),
        ("i need a seedy bar", "seedy"),
        ("una calle empinada", "empinada"),
        ("la playa abarrotada", "abarrotada"),
    ],
)
def test_a_word_that_was_not_taught_is_no_name_where_it_says_what_one_does_or_is_like(sentence, word):
    hidden = hide(sentence, PLACES, KNOWN, MARKS, untaught=True)
    assert word in {original for _, original in hidden.originals}
    assert hidden.untaught == len(hidden.originals)


def test_marks_go_before_numbers_and_numbers_before_names():
    marked = MARK.format(1)
    hidden = hide(f"Smith, 1, 2, 3, Jones and {marked}.", PLACES[:4], KNOWN, MARKS)
    assert {original for _, original in hidden.originals} == {marked, "1", "2", "3"}


def test_a_name_that_the_model_was_taught_stays_for_it_to_translate():
    assert hide("My flight leaves from Spain.", PLACES, KNOWN, MARKS).originals == ()


@pytest.mark.parametrize(
    ("sentence", "hidden", "name"),
    [
        ("My name is Doña Carmen Ruiz.", "My name is ⟪1⟫.", "Doña Carmen Ruiz"),
        ("Doña Carmen Ruiz is from Spain.", "⟪1⟫ is from Spain.", "Doña Carmen Ruiz"),
        ("Carmen Ruiz is from Spain.", "⟪1⟫ is from Spain.", "Carmen Ruiz"),
        ("My room is for Carmen Ruiz's gate.", "My room is for ⟪1⟫'s gate.", "Carmen Ruiz"),
        ("The room is in Praça do Comércio.", "The room is in ⟪1⟫.", "Praça do Comércio"),
        ("I need Kowalczyk van der Nowak.", "I need ⟪1⟫.", "Kowalczyk van der Nowak"),
        ("No Kowalczyk is from Spain.", "No ⟪1⟫ is from Spain.", "Kowalczyk"),
        ("I need Kowalczyk for Carmen.", "I need ⟪1⟫ for Carmen.", "Kowalczyk"),
        ("I need Kowalczyk, Carmen.", "I need ⟪1⟫, Carmen.", "Kowalczyk"),
        ("I need Kowalczyk do.", "I need ⟪1⟫ do.", "Kowalczyk"),
        ("Carmen-Kowalczyk Ruiz is from Spain.", "⟪1⟫ is from Spain.", "Carmen-Kowalczyk Ruiz"),
        ("I need Carmen-Carmen.", "I need ⟪1⟫.", "Carmen-Carmen"),
        ("The room is in Aix-en-Provence.", "The room is in ⟪1⟫.", "Aix-en-Provence"),
    ],
)
def test_a_name_of_several_words_is_one(sentence, hidden, name):
    found = hide(sentence, PLACES, KNOWN, MARKS)
    assert (found.text, found.originals) == (hidden, ((PLACES[0], name),))


def test_a_letter_before_a_hyphen_and_words_that_were_taught_make_no_name():
    assert hide("I need a Q-room and a Flight-Room.", PLACES, KNOWN, MARKS).originals == ()


def test_what_belongs_to_a_name_is_another():
    hidden = hide("I need Kowalczyk's Nowak.", PLACES, KNOWN, MARKS)
    assert [original for _, original in hidden.originals] == ["Kowalczyk", "Nowak"]


def test_the_first_word_may_be_a_name_where_words_that_were_not_taught_are_hidden():
    hidden = hide("Kowalczyk is from Spain.", PLACES, KNOWN, MARKS, untaught=True)
    assert (hidden.text, hidden.untaught) == ("⟪1⟫ is from Spain.", 1)
    assert hide("Kowalczyk is from Spain.", PLACES, KNOWN, MARKS, untaught=True, first=False).originals == ()
    assert hide("My name is Kowalczyk.", PLACES, KNOWN, MARKS, untaught=True).untaught == 0


def test_the_first_word_is_no_name_for_its_capital():
    assert hide("Gesundheit and a room.", PLACES, KNOWN, MARKS).originals == ()
    assert hide("¿Aceptáis a room?", PLACES, KNOWN, MARKS).originals == ()


def test_without_placeholders_or_known_words_nothing_is_hidden_by_its_looks():
    assert hide("I need Smith 12", (), KNOWN, MARKS).text == "I need Smith 12"
    assert [original for _, original in hide("I need Smith 12", PLACES, Lexicon(), MARKS).originals] == ["12"]
