"""The list of voices, in the form of the Speech service: one voice a language that the engine speaks."""

from __future__ import annotations

from daemon.engines.base import EngineReady

_RATE_HZ = "24000"


def voices(served: EngineReady) -> list[dict[str, str]]:
    """Return what ``voices/list`` answers."""
    return [_voice(lang) for lang in served.speaks]


def _voice(lang: str) -> dict[str, str]:
    short = f"{lang}-Dragoman"
    return {
        "Name": f"Dragoman ({lang})",
        "DisplayName": "Dragoman",
        "LocalName": "Dragoman",
        "ShortName": short,
        "Gender": "Neutral",
        "Locale": lang,
        "SampleRateHertz": _RATE_HZ,
        "VoiceType": "Standard",
        "Status": "GA",
    }
