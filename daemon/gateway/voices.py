"""The list of voices, in the form of the Speech service: one voice a language that the engine speaks."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.engines.base import EngineReady
from daemon.language_tags import base

_RATE_HZ = "24000"
#: Programs ask for the voices of a locale with its region: under the usual one a language that has none is listed, too.
_USUAL = (
    "af-ZA ar-EG bg-BG ca-ES cs-CZ cy-GB da-DK de-DE el-GR en-US es-ES et-EE eu-ES fa-IR fi-FI fr-FR ga-IE gl-ES he-IL "
    "hi-IN hr-HR hu-HU id-ID is-IS it-IT ja-JP ko-KR lt-LT lv-LV ms-MY mt-MT nb-NO nl-NL pl-PL pt-PT ro-RO ru-RU sk-SK "
    "sl-SI sq-AL sr-RS sv-SE sw-KE ta-IN th-TH tr-TR uk-UA ur-PK vi-VN zh-CN"
)
_USUAL_LOCALES = {base(tag): tag for tag in _USUAL.split()}


def voices(served: EngineReady) -> list[dict[str, str]]:
    """Return what ``voices/list`` answers."""
    return [_voice(lang) for lang in dict.fromkeys(_locales(served.speaks))]


def _locales(langs: tuple[str, ...]) -> Iterator[str]:
    for lang in langs:
        yield lang
        yield _USUAL_LOCALES.get(lang, lang)


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
