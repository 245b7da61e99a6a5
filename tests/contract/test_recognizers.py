"""What every recognizer promises, whichever is installed."""

# ruff: noqa: RUF001 -- letters of the International Phonetic Alphabet are what is meant

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

import daemon.recognizers
from daemon import drivers
from daemon.drivers import DriverMissing
from daemon.recognizers.base import Phrase, Recognition, Recognizer
from hw.api import SPEECH_FORMAT
from tests.support.installed import english_recognizer, languages
from tests.support.recordings import shipped

pytestmark = pytest.mark.parts

BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
DRIVERS = drivers.names(daemon.recognizers)


@pytest.fixture(scope="module", params=DRIVERS)
def driver(request) -> Any:
    return drivers.load(daemon.recognizers, request.param)


@pytest.fixture(scope="module")
def recognizer(driver) -> Iterator[Recognizer]:
    opened = english_recognizer(driver)
    yield opened
    opened.close()


def feed(recognizer: Recognizer, pcm: bytes, block_bytes: int = BLOCK_BYTES) -> None:
    for start in range(0, len(pcm), block_bytes):
        recognizer.feed(pcm[start : start + block_bytes])


def recognize(recognizer: Recognizer, pcm: bytes, *, second_pass: bool = True) -> str:
    recognizer.begin()
    feed(recognizer, pcm)
    return recognizer.finish(second_pass=second_pass).text


def test_it_says_which_language_it_hears(driver, recognizer):
    assert recognizer.language in driver.languages(driver.SETTINGS())


def test_a_language_without_a_model_is_missing_and_named(driver):
    with pytest.raises(DriverMissing) as missing:
        driver.open("qaa", driver.SETTINGS())
    assert "qaa" in str(missing.value) or not languages(driver)  # which then lacks more than that


def test_words_come_while_the_utterance_is_open_and_grow(recognizer):
    pcm = shipped("goforward")
    recognizer.begin()
    partials = []
    for start in range(0, len(pcm), BLOCK_BYTES):
        recognizer.feed(pcm[start : start + BLOCK_BYTES])
        partials.append(recognizer.partial())
    recognizer.finish()
    spoken = [text for text in partials if text]
    assert partials[0] == ""
    assert len({len(text.split()) for text in spoken}) > 1


@pytest.mark.parametrize("second_pass", [True, False])
def test_an_utterance_is_recognized(recognizer, second_pass):
    assert recognize(recognizer, shipped("goforward"), second_pass=second_pass) == "go forward ten meters"


@pytest.mark.parametrize("second_pass", [True, False])
@pytest.mark.parametrize("pcm", [b"", bytes(2), bytes(320), bytes(BLOCK_BYTES * 10)])
def test_no_sound_and_silence_have_no_words(recognizer, pcm, second_pass):
    assert recognize(recognizer, pcm, second_pass=second_pass) == ""


def test_the_words_of_the_second_pass_are_the_text_and_lie_one_after_the_other_in_the_sound(recognizer):
    pcm = shipped("azure-whatstheweatherlike")
    recognizer.begin()
    feed(recognizer, pcm)
    heard = recognizer.finish()
    assert " ".join(word.text for word in heard.words) in ("", heard.text)  # one need not tell its words
    times = [time for word in heard.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert all(0 <= time <= len(pcm) / SPEECH_FORMAT.bytes_per_second for time in times)
    assert all(0 <= word.confidence <= 1 for word in heard.words)


def test_what_was_done_ahead_is_the_final_when_only_silence_follows(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    while recognizer.anticipate():
        pass
    feed(recognizer, bytes(4 * BLOCK_BYTES))
    recognizer.anticipate()
    assert recognizer.finish().text == "go forward ten meters"


@pytest.mark.parametrize("steps", [1, 3, 100])
@pytest.mark.parametrize("second_pass", [True, False])
def test_speech_that_goes_on_after_work_ahead_loses_no_word(recognizer, steps, second_pass):
    before, after = shipped("goforward"), shipped("azure-whatstheweatherlike")
    recognizer.begin()
    feed(recognizer, before)
    heard = recognizer.partial()
    for _ in range(steps):
        recognizer.anticipate()
    feed(recognizer, after[: 4 * BLOCK_BYTES])
    assert recognizer.partial() == heard
    recognizer.resume()
    feed(recognizer, after[4 * BLOCK_BYTES :])
    assert recognizer.partial().startswith(f"{heard} ")
    assert recognizer.finish(second_pass=second_pass).text.endswith("the weather like")


def test_work_ahead_is_dropped_with_its_utterance(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("azure-whatstheweatherlike"))
    recognizer.anticipate()
    assert recognize(recognizer, shipped("goforward")) == "go forward ten meters"


def test_without_sound_there_is_nothing_to_do_ahead(recognizer):
    recognizer.resume()
    recognizer.begin()
    assert not recognizer.anticipate()
    recognizer.resume()
    assert recognizer.finish().text == ""


def test_words_that_fit_have_a_score_and_no_words_have_none(recognizer):
    recognizer.begin()
    assert recognizer.score() == -math.inf
    feed(recognizer, shipped("goforward"))
    live = recognizer.score()
    heard = recognizer.finish()
    assert not math.isnan(live + heard.score)  # -inf where a driver knows nothing
    assert recognize_nothing(recognizer).score == -math.inf


def recognize_nothing(recognizer: Recognizer) -> Recognition:
    recognizer.begin()
    recognizer.feed(bytes(BLOCK_BYTES))
    return recognizer.finish()


def test_an_utterance_is_forgotten_by_the_next(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("azure-whatstheweatherlike"))
    assert recognize(recognizer, shipped("goforward")) == "go forward ten meters"


def test_blocks_of_any_length_give_the_same_words(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("goforward"), 1_001)
    assert recognizer.finish().text == "go forward ten meters"


def test_after_the_end_there_are_no_words_left(recognizer):
    recognize(recognizer, shipped("goforward"))
    recognizer.begin()
    assert recognizer.partial() == ""
    assert recognizer.finish().text == ""


def test_expected_phrases_are_written_as_given_and_cost_no_other_word(driver):
    opened = english_recognizer(driver)
    opened.expect([Phrase("Doña Carmen", (("d_ˈo_ɲ_a",), ("k_ˈa_ɾ_m_e_n",))), Phrase("東京"), Phrase("x")])
    assert recognize(opened, shipped("goforward")) == "go forward ten meters"
    opened.close()


def test_closing_twice_is_no_error(driver):
    opened = english_recognizer(driver)
    opened.close()
    opened.close()
