"""What every synthesizer promises, whichever is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import daemon.synthesizers
from daemon import drivers
from daemon.drivers import DriverMissing
from daemon.synthesizers.base import SynthesisFailed, Synthesizer

pytestmark = pytest.mark.parts

SENTENCE = "Esto es una frase bastante larga, para que haya más de un bloque."


@pytest.fixture(params=drivers.names(daemon.synthesizers))
def driver(request) -> Any:
    return drivers.load(daemon.synthesizers, request.param)


@pytest.fixture
def synthesizer(driver) -> Iterator[Synthesizer]:
    try:
        opened = driver.open(driver.SETTINGS())
    except DriverMissing as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def speech(synthesizer: Synthesizer, lang: str, text: str) -> np.ndarray:
    blocks: list[bytes] = []
    synthesizer.speak(lang, text, lambda pcm: blocks.append(pcm) is None)
    return np.frombuffer(b"".join(blocks), "<i2")


def test_a_sentence_is_heard_in_every_language_that_it_names(synthesizer):
    assert synthesizer.languages
    for lang in synthesizer.languages:
        assert len(speech(synthesizer, lang, "1 2 3"))


def test_speech_is_no_silence_and_as_long_as_a_sentence_takes(synthesizer):
    samples = speech(synthesizer, synthesizer.languages[0], SENTENCE)
    assert 1.0 < len(samples) / synthesizer.rate_hz < 30.0
    assert np.sqrt((samples.astype(float) ** 2).mean()) > 300


def test_two_languages_sound_different(synthesizer):
    if len(synthesizer.languages) < 2:
        pytest.skip("it speaks one language")
    first, second, *_ = (speech(synthesizer, lang, "radio 4") for lang in synthesizer.languages[:2])
    assert not np.array_equal(first, second)


def test_a_refusal_of_the_first_block_is_the_end(synthesizer):
    blocks: list[bytes] = []
    synthesizer.speak(synthesizer.languages[0], SENTENCE, lambda pcm: blocks.append(pcm) is not None)
    assert len(blocks) == 1
    assert len(speech(synthesizer, synthesizer.languages[0], SENTENCE))  # the next one is whole again


def test_an_error_of_the_listener_comes_back(synthesizer):
    def refuse(_pcm: bytes) -> bool:
        raise LookupError("refused")

    with pytest.raises(LookupError, match="refused"):
        synthesizer.speak(synthesizer.languages[0], SENTENCE, refuse)
    assert len(speech(synthesizer, synthesizer.languages[0], SENTENCE))


def test_a_language_that_it_does_not_speak_is_refused_by_name(synthesizer):
    with pytest.raises(SynthesisFailed, match="qaa"):
        synthesizer.speak("qaa", SENTENCE, lambda _pcm: True)


@pytest.mark.parametrize("text", ["", "  ", "\0", "\x01\x1b[2J", "<speak>", "😀", "\ud83d", "a\0b", "?"])
def test_no_text_is_an_error(synthesizer, text):
    speech(synthesizer, synthesizer.languages[0], text)


def test_it_can_be_opened_again_once_closed(driver, synthesizer):
    synthesizer.close()
    synthesizer.close()
    again = driver.open(driver.SETTINGS())
    assert again.languages == synthesizer.languages
    again.close()
