from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.stability import StablePrefix, normalised_erasure
from tests.support.properties import PROPERTY

#: Few words, so that hypotheses agree often; with composed and decomposed letters, Han and Thai.
WORDS = st.sampled_from(["a", "the", "café", "cafe\u0301", "hola,", "你", "好吗", "สวัสดี", "😀", "  ", "\u00a0"])
HYPOTHESES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=12)


@PROPERTY
@given(HYPOTHESES, st.integers(2, 4))
def test_no_text_takes_back_what_an_earlier_one_promised(hypotheses, agreement):
    prefix = StablePrefix(agreement)
    promises = []
    for hypothesis in hypotheses:
        shown = prefix.update(hypothesis)
        for promise in promises:
            assert shown.text.startswith(promise)
        assert 0 <= shown.stable <= len(shown.text)
        assert not promises or shown.stable >= len(promises[-1])
        promises.append(shown.text[: shown.stable])


@PROPERTY
@given(HYPOTHESES)
def test_what_is_shown_is_composed_and_has_single_spaces(hypotheses):
    prefix = StablePrefix(2)
    for hypothesis in hypotheses:
        text = prefix.update(hypothesis).text
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split())


@PROPERTY
@given(HYPOTHESES)
def test_a_longer_hypothesis_takes_nothing_back(hypotheses):
    prefix, said = StablePrefix(2), ""
    for hypothesis in hypotheses:
        said = f"{said} {hypothesis}"
        prefix.update(said)
    assert prefix.erased == 0


def test_a_word_is_promised_when_enough_hypotheses_agree():
    prefix = StablePrefix(3)
    stable = [prefix.update(text).stable for text in ("good", "good day", "good days to", "good days too")]
    assert stable == [0, 0, len("good"), len("good")]


def test_stable_counts_code_points_and_not_bytes():
    prefix = StablePrefix(2)
    prefix.update("él está")
    assert prefix.update("él estaba").stable == 2


def test_a_promise_is_kept_against_a_later_hypothesis():
    prefix = StablePrefix(2)
    prefix.update("I scream")
    prefix.update("I scream")
    assert prefix.update("ice cream is good").text == "I scream is good"


@pytest.mark.parametrize(("short", "whole"), [("你好", "你好吗我很好"), ("こん", "こんにちは"), ("สวัส", "สวัสดีครับ")])
def test_a_sentence_without_spaces_goes_on_growing(short, whole):
    prefix = StablePrefix(2)
    prefix.update(short)
    assert prefix.update(short).stable == len(short)
    assert prefix.update(whole).text == whole


def test_nothing_more_is_promised_where_nothing_is_to_be():
    prefix = StablePrefix(2)
    for text in ("good", "good"):
        prefix.update(text)
    assert prefix.update("good day", promise=False).stable == len("good")
    assert prefix.update("good day", promise=False).stable == len("good")
    assert prefix.update("good day").stable == len("good day")


def test_a_text_in_another_language_agrees_with_nothing_before_it():
    prefix = StablePrefix(2)
    prefix.update("no")
    prefix.begin_anew()
    assert not prefix.promised
    assert prefix.update("no").stable == 0
    assert prefix.update("no way").stable == len("no")
    assert prefix.promised


def test_words_taken_back_are_counted():
    prefix = StablePrefix(2)
    prefix.update("one too")
    prefix.update("one two three")
    assert prefix.erased == 1
    assert prefix.erased_by("one two tree four") == 1


def test_a_final_that_is_only_composed_otherwise_takes_nothing_back():
    prefix = StablePrefix(2)
    prefix.update("cafe\u0301 solo")
    assert prefix.erased_by("cafe\u0301 solo") == 0


def test_erasure_is_per_word_of_the_final():
    assert normalised_erasure(2, "one two three four") == 0.5
    assert normalised_erasure(2, "") == 2
