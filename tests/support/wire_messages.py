"""Any message of the Speech service's protocol, for tests of how it travels."""

from __future__ import annotations

import contextlib
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

from hypothesis import strategies as st

from daemon.wire.context import Segmentation, SpeechContext
from daemon.wire.errors import WireError

HEX = "0123456789abcdef"
TURN = "0f" * 16
TAGS = st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
#: Field → what may stand in it, where its type does not say enough.
BY_NAME = {
    "request_id": st.text(HEX, min_size=32, max_size=32),
    "stream_id": st.text(HEX, max_size=32),
    "token": st.text(HEX, max_size=8),
    "language": TAGS,
    "path": st.just("speech.unheard.of"),
    "body": WORDS | st.binary(),
    "targets": st.lists(TAGS, unique=True).map(tuple),
    "candidates": st.lists(TAGS, unique=True).map(tuple),
    "voices": st.dictionaries(TAGS, WORDS).map(lambda voices: tuple(voices.items())),
    "profanity": st.sampled_from(["", "raw", "masked", "removed"]),
    "rate_hz": st.integers(1, 1 << 20),
    "channels": st.integers(1, 8),
    "bits": st.sampled_from([8, 16, 24, 32]),
    "format_tag": st.integers(0, 0xFFFF),
    "context": st.deferred(lambda: made(SpeechContext).map(as_it_travels)),
    "phrase_weight": st.none() | st.floats(0, 2),
    "confidence": st.floats(0, 1),
    "offset_ticks": st.integers(-(1 << 62), 1 << 62),
    "duration_ticks": st.integers(-(1 << 62), 1 << 62),
}
BY_TYPE = {str: WORDS, bytes: st.binary(), bool: st.booleans(), int: st.integers(0, 1 << 31)}


def made(kind):
    """Return a strategy for any value of a message's type, made from its fields."""
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if not is_dataclass(kind):
        options = [made(option) for option in get_args(kind) if option not in (type(None), ...)]
        if type(None) in get_args(kind):
            return st.none() | st.one_of(options)
        return st.lists(st.one_of(options), max_size=3).map(tuple) if options else st.sampled_from(list(kind))
    hints = get_type_hints(kind)
    parts = {one.name: BY_NAME[one.name] if one.name in BY_NAME else made(hints[one.name]) for one in fields(kind)}
    return st.builds(kind, **parts)


def as_it_travels(context: SpeechContext) -> SpeechContext:
    """What has no effect without something else is not said without it; what means something else is said with it."""
    changes = {}
    if not context.targets:
        changes |= {"category": ""}
    if not context.candidates:
        changes |= {"language_id": SpeechContext().language_id}
    if not context.phrases:
        changes |= {"phrase_weight": None}
    if context.segmentation_silence_ms is not None or context.segmentation_maximum_ms is not None:
        changes |= {"segmentation": context.segmentation or Segmentation.TIME}
    return SpeechContext(**{one.name: getattr(context, one.name) for one in fields(context)} | changes)


def understood(parse, message):
    """Return what a parser makes of something; None for a `WireError`. Any other exception is the test's."""
    with contextlib.suppress(WireError):
        return parse(message)
    return None
