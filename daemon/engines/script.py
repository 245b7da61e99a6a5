"""The script of the scripted engine: what it makes of each utterance."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from daemon.engines.base import Cure


@dataclass(frozen=True, slots=True)
class Line:
    """What the engine makes of one utterance."""

    #: The final's source; empty: nothing was said.
    text: str = ""
    #: Target → text. A target that is not here gets ``<target>: <source text>``.
    translations: dict[str, str] = field(default_factory=dict)
    #: Target → text of its error, code ``translator_failed``.
    failing: dict[str, str] = field(default_factory=dict)
    #: (Seconds of sound, words): said as soon as so much has been fed.
    hypotheses: tuple[tuple[float, str], ...] = ()
    #: Code of the failure that takes the final's place; empty: none.
    failure: str = ""
    cure: Cure = Cure.NEXT
    #: The final, or the failure, waits for `ScriptedEngine.step`.
    late: bool = False
    #: No answer ever, as an engine that hangs.
    silent: bool = False
    #: The whole engine dies, once, when so much sound has been fed, seconds.
    dies_at_s: float | None = None
    engine_ms: int = 0
    #: Which side of a conversation says it, BCP-47; empty: the source.
    lang: str = ""


def read(path: str) -> list[Line]:
    """Return the script in a JSON file. Raises OSError or ValueError, naming it."""
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=list[Line])
    except msgspec.MsgspecError as error:
        raise ValueError(f"the script {path} cannot be played: {error}") from error
