"""What is said for figures that voices would read wrongly; and any figures, said or carried into a translation."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.figures.carried import carry
from daemon.figures.spoken import spoken

LANGUAGES = ["en", "es", "fr", "de", "ca", "gl", "pt", "it"]
FIGURES = "0123456789.,:-+ %€$£apm.ºkhUr"


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en-US", "Call 555 1234, please.", "Call 5 5 5, 1 2 3 4, please."),
        ("en-US", "+44 207 946 0958", "+4 4, 2 0 7, 9 4 6, 0 9 5 8"),
        ("en-US", "It's 7:05.", "It's 7 oh 5."),
        ("en-US", "at 7:00 p.m.", "at 7 p.m."),
        ("en-US", "at 7:00", "at 7 o'clock"),
        ("en-US", "at 15:00", "at 15 hundred"),
        ("en-US", "€250 or $1", "250 euros or 1 dollar"),
        ("en-US", "in the 1980s", "in the 19 eighties"),
        ("en-US", "Flight BA204 or KL-604, gate C34.", "Flight B.A. 204 or K.L. 604, gate C34."),
        ("en-US", "100 km/h", "100 kilometres an hour"),
        ("fr", "55 mph", "55 miles à l'heure"),
        ("fr", "le 2e étage, la 21e fois, le 40e", "le deuxième étage, la vingt-et-unième fois, le 40ième"),
        ("de", "im 23. Stock, auf der 31. Seite", "im dreiundzwanzigsten Stock, auf der einunddreißigsten Seite"),
        ("de", "der 4. Stock, die 13. Straße", "der vierte Stock, die dreizehnte Straße"),
        ("de", "in unserer 4. Woche, seinen 3. Tag", "in unserer vierten Woche, seinen dritten Tag"),
        ("de", "Wir fahren 1. Klasse, aber 2. Klasse", "Wir fahren erste Klasse, aber zweite Klasse"),
        ("de", "vom 3. bis zum 17. April", "vom dritten bis zum siebzehnten April"),
        ("de", "am 4. und 5. Juli, der 4. oder 5. Juli", "am vierten und fünften Juli, der vierte oder fünfte Juli"),
        ("de", "zum 3. Mal, das 3. Mal", "zum dritten Mal, das dritte Mal"),
        ("de", "2 Fahrkarten 1. Klasse", "2 Fahrkarten erste Klasse"),
        ("de", "mein 50. Geburtstag, ein 2. Stockwerk", "mein fünfzigster Geburtstag, ein zweites Stockwerk"),
        ("de", "des 18. Jahrhunderts, jeden 2. Tag", "des achtzehnten Jahrhunderts, jeden zweiten Tag"),
        ("de", "1 mph, 55 mph", "eine Meile pro Stunde, 55 Meilen pro Stunde"),
        ("es", "a la 1:30", "a la una 30"),
        ("es", "a la 1, hasta la 1 p.m.", "a la una, hasta la una p.m."),
        ("es", "a la 1:05", "a la una y 5"),
        ("fr", "à 1 heure", "à une heure"),
        ("es", "a las 15:00", "a las 15 en punto"),
        ("es", "a las 7:05", "a las 7 y 5"),
        ("es", "3,50 € o 21 euros", "3,50 euros o veintiún euros"),
        ("es", "1 hora y 250 libras", "una hora y doscientas 50 libras"),
        ("es", "-5 grados en el 2.º piso", "menos 5 grados en el 2º piso"),
        ("de", "am 23. Mai um 19:30 Uhr", "am dreiundzwanzigsten Mai um 19 Uhr 30"),
        ("de", "um 1:00 Uhr", "um ein Uhr"),
        ("fr", "06 12 34 56 78", "0 6, 1 2, 3 4, 5 6, 7 8"),
        ("fr", "10 000 € à 19:00", "10 000 euros à 19 heures"),
        ("fr", "1\u202f500", "1500"),
        ("fr", "3\u202f400\u202f000 ou 2\u202f500\u202f000\u202f€", "3400000 ou 2500000 euros"),
        ("fr", "06\u202f123\u202f456", "0 6 1 2 3 4 5 6"),
        ("es", "50 € 2 noches", "50 euros 2 noches"),
        ("en-US", "room 5 $20, $5 $6", "room 5 20 dollars, 5 dollars 6 dollars"),
        ("fr", "5€50", "5 euros 50"),
        ("es", "$1,5 millones o $5 mil", "1,5 millones de dólares o 5 mil dólares"),
        ("fr", "2 millions €", "2 millions d'euros"),
        ("en-US", "$1.5 million", "1.5 million dollars"),
        ("es", "$20-30 o 1-2 €", "20-30 dólares o 1-2 euros"),
        ("en-US", "1 km, 21 km, 1.1 km, 1 km/h", "1 kilometre, 21 kilometres, 1.1 kilometres, 1 kilometre an hour"),
        ("es", "1 kg a -1 °C", "un kilo a menos un grado"),
        ("en-US", "20 degrees ±2", "20 degrees plus or minus 2"),
        (
            "en-US",
            "Call 5551234 today, or 555 1234 2 hours later.",
            "Call 5 5 5 1 2 3 4 today, or 5 5 5, 1 2 3 4, 2 hours later.",
        ),
        ("fr", "à 1:00 heures", "à une heure"),
        ("pt", "à 1:00 ou às 2:00", "à uma hora ou às duas horas"),
        ("fr", "à 19:00 heures ou à 19:30 heures", "à 19 heures ou à 19 heures 30"),
        ("fr", "à 1:30", "à une heure 30"),
        ("fr", "à 21:30 et à 21:05", "à vingt et une heures 30 et à vingt et une heures 5"),
    ],
)
def test_what_would_be_read_wrongly_is_said_otherwise(language, text, said):
    assert spoken(text, language) == said


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en-US", "7:30 p.m., 23 May 2026, room 204, 3.5, 25%, 10,000 people, 5-10 euros, 2026-05-23"),
        ("es", "el 1 de mayo a las 7:30 por 3,5 euros, habitación 204, 25 %, 10.000 personas"),
        ("es", "a la 1.5, en la 1, a la 1 a 3, es la 101, son 3,05 euros"),
        ("en-US", "3500000 pesos, 3 400 500 dollars, 1234567 people, 1234567 km², 2500000-3500000 dollars"),
        ("es", "3500000 pesos, 1234567 años, 1234567 habitantes"),
        ("xx", "7:00 €5 555 1234"),
        ("es", "Buenos días."),
    ],
)
def test_what_is_read_right_is_left_alone(language, text):
    assert spoken(text, language) == text


@given(st.text(FIGURES, max_size=40), st.sampled_from(LANGUAGES))
def test_any_figures_are_answered_and_none_is_lost(text, language):
    figures = [char for char in text if char.isdigit()]
    said = spoken(text, language)
    assert [char for char in carry(text, text, language, "en") if char.isdigit()] == figures
    if not any(mark in text for mark in ":-.%€$£k") and text.count(" ") == 0:
        assert [char for char in said if char.isdigit()] == figures


@given(st.text(max_size=80).filter(lambda text: not any(map(str.isdigit, text))), st.sampled_from(LANGUAGES))
def test_a_text_without_figures_is_as_before(text, language):
    carried = carry(text, text, "en" if language != "en" else "es", language)
    assert spoken(text, language) == text
    assert carried == text or (language == "fr" and re.sub(r"\s", "", carried) == re.sub(r"\s", "", text))


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,000",
        "12:00 ",
        "5 5 ",
        "€",
        "1. Mai ",
        "1 May 2026 ",
        "- 1",
        "7 p.m. ",
        "1 hora ",
        "$1-",
        "1 mil ",
        "1 km ",
        "1\u202f000",
    ],
)
def test_ten_thousand_characters_are_no_more_than_long(piece):
    text = piece * (10_000 // len(piece))
    for language in LANGUAGES:
        assert spoken(text, language)
        assert carry(text, text, "en", language)
