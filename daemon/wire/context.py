"""What the client asks of a turn: the body of ``speech.context``.

On the v2 address all of it stands there; on v1 addresses languages, voice and most options are in the query
(`daemon.wire.upgrade`). Names as seen from the native client; the JavaScript one writes some in other cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daemon.wire.errors import WireError
from daemon.wire.fields import Fields, dump, parse_object

#: What is not wanted.
_NONE = "None"


class Mode(StrEnum):
    """How long a turn lasts."""

    CONVERSATION = "CONVERSATION"  # until the client, or the server, ends it
    INTERACTIVE = "INTERACTIVE"  # the server ends it after one phrase
    DICTATION = "DICTATION"


class LanguageIdMode(StrEnum):
    """When the spoken language is looked for among the candidates."""

    AT_START = "DetectAtAudioStart"
    CONTINUOUS = "DetectContinuous"


class Segmentation(StrEnum):
    """What ends a phrase."""

    USUAL = ""  # what the service thinks best
    TIME = "Custom"  # silence, or its greatest length; what says one of these times asks for this
    SEMANTIC = "Semantic"  # the end of a sentence


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where a turn goes on after a connection was lost."""

    service_tag: str = ""
    token: str = ""
    #: Sound before this is not sent again, ticks of 100 ns.
    offset_ticks: int = 0


@dataclass(frozen=True, slots=True)
class SpeechContext:
    """See the module. What is empty or None is not said, and the service's own default holds. Times: milliseconds."""

    language: str = ""
    targets: tuple[str, ...] = ()
    mode: Mode = Mode.CONVERSATION
    interims: bool = True
    #: Language → voice that its translation is to be spoken with.
    voices: tuple[tuple[str, str], ...] = ()
    #: BCP-47 tags among which the spoken language is; ``UND``: any.
    candidates: tuple[str, ...] = ()
    language_id: LanguageIdMode = LanguageIdMode.AT_START
    phrases: tuple[str, ...] = ()
    phrase_weight: float | None = None
    #: ``raw``, ``masked`` or ``removed``.
    profanity: str = ""
    detailed: bool = False
    #: How often an interim word must come again before it is said.
    stable_threshold: int | None = None
    initial_silence_ms: int | None = None
    trailing_silence_ms: int | None = None
    segmentation_silence_ms: int | None = None
    segmentation_maximum_ms: int | None = None
    segmentation: Segmentation = Segmentation.USUAL
    category: str = ""
    continuation: Continuation | None = None

    @property
    def semantic(self) -> bool:
        """Whether phrases are to end where sentences do."""
        return self.segmentation is Segmentation.SEMANTIC


def build_context(context: SpeechContext) -> str:
    """Return the body of ``speech.context``."""
    sections = {
        "phraseDetection": _phrase_detection(context),
        "translation": _translation(context),
        "synthesis": _synthesis(context),
        "languageId": _language_id(context),
        "phraseOutput": _phrase_output(context),
        "dgi": _phrase_list(context),
        "continuation": _continuation(context),
    }
    return dump({name: section for name, section in sections.items() if section})


def parse_context(body: str) -> SpeechContext:
    """Return what a client asks. Raises `WireError`; members that are not known here are passed over."""
    whole = parse_object(body, "speech.context")
    detection, output, translation = (whole.fields(name) for name in ("phraseDetection", "phraseOutput", "translation"))
    mode = _mode(detection.text("mode"))
    timing = detection.fields(mode.value)
    segmentation = timing.fields("segmentation")
    bare_interims = output.fields("interimResults")
    groups = whole.fields("dgi").objects("Groups")
    return SpeechContext(
        language=detection.text("language"),
        targets=translation.texts("targetLanguages"),
        mode=mode,
        interims=_wants_interims(bare_interims, translation),
        voices=_voices(whole.fields("synthesis")),
        candidates=whole.fields("languageId").texts("languages"),
        language_id=_language_id_mode(whole.fields("languageId").text("mode")),
        phrases=tuple(item.text("Text") for group in groups for item in group.objects("Items")),
        phrase_weight=whole.fields("dgi").number_or_none("bias"),
        profanity=detection.fields("enrichment").text("profanity").casefold(),
        detailed=output.text("format").casefold() == "detailed",
        stable_threshold=bare_interims.integer_or_none("stableThreshold"),
        initial_silence_ms=detection.integer_or_none("initialSilenceTimeout"),
        trailing_silence_ms=detection.integer_or_none("trailingSilenceTimeout"),
        segmentation_silence_ms=segmentation.integer_or_none("segmentationSilenceTimeoutMs"),
        segmentation_maximum_ms=segmentation.integer_or_none("segmentationForcedTimeoutMs"),
        segmentation=_segmentation(segmentation.text("mode")),
        category=translation.text("Category"),
        continuation=_parse_continuation(whole),
    )


