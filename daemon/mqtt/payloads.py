"""What stands in each message: pure functions from the daemon's values to bytes of UTF-8 JSON.

Every object has ``"v": 1``; extra fields do not change it. Texts are in Unicode normal form C, and `stable` counts code
points of that form. Times are RFC 3339 UTC with milliseconds.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from daemon.board import Problem, Snapshot
from daemon.events import Final, Interim, Notice, StableText, Translation, UtteranceDropped, Word

#: Version of the payloads, in each of them.
VERSION = 1
ONLINE = b"online"
OFFLINE = b"offline"
_ELLIPSIS = "…"


def encode(fields: Mapping[str, Any]) -> bytes:
    """Return an object as JSON, with the version in front."""
    return msgspec.json.encode({"v": VERSION} | {name: value for name, value in fields.items() if name != "v"})


def text(words: str) -> str:
    """Return a text as it may travel: normal form C, nothing that UTF-8 cannot hold."""
    return unicodedata.normalize("NFC", words.encode("utf-8", "replace").decode("utf-8"))


def stable_text(interim: StableText) -> tuple[str, int]:
    """Return the text in normal form C and how many of *its* first code points are stable.

    A mark that follows the stable part may melt into its last letter; that letter is then not stable.
    """
    whole = text(interim.text)
    prefix = text(interim.text[: interim.stable])
    stable = next((at for at, (a, b) in enumerate(zip(prefix, whole, strict=False)) if a != b), len(prefix))
    return whole, min(stable, len(whole))


def interim(result: Interim, at: str) -> bytes:
    """Return the payload of ``interim``."""
    source, stable = stable_text(result.source)
    return encode(
        {
            "utterance": result.utterance,
            "revision": result.revision,
            "source": {"lang": result.source_lang, "text": source, "stable": stable},
            "translations": {lang: _interim_translation(words) for lang, words in result.translations.items()},
            "at": at,
        }
    )


def _interim_translation(words: StableText) -> dict[str, Any]:
    whole, stable = stable_text(words)
    return {"text": whole, "stable": stable}


def final(result: Final, *, epoch: str, seq: int, boot: str, at: str) -> bytes:
    """Return the payload of ``final`` and ``replay``."""
    return encode(
        {
            "id": final_id(epoch, seq),
            "epoch": epoch,
            "seq": seq,
            "utterance": result.utterance,
            "boot": boot,
            "at": at,
            "source": {"lang": result.source_lang, "text": text(result.source)} | _words(result.words),
            "translations": translations(result.translations),
            "audio_s": round(result.audio_s, 3),
            "engine": result.engine,
            "latency_ms": {
                "first_interim": result.first_interim_ms,
                "final": result.final_ms,
                "engine": result.engine_ms,
            },
            "gap_ms": result.gap_ms,
            "start_s": result.start_s,
            "end_s": result.end_s,
            "erasure": {"interim": result.erasure_interim, "final": result.erasure_final},
        }
    )


def _words(words: Sequence[Word]) -> dict[str, Any]:
    """Return the key ``words``, for a source whose words are known."""
    told = [
        {"text": text(word.text), "start_s": word.start_s, "end_s": word.end_s, "confidence": word.confidence}
        | ({"heard": text(word.heard)} if word.heard else {})
        for word in words
    ]
    return {"words": told} if told else {}


def final_id(epoch: str, seq: int) -> str:
    """Return the name of a final, the same on every topic."""
    return f"{epoch}-{seq}"


def translations(results: Mapping[str, Translation]) -> dict[str, dict[str, Any]]:
    """Return language → text, or why there is none."""
    return {lang: _translation(words) for lang, words in results.items()}


def _translation(words: Translation) -> dict[str, Any]:
    if words.error is not None:
        return {"error": {"code": words.error.code, "text": text(words.error.text)}}
    made_by = {"translator": words.translator} if words.translator else {}
    # Cut, not rounded: what the device marks as in doubt, below 0.6, is so for everybody who reads it.
    sureness = {} if words.confidence is None else {"confidence": math.floor(round(words.confidence * 100, 6)) / 100}
    return {"text": text(words.text)} | made_by | sureness


def last(final_payload: bytes, *, with_text: bool) -> bytes:
    """Return the payload of ``final/last``, made from that of the final."""
    whole = msgspec.json.decode(final_payload)
    keys = ("epoch", "seq", "id", "at") + (("source", "translations") if with_text else ())
    return encode({key: whole[key] for key in keys})


def shortened(final_payload: bytes, limit_bytes: int) -> bytes | None:
    """Return a final that fits: without its words, and its texts cut to what room there is; None if that is no help.

    ``"truncated": true`` says so. A broker closes the connection over a packet above its maximum, and a client that
    sent it again would never get past it.
    """
    if len(final_payload) <= limit_bytes:
        return final_payload
    whole = msgspec.json.decode(final_payload) | {"truncated": True}
    whole["source"].pop("words", None)
    texts = [whole["source"], *(words for words in whole["translations"].values() if "text" in words)]
    full = [words["text"] for words in texts]
    keep = max(map(len, full), default=0)
    while keep:
        keep //= 2
        for words, complete in zip(texts, full, strict=True):
            words["text"] = complete if len(complete) <= keep else complete[:keep] + _ELLIPSIS
        payload = msgspec.json.encode(whole)
        if len(payload) <= limit_bytes:
            return payload
    return None


def captions(result: Interim | Final) -> dict[str, bytes]:
    """Return language (or ``source``) → plain text, for displays that can do nothing else."""
    source = result.source if isinstance(result.source, str) else result.source.text
    found = {lang: words.text for lang, words in result.translations.items() if words.text}
    return {lang: text(words).encode() for lang, words in {"source": source, **found}.items()}


def dropped(drop: UtteranceDropped, at: str) -> bytes:
    """Return the payload of ``event`` for an utterance that will have no final."""
    return event(Notice("utterance_dropped", {"utterance": drop.utterance, "reason": str(drop.reason)}), at)


def event(notice: Notice, at: str) -> bytes:
    """Return the payload of ``event``."""
    return encode({**notice.fields, "event_type": notice.event_type, "at": at})


def state(now: Snapshot, *, config_rev: int, epoch: str, final_seq: int, boot: str) -> bytes:
    """Return the payload of ``state``."""
    return encode(
        {
            "state": str(now.activity),
            "since": now.since,
            "muted": now.muted,
            "wants_key": now.wants_key,
            "source": now.source,
            "targets": list(now.targets),
            "engine": now.engine,
            "parts": {name: str(part) for name, part in now.parts.items()},
            "problems": [_problem(problem) for problem in now.problems],
            "config_rev": config_rev,
            "epoch": epoch,
            "final_seq": final_seq,
            "boot": boot,
        }
    )


def _problem(problem: Problem) -> dict[str, Any]:
    known = {"accepted": True} if problem.accepted else {}
    return {"code": problem.code, "since": problem.since, "detail": text(problem.detail)} | known


def info(
    *,
    version: str,
    engines: Mapping[str, Sequence[tuple[str, str]]],
    limits: Mapping[str, int],
    last_exit: str | None,
) -> bytes:
    """Return the payload of ``info``. `engines`: name → pairs of source and target language it serves."""
    return encode(
        {
            "version": version,
            "protocol": VERSION,
            "engines": {
                name: [{"source": source, "target": target} for source, target in pairs]
                for name, pairs in engines.items()
            },
            "limits": dict(limits),
            "last_exit": last_exit,
        }
    )


def repeated(answer: bytes) -> bytes:
    """Return an answer that was given before, marked so: what it tells of was done then, and is not done now."""
    return encode({**msgspec.json.decode(answer), "again": True})


def metrics(values: Mapping[str, Any], at: str) -> bytes:
    """Return the payload of ``metrics``."""
    return encode({**values, "at": at})
