"""How sentence pairs are shown to a translator that learns, and what is told of it afterwards."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.translator import travel
from scripts.lib.translator.card import Judged, reliability
from scripts.lib.translator.corpus import PLACEHOLDERS, Pair, as_recognized, batches, everyday, shown
from scripts.lib.translator.lexicon import learn
from scripts.lib.translator.phrases import normalised

TOM = Pair("Tom has 3 dogs in Boston.", "Tom tiene 3 perros en Boston.", "en", "es")


def test_as_recognized_there_are_no_capitals_and_no_stops():
    assert as_recognized("Isn't it well-known, Mr. O'Neill?") == "isn't it well-known mr o'neill"


@given(st.integers(0, 10_000))
def test_every_pair_is_shown_once_and_targets_are_never_disguised(seed):
    pairs = [Pair(f"Word{at} is here.", f"Palabra{at} está aquí.", "en", "es") for at in range(20)]
    targets = " ".join(pair.target for pair in shown(pairs, random.Random(seed)))
    assert all(targets.count(f"Palabra{at} está aquí.") == 1 for at in range(20))


@given(st.integers(0, 10_000))
def test_a_placeholder_stands_on_both_sides_once_or_on_none(seed):
    [pair] = shown([TOM], random.Random(seed))
    assert [pair.source.count(each) for each in PLACEHOLDERS] == [pair.target.count(each) for each in PLACEHOLDERS]
    assert all(pair.source.count(each) < 2 for each in PLACEHOLDERS)


def test_sources_are_shown_in_several_disguises():
    seen = {next(shown([TOM], random.Random(seed))).source[0] for seed in range(60)}
    assert {"T", "t", "⟪"} <= seen


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=200))
def test_batches_hold_every_example_once_and_not_many_tokens_more_than_asked(lengths):
    examples = [([at] * source, [at] * target) for at, (source, target) in enumerate(lengths)]
    made = list(batches(iter(examples), 100, random.Random(0), pool=50))
    assert sorted(example[0][0] for batch in made for example in batch) == list(range(len(lengths)))
    for batch in made:
        longest = max(max(map(len, example)) for example in batch)
        assert len(batch) == 1 or len(batch) * longest <= 100


def test_words_seen_often_are_known_and_rare_names_that_stay_are_not():
    pairs = [Pair("I see Smith today.", "Veo a Smith hoy.", "en", "es")] * 10
    pairs += [Pair("I see Spain today.", "Veo España hoy.", "en", "es")] * 10
    pairs += [Pair("Frobnicate!", "¡Frobnica!", "en", "es")]
    assert sorted(learn(pairs)) == ["i", "see", "spain", "today"]


def test_the_traces_of_a_word_are_what_nearly_every_translation_of_it_has_one_of():
    pairs = [Pair("I do not see it.", "No lo veo.", "en", "es"), Pair("I see it.", "Lo veo.", "en", "es")] * 10
    pairs += [Pair("My purse.", "Mi cartera.", "en", "es"), Pair("My purse.", "Mi monedero.", "en", "es")] * 10
    pairs += [Pair("My house.", "Mi casa.", "en", "es")] * 40
    pairs += [Pair(f"Number {at}.", f"Número {at}.", "en", "es") for at in range(100)]
    traces = learn(pairs)
    assert set(traces["purse"]) == {"cartera", "monedero"}
    assert traces["not"] == ["no"]
    assert traces["number"] == []  # stands in every translation, and thus says nothing


def test_reliability_rises_with_probability_even_where_the_counts_do_not():
    judged = [Judged(at / 80, right=at % 3 > 0 or at > 40) for at in range(80)]
    table = reliability(judged)
    assert table == sorted(table)
    assert [right for _, right in table] == sorted(right for _, right in table)
    assert table[-1][1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("direction", "least"), [(("en", "es"), 150), (("en", "fr"), 150), (("en", "de"), 150), (("es", "en"), 90)]
)
def test_everyday_sentences_have_several_translations_and_are_not_in_the_list_that_a_person_judges(direction, least):
    pairs = everyday(*direction)
    sentences = {normalised(pair.source) for pair in pairs}
    assert len(sentences) >= least
    assert len({(pair.source, pair.target) for pair in pairs}) == len(pairs) >= 2 * len(sentences)
    assert sentences.isdisjoint(normalised(question.sentence) for question in travel.load())


def test_nobody_translates_everyday_sentences_between_other_languages():
    assert everyday("fr", "de") == []
