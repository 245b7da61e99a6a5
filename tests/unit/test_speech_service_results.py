"""Phrases and hypotheses of the Speech service become one utterance's results."""

from __future__ import annotations

from itertools import permutations

import pytest

from daemon.engines.base import Cure, Task
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.results import Results, join
from daemon.wire.messages import Hypothesis, Phrase, RecognitionStatus, Translated
from daemon.wire.units import ticks

TASK = Task("en-US", ("es", "de"))


def results(tail_s=0.8):
    return Results(1, TASK, "the service", Oddities(), ticks(tail_s))


def phrase(text, begin_s, end_s, **more):
    translations = tuple(Translated(lang, f"{lang} {text}") for lang in TASK.targets)
    return Phrase("", text, ticks(begin_s), ticks(end_s - begin_s), more.pop("translations", translations), **more)


def hypothesis(text, begin_s, end_s):
    return Hypothesis("", text, ticks(begin_s), ticks(end_s - begin_s), (Translated("ES", f"es {text}"),))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_phrases_are_joined_in_the_order_of_their_sound_whatever_order_they_come_in(order):
    phrases = [phrase("One.", 0.5, 1), phrase("Two.", 2, 3), phrase("Three.", 4, 5)]
    got = results()
    for at in order:
        got.phrase(phrases[at])
        got.phrase(phrases[at])
    assert got.source == "One. Two. Three."
    assert got.translations["de"].text == "de One. de Two. de Three."
    assert got.oddities["twice"] == 3


def test_a_hypothesis_follows_the_phrases_before_it_and_an_old_one_is_passed_over():
    got = results()
    got.phrase(phrase("One.", 0.5, 1))
    said = got.hypothesis(hypothesis("two", 2, 3))
    assert (said.source, said.translations["es"], said.audio_s) == ("One. two", "es One. es two", 3)
    assert got.hypothesis(hypothesis("wun", 0.5, 0.9)) is None
    assert got.hypothesis(hypothesis("", 4, 5)) is None


def test_hypotheses_cover_more_and_more_even_if_they_come_out_of_order():
    got = results()
    covered = [got.hypothesis(hypothesis("a", 1, end)).audio_s for end in (2, 1.5, 3)]
    assert covered == [2, 2, 3]


def test_negative_offsets_are_counted_and_taken_as_nothing():
    got = results()
    got.phrase(phrase("One.", -3, -1))
    assert got.source == "One."
    assert got.oddities["negative_offset"] == 1


@pytest.mark.parametrize(("end_s", "complete"), [(9.1, False), (9.3, True), (10, True)])
def test_a_phrase_near_the_end_of_the_sound_is_the_last(end_s, complete):
    got = results()
    assert not got.complete(ticks(10))
    got.phrase(phrase("One.", 1, end_s))
    assert got.complete(ticks(10)) is complete


def test_a_phrase_that_hypotheses_promised_is_waited_for():
    got = results()
    got.hypothesis(hypothesis("one", 1, 2))
    got.hypothesis(hypothesis("two", 8, 9))
    got.phrase(phrase("Two.", 8.1, 9.5))
    assert not got.complete(ticks(10))
    got.phrase(phrase("One.", 1, 2.2))
    assert got.complete(ticks(10))


def test_what_the_service_calls_the_end_is_the_end():
    got = results()
    got.phrase(phrase("", 0, 0, status=RecognitionStatus.END_OF_DICTATION))
    assert got.complete(ticks(10))


def test_silence_says_nothing_and_has_no_translations():
    got = results()
    got.phrase(phrase("", 0, 9.5, status=RecognitionStatus.NO_MATCH))
    assert (got.source, got.translations, got.complete(ticks(10))) == ("", {}, True)


def test_a_turn_that_follows_counts_from_where_the_last_phrase_ended():
    got = results()
    got.phrase(phrase("One.", 0.5, 1))
    got.renewed()
    got.phrase(phrase("Two.", 0.5, 1))
    assert got.source == "One. Two."
    assert got.covered_ticks == ticks(2)


@pytest.mark.parametrize(("said", "text"), [("no category", "no category"), ("", "gave no reason")])
def test_a_translation_that_failed_says_so_in_the_services_words(said, text):
    got = results()
    got.phrase(phrase("One.", 0, 1, translations=(), translation_error=said))
    assert got.source == "One."
    assert got.translations["es"].error.code == "translator_failed"
    assert text in got.translations["es"].error.text


def test_a_target_that_is_missing_is_an_error_of_that_target_only():
    got = results()
    got.phrase(phrase("One.", 0, 1, translations=(Translated("es-MX", "Uno."),)))
    assert got.translations["es"].text == "Uno."
    assert got.translations["de"].error.code == "no_translator"


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (RecognitionStatus.ERROR, Cure.RETRY),
        (RecognitionStatus.TOO_MANY_REQUESTS, Cure.NEXT),
        (RecognitionStatus.BAD_REQUEST, Cure.CONFIGURE),
        (RecognitionStatus.FORBIDDEN, Cure.CONFIGURE),
    ],
)
def test_a_phrase_may_be_a_failure(status, cure):
    got = results()
    got.phrase(phrase("because", 0, 1, status=status))
    _code, text, found = got.failure
    assert (found, "because" in text) == (cure, True)


def test_a_phrase_that_comes_bare_first_waits_for_its_translation():
    got = results()
    got.phrase(phrase("One.", 1, 9.5, translations=()))
    assert not got.complete(ticks(10))
    got.phrase(phrase("One.", 1, 9.5))
    assert got.complete(ticks(10))
    got.turn_ended()
    assert (got.source, got.translations["es"].text, got.oddities["twice"]) == ("One.", "es One.", 0)


def test_a_bare_phrase_is_not_forgotten_where_dictation_ends_before_its_turn():
    got = results()
    got.phrase(phrase("One.", 1, 2, translations=()))
    got.phrase(phrase("", 0, 0, status=RecognitionStatus.END_OF_DICTATION))
    assert not got.complete(ticks(10))


def test_what_only_came_bare_is_the_text_without_translations_when_the_turn_ends():
    got = results()
    got.phrase(phrase("One.", 0.5, 1))
    got.phrase(phrase("Two.", 2, 9.5, translations=()))
    got.turn_ended()
    assert got.complete(ticks(10))
    assert got.source == "One. Two."


def test_bare_hypotheses_are_passed_over_once_translated_ones_come():
    got = results()
    bare = Hypothesis("", "one", ticks(1), ticks(1))
    assert got.hypothesis(bare).source == "one"
    assert got.hypothesis(hypothesis("one", 1, 2)).translations == {"es": "es one"}
    assert got.hypothesis(bare) is None


def test_without_targets_every_phrase_is_whole():
    got = Results(1, Task("en-US", ()), "the service", Oddities(), ticks(0.8))
    got.phrase(phrase("One.", 1, 9.5, translations=()))
    assert got.complete(ticks(10))


def test_languages_without_spaces_are_joined_without():
    assert join(["你好。", " 再见。"], "zh-Hans") == "你好。再见。"
    assert join(["One. ", "", "Two."], "en-US") == "One. Two."
