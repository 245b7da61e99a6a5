"""Speech from the Speech service: its blocks, and that which comes with an utterance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.speech_blocks import SpeechBlocks
from daemon.engines.speech_service.utterance_speech import UtteranceSpeech
from daemon.events import SpeechRequest
from daemon.wire.sound import SoundShape, riff_header


@given(st.binary(max_size=500), st.lists(st.integers(1, 50), max_size=40))
def test_speech_may_be_cut_anywhere(samples, cuts):
    data, blocks, got = riff_header(SoundShape(24_000)) + samples, SpeechBlocks(), b""
    for cut in cuts:
        got += blocks.feed(data[:cut])
        data = data[cut:]
    got += blocks.feed(data)
    assert got == samples[: len(samples) // 2 * 2]
    assert blocks.rate_hz == 24_000


def test_speech_without_a_header_is_as_the_service_says():
    blocks = SpeechBlocks()
    assert blocks.feed(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09") == b"\x01\x02\x03\x04\x05\x06\x07\x08"
    assert blocks.rate_hz == 16_000


class Heard:
    def __init__(self):
        self.blocks, self.asked = [], []
        self.speech = UtteranceSpeech(self.blocks.append, self.asked.append, Oddities())

    @property
    def pcm(self):
        return b"".join(block.pcm for block in self.blocks)


REQUEST = SpeechRequest("u7", "es", "Hola.")


@pytest.mark.parametrize("before", range(4))
def test_speech_with_the_utterance_answers_the_request_whenever_that_comes(before):
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.translated(7, "de", "Hallo.")
    for step in range(4):
        if step == before:
            assert heard.speech.speak(REQUEST)
        if step < 3:
            heard.speech.piece(7, bytes([step, step]) * 4)
    heard.speech.end(7)
    assert heard.pcm == bytes([0, 0]) * 4 + bytes([1, 1]) * 4 + bytes([2, 2]) * 4
    assert [block.last for block in heard.blocks].count(True) == 1
    assert heard.asked == []


@pytest.mark.parametrize(
    "other",
    [SpeechRequest("u7", "es", "Adiós."), SpeechRequest("u7", "de", "Hola."), SpeechRequest("t7", "es", "Hola.")],
)
def test_another_text_is_not_answered_by_it(other):
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.piece(7, bytes(8))
    assert not heard.speech.speak(other)


def test_speech_that_never_came_is_asked_for():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    assert heard.speech.speak(REQUEST)
    heard.speech.failed(7, "no voice")
    heard.speech.end(7)
    assert heard.asked == [REQUEST]
    assert heard.blocks == []
    assert not heard.speech.speak(REQUEST)


def test_hushed_speech_ends_once_and_its_rest_is_dropped():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.speak(REQUEST)
    heard.speech.piece(7, bytes(8))
    assert heard.speech.hush("u7")
    assert not heard.speech.hush("u7")
    heard.speech.piece(7, bytes(8))
    heard.speech.end(7)
    assert (heard.pcm, [block.last for block in heard.blocks], heard.asked) == (bytes(8), [False, True], [])


def test_speech_in_another_form_is_said_to_be_and_asked_for():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.speak(REQUEST)
    heard.speech.piece(7, riff_header(SoundShape(16_000, channels=2)) + bytes(8))
    assert heard.asked == [REQUEST]


def test_only_the_last_utterances_speech_is_kept():
    heard = Heard()
    for utterance in range(1, 10):
        heard.speech.expect(utterance, "es")
        heard.speech.translated(utterance, "es", "Hola.")
        heard.speech.piece(utterance, bytes(8))
        heard.speech.end(utterance)
    assert not heard.speech.speak(SpeechRequest("u1", "es", "Hola."))
    assert heard.speech.speak(SpeechRequest("u9", "es", "Hola."))
