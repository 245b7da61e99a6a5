"""How loud the live pass of a recognizer hears a voice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.recognizers._gain import LiveGain
from hw.api import SPEECH_FORMAT

_BLOCK = SPEECH_FORMAT.bytes_per_second // 10
_WAVE = np.sin(np.arange(_BLOCK // 2) / 5) * 2**0.5


def block(level: float) -> bytes:
    """100 ms of that root mean square."""
    return (_WAVE * level).round().astype(np.int16).tobytes()


def level(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(np.frombuffer(pcm, np.int16).astype(float) ** 2)))


def test_what_is_not_quiet_stays_as_it_is_to_the_bit():
    gain = LiveGain()
    for _ in range(2):
        gain.begin()
        said = [block(20), *[block(1000)] * 12, block(20)]
        assert [gain.applied(each) for each in said] == said


def test_a_quiet_voice_is_louder_once_it_is_known_and_from_the_first_word_of_the_next_utterance():
    gain = LiveGain()
    gain.begin()
    first = [level(gain.applied(block(100))) for _ in range(12)]
    assert first[:9] == pytest.approx([100] * 9, rel=0.02)
    assert first[9:] == pytest.approx([1500] * 3, rel=0.02)
    gain.begin()
    assert level(gain.applied(block(100))) == pytest.approx(1500, rel=0.02)


def test_who_speaks_loud_after_a_quiet_one_is_not_made_louder():
    gain = LiveGain()
    gain.begin()
    for _ in range(12):
        gain.applied(block(100))
    gain.begin()
    assert gain.applied(block(4000)) == block(4000)


def test_silence_stays_silence_and_says_nothing_of_a_voice():
    gain = LiveGain()
    gain.begin()
    assert {gain.applied(bytes(_BLOCK)) for _ in range(20)} == {bytes(_BLOCK)}
    gain.begin()
    assert gain.applied(block(100)) == block(100)
    assert gain.applied(b"") == b""


@given(st.lists(st.integers(0, 20_000), max_size=30))
def test_no_sound_is_cut_off_or_changes_its_length(levels):
    gain = LiveGain()
    gain.begin()
    for each in levels:
        louder = gain.applied(block(each))
        assert len(louder) == _BLOCK
        assert level(louder) >= level(block(each)) - 1
