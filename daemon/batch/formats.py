"""Results as text, JSON lines and subtitles. Pure: a final in, a piece of a file out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from daemon import doubt
from daemon.events import Final, Interim
from daemon.mqtt import payloads
from hw.text import DOUBT

#: Name of a form → ending of its files.
ENDINGS = {"text": "txt", "json": "jsonl", "srt": "srt", "vtt": "vtt"}
#: Forms that take a file for each target language.
SUBTITLES = ("srt", "vtt")
#: What a subtitle file begins with.
HEADINGS = {"vtt": "WEBVTT\n\n"}


def text(final: Final, targets: tuple[str, ...], *, doubts: bool = False) -> str:
    """Return the translation as a line; with several targets a line each, the language in front.

    `doubts`: with a sign before each that may well be wrong, for a person to see.
    """
    told = {lang: (_doubt(final, lang) if doubts else "") + in_language(final, lang) for lang in targets}
    if len(targets) == 1:
        return f"{told[targets[0]]}\n"
    return "".join(f"{lang}: {words}\n" for lang, words in told.items())


def in_language(final: Final, lang: str) -> str:
    """Return a final's text in a target language; empty where there is none (see `failure`)."""
    return "" if failure(final, lang) else final.translations[lang].text


def _doubt(final: Final, lang: str) -> str:
    translation = final.translations.get(lang)
    return DOUBT if translation is not None and doubt.in_doubt(translation.confidence) else ""


def failure(final: Final, lang: str) -> str:
    """Return why a final has no text in a target language; empty if it was translated."""
    translation = final.translations.get(lang)
    if translation is None:
        return f"no translation into {lang}"
    return translation.error.text if translation.error else ""


def json_line(event: Final | Interim, file: str, at: str) -> str:
    """Return a result shaped as on MQTT, with its type and file, as one line."""
    if isinstance(event, Final):
        shaped = payloads.final(event, epoch="", seq=0, boot="", at=at)
        extra: dict[str, Any] = {"start_s": event.start_s, "end_s": event.end_s}
        kind = "final"
    else:
        shaped, extra, kind = payloads.interim(event, at), {}, "interim"
    fields = msgspec.json.decode(shaped)
    for key in ("id", "epoch", "seq", "boot"):  # names of the outbox, of which there is none here
        fields.pop(key, None)
    return msgspec.json.encode({"type": kind, "file": file, **fields, **extra}).decode() + "\n"


def srt_cue(number: int, final: Final, lang: str) -> str:
    """Return a cue of a SubRip file."""
    return f"{number}\n{_times(final, ',')}\n{_cue_text(final, lang)}\n\n"


def vtt_cue(_number: int, final: Final, lang: str) -> str:
    """Return a cue of a WebVTT file (W3C)."""
    safe = _cue_text(final, lang).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_times(final, '.')}\n{safe}\n\n"


CUES: dict[str, Callable[[int, Final, str], str]] = {"srt": srt_cue, "vtt": vtt_cue}


def _cue_text(final: Final, lang: str) -> str:
    return " ".join(in_language(final, lang).split())


def _times(final: Final, point: str) -> str:
    """Return when it is shown: from its first word to its last; where they are not known, while the gate was open."""
    begin, end = (final.words[0].start_s, final.words[-1].end_s) if final.words else (final.start_s, final.end_s)
    return f"{_clock(begin, point)} --> {_clock(end, point)}"


def _clock(seconds: float, point: str) -> str:
    whole_ms = round(max(0.0, seconds) * 1000)
    minutes, ms = divmod(whole_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{point}{ms % 1000:03}"
