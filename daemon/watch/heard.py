"""What devices say, as values: texts are one line that is safe to show, names and numbers as the contract has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A text in one language."""

    lang: str
    text: str
    #: The first so many code points stay in later interims; None: all of it is for good.
    stable: int | None = None
    #: Whether the text says why there is no translation.
    failed: bool = False
    #: Whether it may well be wrong.
    doubtful: bool = False
    #: Where words stand that may have been misheard, as in `hw.api.CaptionLine`.
    unsure: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether the device is there."""

    online: bool


@dataclass(frozen=True, slots=True)
class State:
    """How the device is."""

    state: str
    source: str
    targets: tuple[str, ...]
    #: Codes.
    problems: tuple[str, ...]
    epoch: str
    final_seq: int


@dataclass(frozen=True, slots=True)
class Interim:
    """What has been understood so far."""

    utterance: int
    source: Words
    translations: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A final."""

    epoch: str
    seq: int
    utterance: int
    #: RFC 3339, UTC; empty if the message has no such time.
    at: str
    source: Words
    translations: tuple[Words, ...]
    #: Whether it was sent again because somebody asked.
    again: bool = False


@dataclass(frozen=True, slots=True)
class Newest:
    """The number of the newest final."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class UtteranceOver:
    """An utterance that ends without a final."""

    utterance: int


@dataclass(frozen=True, slots=True)
class Gone:
    """Finals that the device has no longer."""

    epoch: str
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a request for earlier finals."""

    transaction: str
    #: Code of the refusal; empty: they follow.
    error: str
    count: int
    #: The last of them.
    to_seq: int


Heard = Presence | State | Interim | Said | Newest | UtteranceOver | Gone | Answered
