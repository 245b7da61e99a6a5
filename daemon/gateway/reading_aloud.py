"""Reads SSML aloud: its passages one after the other, in one format."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from daemon.events import SynthesizedSpeech
from daemon.gateway.conversion import OutputFormat, SpokenSound
from daemon.gateway.ssml import Passage

#: Sound is sent in pieces of so many bytes at most.
_PIECE_BYTES = 16_000


class Speaker(Protocol):
    """Who synthesizes: the pool."""

    def speak(self, lang: str, text: str, answer: Callable[[SynthesizedSpeech], None]) -> str:
        """Have a text spoken; return the request's id. `answer` gets the blocks, the last one marked."""

    def hush(self, request: str) -> None:
        """Stop: nothing more of it is said."""


class ReadingAloud:
    """One request. `send` gets pieces of sound; `end` is called once, with an error's text or none."""

    def __init__(
        self,
        speaker: Speaker,
        passages: Iterable[Passage],
        wanted: OutputFormat,
        send: Callable[[bytes], None],
        end: Callable[[str], None],
    ) -> None:
        self._speaker = speaker
        self._passages = deque(passages)
        self._send = send
        self._end = end
        self._rate_hz = wanted.rate_hz
        self._sound = SpokenSound(wanted)
        self._request = ""
        self._stopped = False

    def start(self) -> None:
        """Begin."""
        self._next()

    def stop(self) -> None:
        """Stop: nothing more is said, not even the end."""
        if not self._stopped:
            self._stopped = True
            self._speaker.hush(self._request)

    def _next(self) -> None:
        """Go on to the next passage, or say that it was the last."""
        while self._passages:
            passage = self._passages.popleft()
            if passage.text:
                self._request = self._speaker.speak(passage.lang, passage.text, self._block)
                return
            self._pass_on(self._sound.pause(passage.pause_s))
        self._pass_on(self._sound.flush())
        self._over("")

    def _block(self, block: SynthesizedSpeech) -> None:
        if self._stopped:
            return
        self._pass_on(self._sound.convert(block.pcm, block.rate_hz))
        if block.last and block.error:
            self._over(block.error)
        elif block.last:
            self._next()

    def _over(self, error: str) -> None:
        self._stopped = True
        self._end(error)

    def _pass_on(self, data: bytes) -> None:
        for at in range(0, len(data), _PIECE_BYTES):
            self._send(data[at : at + _PIECE_BYTES])
