"""What counts as lost when speech is streamed through trouble, and how words are counted."""

from __future__ import annotations

from itertools import chain

import pytest

from daemon.events import Final, Translation
from tests.support.lost_words import Plan, faults, word_errors
from tests.support.talkers import Outcome, Sentence


def outcome(*finals: Final, transcript: str = "go forward ten meters") -> dict[int, Outcome]:
    return {1: Outcome(Sentence("goforward", b"", transcript), list(finals))}


def final(source: str = "go forward", **translations: str) -> Final:
    told = {lang: Translation(text) for lang, text in ({"es": "adelante", "ca": "endavant"} | translations).items()}
    return Final(
        utterance=1,
        source_lang="en-US",
        source=source,
        translations=told,
        audio_s=1.0,
        start_s=0.0,
        end_s=1.0,
        engine="home",
        first_interim_ms=None,
        final_ms=0,
        engine_ms=0,
        gap_ms=0,
    )


def test_one_final_with_every_translation_is_no_fault():
    assert faults(outcome(final()), outcome(final("go for"))) == []


@pytest.mark.parametrize(
    ("wild", "fault"),
    [
        ((), "no final, dropped: without a word"),
        ((final(), final()), "2 finals"),
        ((final(ca=""),), "no translation into ca"),
    ],
)
def test_what_is_missing_or_there_twice_is_a_fault(wild, fault):
    assert faults(outcome(final()), outcome(*wild)) == [f"utterance 1 (goforward): {fault}"]


def test_what_the_quiet_run_has_not_either_is_none():
    assert faults(outcome(), outcome()) == []
    assert faults(outcome(final(ca="")), outcome(final(ca=""))) == []


@pytest.mark.parametrize(
    ("heard", "errors"),
    [
        ("Go forward, ten meters!", 0),
        ("go for ten meters", 1),
        ("forward ten meters", 1),
        ("and go for it", 4),
        ("", 4),
    ],
)
def test_words_are_counted_that_must_be_changed_left_out_or_put_in(heard, errors):
    assert word_errors(outcome(final(heard))) == (errors, 4)


def test_each_death_strikes_an_utterance_of_its_own_while_there_are_enough():
    struck = Plan(gateway_deaths=3, engine_deaths=2).strikes(5)
    assert sorted(struck) == [1, 2, 3, 4, 5]
    assert sorted(chain.from_iterable(struck.values())) == ["engine"] * 2 + ["gateway"] * 3
    assert sum(map(len, Plan(gateway_deaths=3).strikes(2).values())) == 3