def _wants_interims(bare: Fields, translation: Fields) -> bool:
    """Tell whether interim results are wanted; translated ones have a word of their own, which counts before."""
    translated = translation.fields("output").fields("interimResults").text("mode")
    return (translated or bare.text("resultType")).casefold() != _NONE.casefold()


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", {}, [])}


def _phrase_detection(context: SpeechContext) -> dict[str, Any]:
    action = {"action": "Translate"} if context.targets else None
    segmentation = _said(
        {
            "segmentationSilenceTimeoutMs": context.segmentation_silence_ms,
            "segmentationForcedTimeoutMs": context.segmentation_maximum_ms,
        }
    )
    if segmentation or context.segmentation:
        segmentation["mode"] = (context.segmentation or Segmentation.TIME).value
    return _said(
        {
            "mode": context.mode.value,
            "language": context.language,
            "onSuccess": action,
            "onInterim": action,
            "initialSilenceTimeout": context.initial_silence_ms,
            "trailingSilenceTimeout": context.trailing_silence_ms,
            context.mode.value: _said({"segmentation": segmentation}),
            "enrichment": _said({"profanity": context.profanity}),
        }
    )


def _translation(context: SpeechContext) -> dict[str, Any]:
    if not context.targets:
        return {}
    action = {"action": "Synthesize" if context.voices else _NONE}
    return _said(
        {
            "targetLanguages": list(context.targets),
            "Category": context.category,
            "output": _translation_output(context),
            "onSuccess": action,
            "onPassthrough": action,
        }
    )


def _translation_output(context: SpeechContext) -> dict[str, Any]:
    # As the native client asks it: with candidates a passage in a target's own language comes through untranslated.
    passed_through = {"includePassThroughResults": True} if context.candidates else {}
    is_told = context.candidates or not context.interims
    interims = {"interimResults": {"mode": "Always" if context.interims else _NONE}} if is_told else {}
    return {**passed_through, **interims}


def _synthesis(context: SpeechContext) -> dict[str, Any]:
    voices = dict(context.voices)
    return {"synthesizedLanguages": list(voices), "defaultVoices": voices} if voices else {}


def _voices(synthesis: Fields) -> tuple[tuple[str, str], ...]:
    voices = synthesis.table("defaultVoices")
    return tuple((lang, voices.get(lang, "")) for lang in synthesis.texts("synthesizedLanguages") or tuple(voices))


def _language_id(context: SpeechContext) -> dict[str, Any]:
    if not context.candidates:
        return {}
    return {
        "languages": list(context.candidates),
        "mode": context.language_id.value,
        "onSuccess": {"action": "Recognize"},
        "onUnknown": {"action": _NONE},
        "Priority": "PrioritizeLatency",
    }


def _phrase_output(context: SpeechContext) -> dict[str, Any]:
    # Where the language is looked for, the native client wants no text without its translations.
    only_translated = bool(context.candidates and context.targets)
    bare_interims = None if context.interims and not only_translated else _NONE
    return _said(
        {
            "format": "Detailed" if context.detailed else None,
            "interimResults": _said({"stableThreshold": context.stable_threshold, "resultType": bare_interims}),
            "phraseResults": {"resultType": _NONE} if only_translated else None,
        }
    )


def _phrase_list(context: SpeechContext) -> dict[str, Any]:
    if not context.phrases:
        return {}
    items = [{"Text": phrase} for phrase in context.phrases]
    return _said({"Groups": [{"Type": "Generic", "Items": items}], "bias": context.phrase_weight})


def _continuation(context: SpeechContext) -> dict[str, Any]:
    known = context.continuation
    if known is None:
        return {}
    offset = {"streams": {"1": {"offset": str(known.offset_ticks)}}}
    return {**_said({"previousServiceTag": known.service_tag, "token": known.token}), "audio": offset}


def _parse_continuation(whole: Fields) -> Continuation | None:
    if "continuation" not in whole:
        return None
    known = whole.fields("continuation")
    stream = known.fields("audio").fields("streams").fields("1")
    return Continuation(known.text("previousServiceTag"), known.text("token"), stream.integer("offset", 0))


def _mode(text: str) -> Mode:
    if not text:
        return Mode.CONVERSATION
    try:
        return Mode(text.upper())
    except ValueError as error:
        raise WireError("unknown_value", f"speech.context.phraseDetection.mode is {text[:40]!a}") from error


def _segmentation(text: str) -> Segmentation:
    known = {mode.value.casefold(): mode for mode in Segmentation}
    return known.get(text.casefold(), Segmentation.USUAL)


def _language_id_mode(text: str) -> LanguageIdMode:
    known = {mode.value.casefold(): mode for mode in LanguageIdMode}
    if text and text.casefold() not in known:
        raise WireError("unknown_value", f"speech.context.languageId.mode is {text[:40]!a}")
    return known.get(text.casefold(), LanguageIdMode.AT_START)
