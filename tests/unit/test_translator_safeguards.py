"""What keeps a neural translator from losing names and numbers, and from nonsense that reads well."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.phrases import MARK, MARKS
from daemon.translators._agreement import agreement
from daemon.translators._lexicon import Lexicon, words
from daemon.translators._placeholders import hide
from daemon.translators._plausible import why_not
from daemon.translators.ctranslate2 import reliability

PLACES = ("⟪1⟫", "⟪2⟫", "⟪3⟫", "⟪4⟫", "⟪5⟫", "⟪6⟫")
_TAUGHT = ["i", "need", "a", "for", "under", "name", "my", "flight", "leaves", "from", "gate", "and", "is"]
_TRACES = {"not": ["no"], "room": ["habitación", "sala"], "spain": ["españa"], "carmen": ["carmen"], "no": ["no"]}
KNOWN = Lexicon(
    {word: frozenset(_TRACES.get(word, ())) for word in [*_TAUGHT, *_TRACES]},
    frozenset(["no", "habitación", "sala", "españa", "necesito", "una", "un", "para"]),
)
NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda each: f"{each[0]}:{each[1]:02d}"),
    st.tuples(st.integers(0, 999), st.integers(0, 99)).map(lambda each: f"{each[0]}.{each[1]:02d}"),
    st.tuples(st.integers(0, 99), st.integers(2, 99)).map(lambda each: f"{each[0]}/{each[1]}"),
)
NAMES = (
    st.text("bcdfgklmnoprstuvw", min_size=3, max_size=9).map(str.capitalize).filter(lambda name: not KNOWN.knows(name))
)


@given(number=NUMBERS, name=NAMES)
def test_every_number_and_every_unknown_name_is_hidden_and_comes_out_once(number, name):
    hidden = hide(f"I need a room for {number} nights under the name {name}.", PLACES, KNOWN, MARKS)
    assert number not in re.findall(r"(?<!⟪)[\w.:]+", hidden.text)
    assert name not in hidden.text
    shown = hidden.shown(f"Una habitación, {PLACES[0]} noches, {PLACES[1]}.")
    assert shown in {f"Una habitación, {number} noches, {name}.", f"Una habitación, {name} noches, {number}."}


@given(st.lists(st.one_of(NUMBERS, NAMES), min_size=1, max_size=6, unique=True))
def test_what_is_hidden_is_put_back_whatever_its_order(things):
    hidden = hide("i need " + " and ".join(things), PLACES, KNOWN, MARKS)
    backwards = " y ".join(place for place, _ in reversed(hidden.originals))
    assert hidden.shown(backwards) == " y ".join(reversed(things))


def test_there_is_one_stop_at_the_end_of_a_sentence():
    hidden = hide("My flight leaves at 7:30 p.m.", PLACES, KNOWN, MARKS)
    assert hidden.shown(f"Mi vuelo sale a las {PLACES[0]}.") == "Mi vuelo sale a las 7:30 p.m."
    assert hidden.shown(f"A las {PLACES[0]} sale mi vuelo.") == "A las 7:30 p.m. sale mi vuelo."


def test_a_mark_that_looks_like_a_placeholder_is_not_taken_for_one():
    hidden = hide(f"I need {MARK.format(2)} for 7:30.", PLACES, KNOWN, MARKS)
    assert hidden.shown(f"{PLACES[1]}, {PLACES[0]}") == f"7:30, {MARK.format(2)}"


@pytest.mark.parametrize(
    ("hidden", "language", "translation", "clocked"),
    [
        ("10 ml", "fr", "Prenez {} heures toutes les six heures.", True),
        ("10", "fr", "À {} heures.", False),
        ("100", "fr", "Dans {} heures.", False),
        ("1.5", "fr", "Dans {} heures.", False),
        ("10 ml", "fr", "Prenez {} toutes les six heures.", False),
        ("Zuzu", "de", "Wir bleiben um {} Uhr.", True),
        ("7:30", "de", "Um {} Uhr.", False),
        ("9-17", "de", "Von {} Uhr.", False),
        ("250 mg", "en", "{} p.m.", True),
        ("250 mg", "en", "{} o'clock", True),
        ("8", "en", "{} p.m.", False),
        ("8 p.m.", "en", "at {} o'clock", False),
        ("Zuzu", "es", "Vivimos a las {}, en el tercero.", True),
        ("300", "es", "Se lo doy a las {} personas.", False),
        ("Zuzu", "ca", "A les {} hores.", False),
    ],
)
def test_an_hour_of_the_clock_that_is_made_of_something_else_is_noticed(hidden, language, translation, clocked):
    shown = hide(f"I need {hidden} for 6.", PLACES, KNOWN, MARKS)
    assert shown.originals[0] == (PLACES[0], hidden)
    assert shown.is_clocked(translation.format(PLACES[0]), language) == clocked


def test_a_number_that_does_not_come_out_exactly_once_is_noticed():
    hidden = hide("My flight leaves at 7:30 from gate 12.", PLACES, KNOWN, MARKS)
    assert [original for _, original in hidden.originals] == ["7:30", "12"]
    assert hidden.shown(f"Mi vuelo sale a las {PLACES[0]}.") is None
    assert hidden.shown(f"Mi vuelo sale a las {PLACES[0]} {PLACES[0]} {PLACES[1]}.") is None


@pytest.mark.parametrize(
    "number",
    [
        *("7:30 p.m.", "25%", "555 1234", "+44 207 946 018", "1,250.50", "2026", "3", "30 000", "0.5", "-10"),
        *("$250", "€ 3.50", "20 €", "B12", "BA204", "BA-204", "14C", "B2B", "A4"),
        *("1/2", "24/7", "120/80", "05/06/2026", "3/4%", "1/2-3/4", "1-2", "1\u20132", "10:30-11:15", "8 a.m.-5 p.m."),
        *("5%-10%", "$5-10", "$5-$10", "2020-2024", "2026-05-06", "555-123-4567", "1-800-555-0199", "+34 600-123-456"),
        *("(555) 123-4567", "(020)7946", "555 123-4567", "120km/h", "$5/kg", "¥500", "500¥", "₹ 3.50", "US$5", "£5"),
        *(
            "aB3xY9",
            "221b",
            "foo2bar",
            "1a2b3c",
            "3b",
            "5kg",
            "20km",
            "1.5l",
            "39°",
            "20 °C",
            "20°C",
            "5 kg",
            "90 km/h",
            "7:30pm",
            "mp3",
            "AB12-34CD",
            "20 %",
            "12,5 %",
            "500 mg",
            "0.5 ml",
            "250 µg",
            "30 min",
            "2½",
            "½",
            "±5 %",
            "+/-5",
            "No. 7",
            "Nr. 12",
            "n.º 8",
            "n° 3",
            "#4",
            "5'50 €",
            "12/B",
        ),
    ],
)
def test_what_belongs_to_a_number_is_hidden_with_it(number):
    hidden = hide(f"I need {number} for a room.", PLACES, KNOWN, MARKS)
    assert [original for _, original in hidden.originals] == [number]


@pytest.mark.parametrize(
    "word", ["1st", "2nd", "13th", "1980s", "1er", "2o", "3ra", "2ª", "1º", "3ème", "b_2", "有3个"]
)
def test_figures_with_an_ending_and_words_of_other_scripts_are_no_codes(word):
    assert hide(f"I need a {word} for a room.", PLACES, KNOWN, MARKS).originals == ()


@pytest.mark.parametrize(
    ("words", "number"), [("a 3-year room", "3"), ("2 / 3", "2"), ("3, room", "3"), ("3. and", "3"), ("9- and", "9")]
)
def test_a_mark_at_the_end_of_a_number_is_no_part_of_it(words, number):
    originals = hide(f"I need {words}", PLACES, KNOWN, MARKS).originals
    assert originals[0][1] == number


@pytest.mark.parametrize(
    "address", ["jo@example.org", "anna.smith+b2b@mail-1.example.com", "3@4.org", "@carmen_12", "www.tmb.cat/en"]
)
def test_an_address_is_hidden_whole_without_the_stop_behind_it(address):
    hidden = hide(f"My room is {address}.", PLACES, KNOWN, MARKS)
    assert (hidden.text, hidden.originals) == ("My room is ⟪1⟫.", ((PLACES[0], address),))


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


def test_words_that_were_not_taught_are_counted():
    assert KNOWN.unknown("I need a shellfish's room") == 1
    assert Lexicon().unknown("anything") == 0


def test_a_word_of_which_nothing_is_left_in_the_translation_is_counted():
    assert KNOWN.untraced("My room is not from Spain.", "La sala no es de España.") == 0
    assert KNOWN.untraced("My room is not from Spain.", "La habitación es de España.") == 1
    assert KNOWN.untraced("My room is not from Spain.", "") == 3
    assert Lexicon().untraced("My room is not from Spain.", "") == 0


def test_a_not_has_left_its_trace_in_a_german_thing_that_is_denied():
    german = Lexicon({"not": frozenset(["nicht"])})
    assert [
        german.untraced("I'm not hungry.", f"Ich habe {word} Hunger.") for word in ("keinen", "keiner", "kaum")
    ] == [
        0,
        0,
        1,
    ]


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
