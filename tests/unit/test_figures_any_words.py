"""What holds of figures whatever the words: values are kept, nothing is lost, what was promised stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from daemon.figures.patterns import patterns
from daemon.figures.tables import fold, table
from daemon.figures.writing import Segment, segments, settled
from tests.support.figures import written

LANGUAGES = ["en", "es"]
#: What takes part in the grammar, and words that do not.
OTHERS = {"en": ["we", "want", "please", "pay", "i", "train", "them"], "es": ["quiero", "pagar", "gracias", "se"]}


def vocabulary(language):
    return sorted(patterns(language)._words) + OTHERS[language]


def texts(language, **kwargs):
    return st.lists(st.sampled_from(vocabulary(language)), **kwargs)


def value_of(text, language):
    known = table(language)
    figures, _, scale = text.partition(" ")
    if text in known.bare_scales:
        return known.scales[text]
    number = 1 if figures in known.articles else int(figures.replace(known.group, ""))
    return number * known.scales[fold(scale)] if scale else number


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(13, 9_999_999))
def test_every_number_comes_back_from_its_words(language, number):
    words = num2words(number, lang=language).replace(",", "").replace("-", " ")
    found = segments(words.split(), language)
    assert value_of(" ".join(piece.text for piece in found), language) == number


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(1, 23), st.integers(10, 59))
def test_a_time_said_with_its_minutes_is_that_time(language, hour, minutes):
    say = {"en": "at {h} {m}", "es": "a las {h} y {m}"}[language]
    said = say.format(h=num2words(hour, lang=language), m=num2words(minutes, lang=language)).replace("-", " ")
    assert written(said, language).split()[-1] == f"{hour}:{minutes}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(13))
def test_small_numbers_stay_words(language, number):
    words = num2words(number, lang=language)
    assert written(words, language) == words


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz'.-", min_size=1, max_size=9), max_size=20))
def test_a_text_without_numbers_is_as_before(words):
    known = table("en")
    named = known.number_words.union(known.months, *known.named.values())
    others = [word for word in words if not set(re.findall(r"[a-z'.]+", word)) & named]
    assert segments(others, "en-US") == [Segment(word, 1) for word in others]


@given(st.text(max_size=80), st.sampled_from(["en-US", "es-ES", "fr", "", "../x"]))
def test_any_text_is_answered(text, language):
    words = text.split()
    assert sum(piece.words for piece in segments(words, language)) == len(words)
    assert settled(words, language) <= len(words)


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.data())
def test_what_is_written_stays_when_written_again(language, data):
    once = written(" ".join(data.draw(texts(language, max_size=8))), language)
    assert written(once, language) == once


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.data())
def test_what_is_settled_is_never_written_otherwise(language, data):
    words = data.draw(texts(language, max_size=14))
    whole = segments(words, language)
    for heard in range(len(words) + 1):
        begun = words[:heard]
        shown = segments(begun[: settled(begun, language)], language)
        assert whole[: len(shown)] == shown


@pytest.mark.parametrize("language", ["fr", "xx", ""])
def test_a_language_without_a_table_is_left_alone(language):
    assert written("two hundred euros", language) == "two hundred euros"
    assert settled(["two", "hundred"], language) == 2


@pytest.mark.parametrize("words", ["is it", "my code is", "open between", "we went from"])
def test_what_only_leads_to_a_number_need_not_wait_for_it(words):
    assert settled(words.split(), "en") == len(words.split())


@pytest.mark.parametrize("piece", ["one ", "two hundred and ", "oh ", "seven thirty ", "a ", "one-", "room two ", "x "])
def test_ten_thousand_characters_are_no_more_than_long(piece):
    words = (piece * (10_000 // len(piece))).split()
    assert sum(found.words for found in segments(words, "en")) == len(words)
    assert settled(words, "en") <= len(words)
