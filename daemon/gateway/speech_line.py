"""Speech of a turn: one text after the other, so that the sound of two does not mix."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from daemon.gateway.conversion import PHRASE_SPEECH
from daemon.gateway.reading_aloud import ReadingAloud, Speaker
from daemon.gateway.ssml import Passage

#: Texts that wait; the oldest goes, for who listens is far behind then.
_WAITING = 8


class SpeechLine:
    """See the module. `send` gets pieces of sound, `end` is called after each text."""

    def __init__(self, speaker: Speaker, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self._speaker = speaker
        self._send = send
        self._end = end
        self._waiting: deque[Passage] = deque(maxlen=_WAITING)
        self._reading: ReadingAloud | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being spoken or waits for it."""
        return self._reading is None and not self._waiting

    def say(self, lang: str, text: str) -> None:
        """Have a text spoken after those that wait."""
        self._waiting.append(Passage(lang, text))
        self._next()

    def stop(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _next(self) -> None:
        if self._reading is None and self._waiting:
            passage = self._waiting.popleft()
            self._reading = ReadingAloud(self._speaker, [passage], PHRASE_SPEECH, self._send, self._ended)
            self._reading.start()

    def _ended(self, _error: str) -> None:
        """Go on. Without a word on an error: one ends the whole session of the service's own client."""
        self._reading = None
        self._end()
        self._next()
