"""What must not get lost in a translation: each language knows of it, and is done with any text in no time."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from daemon.translators import _essentials
from scripts.lib.translator import phrases


def test_nothing_is_counted_for_languages_that_are_not_known():
    assert _essentials.lost("No ice on the left.", "Gel a l'esquerra.", "en", "ca") == 0
    assert _essentials.lost("Sense gel.", "With ice.", "ca", "en") == 0


def test_all_languages_know_of_the_same_things():
    known = _essentials._known()
    assert set(known) == set(phrases.LANGUAGES)
    everywhere = {"left", "right", "no", "half", "forbidden", "then", "platform", "morning", "evening"}
    assert all(everywhere <= set(each.essentials) for each in known.values())
    assert all(
        each.essentials[name].said and each.essentials[name].kept for name in everywhere for each in known.values()
    )
    assert len({frozenset(each.opposites) for each in known.values()}) == 1


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_what_one_language_says_is_looked_for_in_another(language):
    known = _essentials._known()
    others = [known[other] for other in phrases.LANGUAGES if other != language and "en" in (language, other)]
    for name, essential in known[language].essentials.items():
        assert essential.said or essential.kept
        if essential.said:
            assert any(name in other.essentials and other.essentials[name].kept for other in others), name


@pytest.mark.parametrize(
    "piece", ["a", "é", ",", "1", "1,", "no,", "not-", "sin-", "nicht-", "pas,", "turn on ", "not "]
)
def test_ten_thousand_characters_are_looked_at_in_no_time(piece):
    text = (piece * 10_000)[:10_000]
    began_s = time.process_time()
    for source, target in itertools.permutations(phrases.LANGUAGES, 2):
        _essentials.lost(text, text, source, target)
        _essentials.invented(text, text, source, target)
    assert time.process_time() - began_s < 5.0


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(phrases.LANGUAGES, 2)))
def test_what_people_translate_loses_next_to_nothing(source, target):
    said = phrases.pairs(random.Random(1), source, target, 1_000)
    assert sum(_essentials.lost(*pair, source, target) for pair in said) < 15
    assert sum(_essentials.invented(*pair, source, target) for pair in said) < 5
