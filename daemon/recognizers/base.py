"""Speech to text in the speaker's language. One thread uses a recognizer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from daemon.events import Word

#: Code of the warning that a model cannot be read, while another of its language hears in its place.
RECOGNIZER_FAULTY = "recognizer_faulty"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an utterance was."""

    #: As the recognizer writes it; empty: nothing was said.
    text: str = ""
    #: The words of the text, if it tells them; times in seconds from the first sample.
    words: Sequence[Word] = ()
    #: How well words and sound fit, as `Recognizer.score` has it.
    score: float = -math.inf


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something that is likely to be said: a name, a dish."""

    #: As it is to be written.
    text: str
    #: How each of its words may sound, the likeliest first, as the International Phonetic Alphabet writes it. Empty:
    #: nobody knows.
    sounds: tuple[tuple[str, ...], ...] = ()


class Recognizer(Protocol):
    """One loaded recognizer.

    A module offers ``SETTINGS`` (its options), ``languages(settings) -> list of BCP-47`` (installed; loads
    nothing) and ``open(language, settings) -> Recognizer``; it may offer ``PATIENT``, the options that serve work
    which nobody waits for better, and ``faults(settings) -> list of str``, what is wrong with the models that are
    passed over, a line each.

    It may have ``faults``, what a person should mend although it hears: models of its language that were passed over,
    a line each.

    ``open`` raises `DriverMissing` when the library, the model or the language is not there.
    """

    @property
    def language(self) -> str:
        """What is heard, BCP-47, as the model was made for, for example ``en-US``."""

    def expect(self, phrases: Sequence[Phrase]) -> None:
        """Hear these more readily, and write them as they are written; at most once, before the first `begin`.

        One that cannot is as if it had not been asked.
        """

    def begin(self) -> None:
        """Start an utterance, forgetting an open one."""

    def feed(self, pcm: bytes) -> None:
        """Decode more of it: 16 kHz mono 16-bit. Takes its time."""

    def partial(self) -> str:
        """Return the words so far, as the recognizer writes them. Cheap."""

    def score(self) -> float:
        """Return how well the words so far fit the sound, for comparison with another language's recognizer. Cheap.

        A natural logarithm: more is better; -inf before there are words, or where nothing is known.
        """

    def anticipate(self) -> bool:
        """Work ahead on what `finish` gives, as if the utterance ended here; tell whether there is more to do now.

        Takes a moment each time, so that something else may come between. Sound may still come, and belongs to it.
        """

    def resume(self) -> None:
        """Take it that the utterance goes on after `anticipate`: `partial` keeps the words and has more of them."""

    def finish(self, *, second_pass: bool = True) -> Recognition:
        """End the utterance and return what it was; without `second_pass` sooner and worse."""

    def close(self) -> None:
        """Give the model's memory back."""
