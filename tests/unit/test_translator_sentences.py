"""What a neural translator is given of a text: sentences that it was taught, and no word less."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.translators._sentences import as_taught, plain, sentences, stopped


@given(st.text(max_size=2000), st.integers(1, 30))
def test_no_word_is_lost_where_a_text_is_cut_and_no_part_is_too_long(text, longest):
    line = plain(text)
    parts = sentences(line, longest)
    assert " ".join(parts).split() == line.split()
    assert all(part.count(" ") < longest for part in parts)


def test_marks_that_turn_the_direction_of_writing_are_left_out():
    assert plain("\u202eWhere\u2066 is\u200f the sta\u00adtion\x07?\u2028\ufeff") == "Where is the station ?"
    assert plain("4\u200b07 6\u206045") == "407 645"


@pytest.mark.parametrize(
    "sentence",
    [
        "Is there a bus at 7:30 p.m. from here?",
        "Can I speak to Mr. Smith, please?",
        "Hola, Srta. Pérez, ¿cómo está Ud. hoy?",
        "J. R. Smith and Mrs. Jones.",
        "It's bus No. 7.",
        "Our hotel is at No. 8, Calle Luna.",
        "Zimmer Nr. 12 ist frei.",
        "Vivo en el n.º 8 de la Av. Mayor.",
        "It takes approx. 20 min. by bus.",
        "Bring towels, soap etc. and 20 euros.",
    ],
)
def test_a_stop_that_belongs_to_a_word_ends_no_sentence(sentence):
    assert sentences(sentence, 24) == [sentence]
    assert sentences(f"No. {sentence}", 24) == ["No.", sentence]


@pytest.mark.parametrize(
    "text",
    [
        "No. Seven people came.",
        "It takes 20 min. Then turn left.",
        "Bring towels etc. We leave at 5.",
        "Is it a casino. 7.",
    ],
)
def test_a_stop_that_may_belong_to_a_word_ends_a_sentence_where_another_begins(text):
    assert len(sentences(text, 24)) == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Do not turn left; turn right.", ["Do not turn left.", "Turn right."]),
        ("go straight on ; then left", ["go straight on.", "Then left"]),
        ("Is it far?; \u00bfestá lejos?", ["Is it far?", "\u00bfestá lejos?"]),
        ("The lift is broken;", ["The lift is broken."]),
        ("It takes 5 min.; then turn left.", ["It takes 5 min.", "Then turn left."]),
        ("No; turn left.", ["No.", "Turn left."]),
        ("No; 7 are mine.", ["No; 7 are mine."]),
        ("; a;b &amp;c ;) ;;", ["; a;b &amp;c ;) ;;"]),
    ],
)
def test_a_semicolon_parts_sentences(text, parts):
    assert sentences(stopped(text, "en"), 24) == parts


def test_a_semicolon_asks_in_greek():
    assert stopped("Πώς; Λάθη.", "el") == "Πώς; Λάθη."


@given(st.text("aB;. ?é1", max_size=200))
def test_no_word_is_lost_for_a_semicolon(text):
    line = plain(text)
    assert re.findall(r"\w+", stopped(line, "en").lower()) == re.findall(r"\w+", line.lower())


@pytest.mark.parametrize(
    ("language", "text", "taught"),
    [
        ("es", "¿Es Ud. el dueño?", "¿Es usted el dueño?"),
        ("es", "¿Cómo está Ud.?", "¿Cómo está usted?"),
        ("es", "Lo dice Ud.", "Lo dice usted."),
        ("es", "La Sra. López y el Dr. Ruiz.", "La señora López y el doctor Ruiz."),
        ("es", "Sra. López, pase. Uds. también.", "Señora López, pase. Ustedes también."),
        ("es", "¡Dra. Gil! ¿Vds. vienen?", "¡Doctora Gil! ¿Ustedes vienen?"),
        ("es", "El Sr Gil no usa Udine.", "El señor Gil no usa Udine."),
        ("en", "Mrs. Pym saw Ms. Lee and Mr. Fox.", "Mrs Pym saw Ms Lee and Mr. Fox."),
        ("en", "It took 5 ms. Then it stopped.", "It took 5 ms. Then it stopped."),
        ("en", "At most 2, or at most a week.", "Not more than 2, or not more than a week."),
        ("en", "At most places it takes two hours at most.", "At most places it takes two hours at most."),
        ("fr", "Ud. Mrs. Pym", "Ud. Mrs. Pym"),
    ],
)
def test_what_a_model_reads_wrong_is_written_as_it_was_taught(language, text, taught):
    assert as_taught(text, language) == taught


def test_a_long_sentence_is_cut_at_its_joints():
    text = "We wanted to see the old town, but it rained all day and the museum was closed."
    assert sentences(text, 9) == [
        "We wanted to see the old town,",
        "but it rained all day",
        "and the museum was closed.",
    ]
    assert sentences(text, 30) == [text]
