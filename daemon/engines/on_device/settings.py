"""The section ``engine.device``."""

from __future__ import annotations

from dataclasses import dataclass

from hw.options import option


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """Which drivers do the three stages."""

    recognizer: str = option(
        "pocketsphinx",
        "Speech to text: a module of daemon/recognizers.",
        pattern=".+",
        words='a module in quotes such as "pocketsphinx"',
    )
    translators: tuple[str, ...] = option(
        ("ctranslate2", "apertium"),
        "Text to text: modules of daemon/translators, the best first; who is unsure has the next one asked.",
        pattern=".+",
        words='a module in quotes such as "apertium"',
    )
    synthesizer: str = option("espeak", "Text to speech: a module of daemon/synthesizers; empty: none.")
    memory_limit_mb: int = option(
        0,
        "Memory of its own that the engine may take with its programs, MB, before it is replaced between two"
        " utterances; 0: half of the machine's, 2048 at most.",
        minimum=0,
    )
    figures: bool = option(
        default=True,
        doc="Write numbers, times, days, prices and telephone numbers that were heard in figures; false: in words.",
    )
    reject_noise: bool = option(
        default=True, doc="Give no final where the words show that it was noise; the event `rejected` tells of it."
    )
