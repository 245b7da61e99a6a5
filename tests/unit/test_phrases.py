"""Phrases of the person: what is taken, how they are found, and how they get through any translator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.on_device import carrying
from daemon.phrases import MARKS, Phrases, why_not
from daemon.translators.base import Translated

PHRASES = ("Sintra", "Doña Carmen", "Green Park", "Green", "iPhone", "bacalhau à brás", "O'Brien")


@pytest.mark.parametrize(
    "phrase", [*PHRASES, "Mr. Quilter", "L'Hospitalet", "Μαρία", "Łódź", "Terminal 4", "東京", "B&B"]
)
def test_names_places_and_dishes_are_taken(phrase):
    assert why_not(phrase) == ""


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("", "no letter"),
        ("42", "no letter"),
        ("Sin\ttra", "'\\t'"),
        ("Sintra ", "a blank too many"),
        ("Doña  Carmen", "a blank too many"),
        ("⟪1⟫ Sintra", "allowed: letters"),
        ("x" * 61, "61 characters"),
        ("a b c d e f g", "7 words"),
        ("<sil>", "allowed: letters"),
    ],
)
def test_what_is_wrong_with_others_is_told(phrase, why):
    assert why in why_not(phrase)


def carried(text: str, phrases: Phrases, translate: Callable[[str], str], target: str = "es") -> str:
    return carrying.carried(text, phrases, lambda piece: Translated(translate(piece)), target).text


def found(words: str) -> list[str]:
    return [each.text for each in Phrases(PHRASES).among(words.split())]


def test_they_are_found_among_words_in_any_case_the_longest_first():
    assert found("we met doña carmen in green park") == ["Doña Carmen", "Green Park"]
    assert found("the green IPHONE in SINTRA") == ["Green", "iPhone", "Sintra"]
    assert found("carmen parks greenly") == []


def test_a_possessive_is_one_of_them_and_keeps_its_end():
    assert found("doña carmen's house and o'brien") == ["Doña Carmen's", "O'Brien"]


def test_a_text_is_cut_around_those_written_as_given():
    assert Phrases(PHRASES).parts("In Green Park, not green.") == ["In ", "Green Park", ", not green."]
    assert Phrases(PHRASES).parts("Sintras") == ["Sintras"]
    assert Phrases(()).parts("Sintra") == ["Sintra"]


def test_a_translator_that_carries_marks_sees_them_in_place_of_the_phrases():
    asked: list[str] = []

    def translate(text: str) -> str:
        asked.append(text)
        return text.replace("We saw", "Vimos").replace(" and ", " y ")

    said = carried("We saw Doña Carmen and Sintra.", Phrases(PHRASES), translate)
    assert asked == ["We saw ⟪1⟫ and ⟪2⟫."]
    assert said == "Vimos Doña Carmen y Sintra."


def test_marks_may_come_out_in_another_order():
    said = carried("Sintra before Green Park.", Phrases(PHRASES), lambda _text: "⟪2⟫ tras ⟪1⟫.")
    assert said == "Green Park tras Sintra."


@pytest.mark.parametrize("loses", ["", "⟪1⟫ ⟪1⟫", "⟪7⟫", "1"])
def test_a_translator_that_loses_marks_translates_what_is_between_the_phrases(loses):
    def translate(text: str) -> str:
        return MARKS.sub(loses, f"<{text}>")

    assert carried("We saw Sintra today.", Phrases(PHRASES), translate) == "<We saw> Sintra <today.>"


def test_a_sentence_in_pieces_is_as_sure_as_its_least_sure_piece():
    sure = {"⟪1⟫ in May": 0.9, "in May": 0.4}
    made = carrying.carried("Sintra in May", Phrases(PHRASES), lambda text: Translated("no mark", sure[text]), "es")
    assert made.confidence == 0.4


def test_a_piece_within_a_sentence_does_not_begin_with_a_capital():
    assert (
        carried("See Sintra in May.", Phrases(PHRASES), lambda text: MARKS.sub("", text).upper())
        == "SEE Sintra iN MAY."
    )


def test_a_german_piece_keeps_its_noun():
    german = {"where is the": "Wo ist der", "train station": "Bahnhof", "in May": "Im Mai", "is closed": "Ist zu"}

    def said(text: str) -> str:
        return carried(text, Phrases(PHRASES), lambda piece: german.get(piece, ""), "de")

    assert said("where is the Sintra train station") == "wo ist der Sintra Bahnhof"
    assert [said("Sintra in May"), said("Sintra is closed")] == ["Sintra im Mai", "Sintra ist zu"]


def test_letters_do_not_touch_a_phrase():
    assert carried("Is Sintra's.", Phrases(PHRASES), lambda _text: "És ⟪1⟫ha.") == "És Sintra ha."


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("⟪1⟫s Tochter", "Doña Carmens Tochter"),
        ("Das ist ⟪1⟫s.", "Das ist Doña Carmens."),
        ("⟪1⟫sagt ja", "Doña Carmen sagt ja"),
        ("⟪1⟫s2", "Doña Carmen s2"),
    ],
)
def test_only_a_genitives_end_touches_a_phrase(made, said):
    assert carried("Is it Doña Carmen.", Phrases(PHRASES), lambda _text: made, "de") == said


def test_a_genitive_of_what_ends_so_has_an_apostrophe():
    assert carried("Mars here", Phrases(("Mars",)), lambda _text: "⟪1⟫s Monde", "de") == "Mars\u2019 Monde"


TEXTS = st.lists(st.sampled_from([*PHRASES, "we", "saw", "and", "⟪1⟫", ",", "house", "'s"]), max_size=12).map(" ".join)


@given(text=TEXTS, carries=st.booleans(), order=st.randoms(use_true_random=False))
def test_every_phrase_comes_out_as_often_as_it_went_in(text, carries, order):
    known = Phrases(PHRASES)

    def translate(piece: str) -> str:
        words = piece.replace("saw", "vio").split()
        order.shuffle(words)
        return " ".join(words if carries else [word for word in words if not MARKS.search(word)])

    assert sorted(known.parts(carried(text, known, translate))[1::2]) == sorted(known.parts(text)[1::2])
