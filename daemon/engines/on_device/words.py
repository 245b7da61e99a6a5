"""The words of a text as it is shown: the recognizer's, with the capitals and stops that were given to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daemon.events import Word


def as_shown(heard: Sequence[Word], text: str) -> tuple[Word, ...]:
    """Return the words as they stand in the text that was made of them; none if they cannot be told apart in it."""
    shown = text.split()
    if len(shown) != len(heard):
        return ()
    return tuple(replace(word, text=written) for word, written in zip(heard, shown, strict=True))
