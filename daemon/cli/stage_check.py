"""What `dragoman doctor` says of models that an engine on this device passed over, whichever stage's they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from daemon.cli.checkup import Finding, Health
from daemon.config import Settings
from daemon.engines.base import TRANSLATOR_FAULTY
from daemon.recognizers.base import RECOGNIZER_FAULTY

#: What an engine warns of while it works → the stage, whose drivers' settings name what is to be mended.
_STAGES = {RECOGNIZER_FAULTY: "recognizer", TRANSLATOR_FAULTY: "translator"}


def faulty(settings: Settings, warnings: Mapping[str, str]) -> Iterator[Finding]:
    """Judge an engine's warnings, by their codes: one finding a stage."""
    for code, stage in _STAGES.items():
        if text := warnings.get(code):
            named = ", ".join(_naming(settings, stage, text)) or "what the message names"
            yield Finding(stage, Health.WARN, text, f"correct {named}")


def _naming(settings: Settings, stage: str, text: str) -> list[str]:
    """Return the settings of a stage's drivers that name a file or folder of which the text tells."""
    values = settings.flat()
    return [
        key.path
        for key in settings.schema.keys.values()
        if key.section.startswith(f"{stage}.")
        and any(_tells_of(text, value) for value in (values[key.path] if key.many else [values[key.path]]))
    ]


def _tells_of(text: str, value: object) -> bool:
    """Tell whether a text names this place, or one inside. Only what has a slash in it is known for a place."""
    if not isinstance(value, str) or not value.strip("/.") or "/" not in value:
        return False
    return re.search(rf"{re.escape(str(Path(value)))}(?!\w)", text) is not None
