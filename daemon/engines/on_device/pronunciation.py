"""How a person's phrases may sound, for a recognizer that has never heard of them."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Sequence
from typing import Any

import msgspec

from daemon import python_module
from daemon.recognizers.base import Phrase

_LOG = logging.getLogger(__name__)

#: Two hundred phrases take half a second, on the smallest board a few.
_LIMIT_S = 20.0


def pronounced(phrases: Sequence[str], languages: Sequence[str]) -> list[Phrase]:
    """Return phrases with their sounds in these languages, the likeliest first.

    A foreign name is said as its own language says it as often as the speaker's would. Where nothing can say them, the
    phrases are without sounds.
    """
    words = sorted({word for phrase in phrases for word in phrase.split()})
    said = dict(zip(words, _said(words, languages), strict=True))
    return [Phrase(phrase, tuple(tuple(said[word]) for word in phrase.split())) for phrase in phrases]


def _said(words: Sequence[str], languages: Sequence[str]) -> list[list[str]]:
    command = python_module.command("daemon.synthesizers._phonemes")
    given = msgspec.json.encode({"words": words, "languages": languages})
    try:
        answer: Any = subprocess.check_output(
            command, input=given, timeout=_LIMIT_S, env=python_module.environment(), stderr=subprocess.DEVNULL
        )
        said = msgspec.json.decode(answer, type=list[list[str]])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        _LOG.warning("phrases cannot be said: %s", error)
        said = []
    return said if len(said) == len(words) else [[] for _ in words]
