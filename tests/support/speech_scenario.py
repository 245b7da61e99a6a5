"""What goes wrong on a server of the Speech service's protocol."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from daemon.wire.messages import RecognitionStatus, Vocabulary

#: Speech of one phrase.
SPEECH_RATE_HZ = 24_000
SPEECH = bytes(range(256)) * 60
#: In place of a close code: see `abort` of `speech_conversation`.
ABORT = "abort"


@dataclass
class Scenario:
    """What goes wrong; the default is nothing. What is consumed happens once for each entry."""

    #: HTTP statuses of the first requests for a connection, and what their answers say.
    statuses: deque[int] = field(default_factory=deque)
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    #: The first so many requests are never answered.
    unanswered: int = 0
    #: After so many words of a connection: a close code, or `ABORT`; consumed.
    cuts: deque[tuple[int, int | str]] = field(default_factory=deque)
    reason: str = ""
    #: Nothing more is said after so many words, in the first so many turns.
    silent_after: int | None = None
    silent_turns: int = 1
    #: What is never said, by type.
    unsaid: tuple[type, ...] = ()
    #: Each turn ends after so many phrases.
    phrases_a_turn: int | None = None
    ends_at_once: bool = False
    #: Every answer is so late, seconds.
    slow_s: float = 0.0
    #: Raw messages before every result.
    garbage: tuple[str | bytes, ...] = ()
    foreign_ids: bool = False
    twice: bool = False
    negative: bool = False
    #: Every result comes without its translations first, as recognition alone says it.
    bare_first: bool = False
    #: Phrases come in pairs, the later one first, with an old hypothesis after them.
    disordered: bool = False
    status: RecognitionStatus = RecognitionStatus.SUCCESS
    translation_error: str | None = None
    speech: bytes = SPEECH
    vocabulary: Vocabulary | None = None
