"""How words sound, by eSpeak NG: ``python -m daemon.synthesizers._phonemes`` reads words and writes their sounds.

A process of its own that ends at once, since the library serves one user a process, and may hang at its end.
"""

from __future__ import annotations

import os
import sys

import msgspec

from daemon.drivers import DriverMissing
from daemon.synthesizers import espeak
from daemon.synthesizers.base import SynthesisFailed

#: How English voices write the t of "water"; in other voices that is an r.
_FLAP = "ɾ"


class Asked(msgspec.Struct):
    """What comes in: words, and the languages in which they may be said, BCP-47."""

    words: list[str]
    languages: list[str]


def sounds(asked: Asked) -> list[list[str]]:
    """Return for each word how each language says it that has a voice."""
    try:
        synthesizer = espeak.open(espeak.Settings())
    except DriverMissing:
        return [[] for _ in asked.words]
    return [[sound for lang in asked.languages if (sound := _sound(synthesizer, lang, word))] for word in asked.words]


def _sound(synthesizer: espeak.EspeakSynthesizer, lang: str, word: str) -> str:
    try:
        sound = synthesizer.sounds(lang, word)
    except SynthesisFailed:
        return ""
    return sound.replace(_FLAP, "t") if lang.lower().startswith("en") else sound


def main() -> None:
    """Read `Asked` from the standard input, write `sounds`: both JSON."""
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Asked)
    os.write(sys.stdout.fileno(), msgspec.json.encode(sounds(asked)))


if __name__ == "__main__":
    main()
    os._exit(0)  # without closing the library, see above
