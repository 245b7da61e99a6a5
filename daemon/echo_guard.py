"""The last line against the device translating itself: a final that says what the device said just then is dropped.

The gate is deaf while the device speaks, or the echo is cancelled. What still gets through (a loudspeaker by radio that
is late, a room that rings, an imperfect cancellation) begins while the device speaks or a moment after it, and its text
is like what was spoken. Both must hold, so that people may repeat what the device said.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

#: An echo begins at the latest so long after the end of the speech.
_LATE_NS = 1_000_000_000
#: Speeches that an echo may be of: the one that is heard, and more than can wait behind it.
_REMEMBERED = 16
#: So much of a heard text must be in the spoken one, in stretches of so many letters.
_LIKE = 0.75
_STRETCH = 3
#: A word as short as this, with the blanks around it, must be in it as it is: "no" is no echo of "buenos".
_SHORT = 8
#: Letters that are compared: of a heard text, and of a spoken one, two minutes of it; a late echo is of its end.
_HEARD, _SPOKEN = 400, 2_000
_APOSTROPHES = frozenset("'\u2019")


@dataclass(slots=True)
class _Spoken:
    request: str
    text: str
    #: CLOCK_MONOTONIC; None before the first sample, and before the end.
    began_ns: int | None = None
    ended_ns: int | None = None


class EchoGuard:
    """Thread-safe. Told of each text when it is asked for, begins and ends."""

    def __init__(self, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._spoken: deque[_Spoken] = deque(maxlen=_REMEMBERED)
        #: Finals that were dropped.
        self.dropped = 0

    def asked(self, request: str, text: str) -> None:
        """Take note of a text that will be spoken."""
        with self._lock:
            self._spoken.append(_Spoken(request, _words(text[-_SPOKEN:])))

    def began(self, request: str) -> None:
        """Take note that a text can be heard from now on."""
        with self._lock:
            for spoken in self._of(request):
                spoken.began_ns = self._clock_ns()

    def ended(self, request: str) -> None:
        """Take note that a text is heard no more."""
        with self._lock:
            for spoken in self._of(request):
                spoken.ended_ns = self._clock_ns()

    def is_echo(self, text: str, began_ns: int) -> bool:
        """Tell whether a text, heard from that moment on, is what the device said then; count it."""
        heard = _words(text[:_HEARD])
        with self._lock:
            echo = any(_audible(spoken, began_ns) and _is_like(heard, spoken.text) for spoken in self._spoken)
            self.dropped += echo
        return echo

    def _of(self, request: str) -> list[_Spoken]:
        return [spoken for spoken in self._spoken if spoken.request == request]


def _audible(spoken: _Spoken, at_ns: int) -> bool:
    if spoken.began_ns is None or at_ns < spoken.began_ns:
        return False
    return spoken.ended_ns is None or at_ns <= spoken.ended_ns + _LATE_NS


def _is_like(heard: str, spoken: str) -> bool:
    """Tell whether the heard text is in the spoken one, but for words that were misheard."""
    if not heard or not spoken:
        return False
    if len(heard) <= _SHORT:
        return heard in spoken
    matcher = SequenceMatcher(None, heard, spoken, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks() if block.size >= _STRETCH)
    return same >= _LIKE * len(heard)


def _words(text: str) -> str:
    """Return the words, blanks around each, without case and accents; of what has no blanks, each character."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = "".join(map(_letter, plain)).split()
    return f" {' '.join(words)} " if words else ""


def _letter(char: str) -> str:
    if char.isalnum():
        return f" {char} " if unicodedata.east_asian_width(char) == "W" else char
    is_mark = unicodedata.category(char).startswith("M")
    return "" if is_mark or char in _APOSTROPHES else " "
