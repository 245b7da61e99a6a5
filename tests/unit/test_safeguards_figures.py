"""Figures, marks and addresses that a neural translator does not see, and what comes back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.phrases import MARK, MARKS
from daemon.translators._placeholders import hide
from tests.support.hidden import KNOWN, NAMES, NUMBERS, PLACES


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


@pytest.mark.parametrize("word", ["1st", "2nd", "13th", "1980s", "1er", "2o", "3ra", "2ª", "1º", "3ème", "b_2"])
def test_figures_with_an_ending_are_no_codes(word):
    assert hide(f"I need a {word} for a room.", PLACES, KNOWN, MARKS).originals == ()


@pytest.mark.parametrize("words", ["有3个", "東京 駅", "👍🏽", "Ωμέγα Ψι"])
def test_what_is_written_in_another_script_is_carried_whole_with_its_figures(words):
    originals = hide(f"I need a {words} for a room.", PLACES, KNOWN, MARKS).originals
    assert [original for _, original in originals] == [words]


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
