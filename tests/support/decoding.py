"""Recordings given to a recognizer, in the pieces in which a microphone's sound comes."""

from __future__ import annotations

from daemon.recognizers.base import Recognizer
from hw.api import SPEECH_FORMAT

#: A tenth of a second.
BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10


def feed(recognizer: Recognizer, pcm: bytes) -> None:
    """Give a recognizer sound of an utterance that has begun."""
    for start in range(0, len(pcm), BLOCK_BYTES):
        recognizer.feed(pcm[start : start + BLOCK_BYTES])


def recognize(recognizer: Recognizer, pcm: bytes, *, second_pass: bool = True) -> str:
    """Give it a whole utterance; return the text."""
    recognizer.begin()
    feed(recognizer, pcm)
    return recognizer.finish(second_pass=second_pass).text
