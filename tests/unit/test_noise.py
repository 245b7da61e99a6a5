"""What tells noise from speech, by the words that a recognizer found in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.on_device.noise import why_noise
from daemon.events import Word


def words(count: int, confidence: float, word_s: float = 0.3, pause_s: float = 0.0) -> list[Word]:
    starts = [at * (word_s + pause_s) for at in range(count)]
    return [Word("word", start_s, start_s + word_s, confidence) for start_s in starts]


@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (words(0, 0.0), ""),
        (words(1, 0.05), "unsure"),
        (words(1, 0.3, word_s=0.9), ""),  # a long word alone: "international"
        (words(1, 1.0, word_s=1.2), "drawn_out"),  # a helicopter
        (words(2, 0.2), "unsure"),
        (words(2, 0.3), ""),
        (words(2, 0.6, word_s=0.7), "drawn_out"),
        (words(2, 0.6, pause_s=0.6), ""),  # "yes … please"
        (words(3, 0.6, pause_s=0.3), ""),
        (words(3, 0.6, pause_s=0.9), "slow"),
        (words(3, 0.9, pause_s=0.9), ""),  # slow, and sure of it
        (words(9, 0.1), ""),  # an accent
        (words(11, 0.1, pause_s=0.6), "unsure"),
    ],
)
def test_noise_is_told_from_speech(heard, why):
    assert why_noise(heard) == why


@given(st.integers(1, 40), st.floats(0.86, 1.0), st.floats(0.05, 1.0), st.floats(0.0, 3.0))
def test_what_the_recognizer_is_sure_of_is_never_noise(count, confidence, word_s, pause_s):
    assert why_noise(words(count, confidence, word_s, pause_s)) == ""


def test_words_without_length_are_no_error():
    assert why_noise(words(3, 0.5, word_s=0.0)) in ("", "slow", "drawn_out", "unsure")
