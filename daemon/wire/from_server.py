"""Server messages to WebSocket messages and back."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean
from typing import Any

from daemon.wire.context import Continuation
from daemon.wire.errors import WireError
from daemon.wire.fields import Fields, dump, parse_object
from daemon.wire.framing import CONTENT_TYPE, STREAM_ID, Frame, decode, encode
from daemon.wire.messages import (
    Details,
    Hypothesis,
    LanguageConfidence,
    OtherMessage,
    Phrase,
    RecognitionStatus,
    ServerMessage,
    SpeechEnd,
    SpeechStart,
    SpokenWord,
    SynthesisAudio,
    SynthesisEnd,
    SynthesisResponse,
    Translated,
    TurnEnd,
    TurnStart,
    Vocabulary,
)

_JSON = ((CONTENT_TYPE, "application/json; charset=utf-8"),)
CONTINUATION_TOKEN = "X-Continuation-Token"  # noqa: S105 -- the name of a header
CONTINUATION_OFFSET = "X-Continuation-Audio-Streams-1-Offset"
#: What the service means by its words is nowhere said: those that are not known here are taken for sure.
_CONFIDENCES = {confidence.value: confidence for confidence in LanguageConfidence}
_STATUSES = {status.value.casefold(): status for status in RecognitionStatus}

# ---------------------------------------------------------------- server side


def encode_server(
    message: ServerMessage,
    vocabulary: Vocabulary = Vocabulary.V2,
    continuation: Continuation | None = None,
) -> str | bytes:
    """Return the WebSocket message.

    With `continuation` a client keeps no sound before that offset and repeats the token when it comes back; the offsets
    of results must then count from the beginning of the session, not of the turn.
    """
    frame = _frame(message, vocabulary)
    if continuation is not None:
        offset = (CONTINUATION_OFFSET, str(continuation.offset_ticks))
        headers = (*frame.headers, (CONTINUATION_TOKEN, continuation.token), offset)
        frame = Frame(frame.path, frame.body, frame.request_id, headers)
    return encode(frame)


def _frame(message: ServerMessage, vocabulary: Vocabulary) -> Frame:
    match message:
        case Hypothesis() | Phrase():
            path, body = _RESULTS[vocabulary](message)
            return _json(path, message.request_id, body)
        case SynthesisAudio():
            path = "translation.synthesis" if vocabulary is Vocabulary.V1 else "audio"
            headers = ((STREAM_ID, message.stream_id),) if message.stream_id else ()
            return Frame(path, message.data, message.request_id, headers)
        case SynthesisEnd():
            return _synthesis_end(message, vocabulary)
        case OtherMessage():
            return Frame(message.path, message.body, message.request_id)
        case _:
            return _plain(message)


def _plain(message: TurnStart | SpeechStart | SpeechEnd | TurnEnd | SynthesisResponse) -> Frame:
    match message:
        case TurnStart():
            return _json("turn.start", message.request_id, {"context": {"serviceTag": message.service_tag}})
        case SpeechStart():
            return _json("speech.startDetected", message.request_id, {"Offset": message.offset_ticks})
        case SpeechEnd():
            return _json("speech.endDetected", message.request_id, {"Offset": message.offset_ticks})
        case SynthesisResponse():
            body = {"context": {}, "audio": {"type": "inline", "streamId": message.stream_id}}
            return _json("response", message.request_id, body)
        case TurnEnd():
            return _json("turn.end", message.request_id, {})


def _json(path: str, request_id: str, body: dict[str, Any]) -> Frame:
    return Frame(path, dump(body), request_id, _JSON)


def _synthesis_end(message: SynthesisEnd, vocabulary: Vocabulary) -> Frame:
    status = "Error" if message.error else "Success"
    reason = {"FailureReason": message.error} if message.error else {}
    if vocabulary is Vocabulary.V1:
        return _json("translation.synthesis.end", message.request_id, {"SynthesisStatus": status, **reason})
    # The native client gives its session up where this key is spelt as in v1.
    return _json("audio.end", message.request_id, {"Status": status, **reason})


def _time(message: Hypothesis | Phrase) -> dict[str, Any]:
    known = {"Language": message.language, "Confidence": message.language_confidence.value}
    is_told = message.language or message.language_confidence is not LanguageConfidence.HIGH
    language = {"PrimaryLanguage": known} if is_told else {}
    return {"Offset": message.offset_ticks, "Duration": message.duration_ticks, **language}


def _details(message: Phrase) -> dict[str, Any]:
    details = message.details
    if details is None:
        return {}
    sure = {"Confidence": round(fmean(word.confidence for word in details.words), 4)} if details.words else {}
    forms = {"Lexical": details.lexical, "ITN": details.itn, "MaskedITN": details.masked_itn, "Display": message.text}
    words = {"Words": [_word(word) for word in details.words]} if details.words else {}
    return {"NBest": [{**sure, **forms, **words}]}


def _word(word: SpokenWord) -> dict[str, Any]:
    span = {"Offset": word.offset_ticks, "Duration": word.duration_ticks}
    return {"Word": word.text, **span, "Confidence": word.confidence}


def _translation(message: Hypothesis | Phrase) -> dict[str, Any]:
    error = message.translation_error if isinstance(message, Phrase) else None
    reason = {"FailureReason": error} if error else {}
    texts = [{"Language": each.language, "Text": each.text} for each in message.translations]
    return {"TranslationStatus": "Success" if error is None else "Error", **reason, "Translations": texts}


def _v1(message: Hypothesis | Phrase) -> tuple[str, dict[str, Any]]:
    body = {"Text": message.text, **_time(message), "Translation": _translation(message)}
    if isinstance(message, Hypothesis):
        return "translation.hypothesis", body
    return "translation.phrase", {"RecognitionStatus": message.status.value, **body, **_details(message)}


def _v2(message: Hypothesis | Phrase) -> tuple[str, dict[str, Any]]:
    if isinstance(message, Hypothesis):
        recognized = {"SpeechHypothesis": {"Text": message.text, **_time(message)}}
    else:
        recognized = {"SpeechPhrase": phrase_body(message)}
    translation = _translation(message)
    for each in translation["Translations"]:
        each["DisplayText"] = each["Text"]
    return "translation.response", {**recognized, **translation}


def _recognition(message: Hypothesis | Phrase) -> tuple[str, dict[str, Any]]:
    if isinstance(message, Hypothesis):
        return "speech.hypothesis", {"Text": message.text, **_time(message)}
    return "speech.phrase", phrase_body(message)


def phrase_body(message: Phrase) -> dict[str, Any]:
    """Return what is said of a phrase where nothing is translated, also by REST."""
    said = {"RecognitionStatus": message.status.value, "DisplayText": message.text}
    return {**said, **_time(message), **_details(message)}


_RESULTS: dict[Vocabulary, Callable[[Hypothesis | Phrase], tuple[str, dict[str, Any]]]] = {
    Vocabulary.V1: _v1,
    Vocabulary.V2: _v2,
    Vocabulary.RECOGNITION: _recognition,
}

# ---------------------------------------------------------------- client side


def parse_server(message: str | bytes) -> ServerMessage:
    """Return what a server said, in either vocabulary. Raises `WireError`."""
    frame = decode(message)
    path = frame.path.casefold()
    if path in ("audio", "translation.synthesis"):
        return SynthesisAudio(frame.request_id, frame.payload, frame.header(STREAM_ID))
    parse = _PARSERS.get(path)
    if parse is None:
        return OtherMessage(frame.request_id, frame.path, frame.body)
    return parse(frame.request_id, parse_object(frame.text, frame.path))


def continuation_of(message: str | bytes) -> Continuation | None:
    """Return what a server says of going on after a lost connection; None if it says nothing. Raises `WireError`."""
    frame = decode(message)
    token, offset = frame.header(CONTINUATION_TOKEN), frame.header(CONTINUATION_OFFSET)
    if not token and not offset:
        return None
    return Continuation("", token, Fields({"offset": offset or "0"}, "headers").integer("offset"))


def _translated(body: Fields) -> tuple[Translated, ...]:
    return tuple(
        Translated(each.text("Language"), each.text("Text") or each.text("DisplayText"))
        for each in body.objects("Translations")
    )


def _hypothesis(request_id: str, recognized: Fields, translation: Fields) -> Hypothesis:
    return Hypothesis(
        request_id,
        recognized.text("Text"),
        recognized.integer("Offset", 0),
        recognized.integer("Duration", 0),
        _translated(translation),
        *_language(recognized),
    )


def _phrase(request_id: str, recognized: Fields, translation: Fields) -> Phrase:
    failed = translation.text("TranslationStatus", "Success").casefold() != "success"
    language, confidence = _language(recognized)
    return Phrase(
        request_id,
        recognized.text("DisplayText") or recognized.text("Text"),
        recognized.integer("Offset", 0),
        recognized.integer("Duration", 0),
        _translated(translation),
        language,
        _status(recognized.text("RecognitionStatus", "Success")),
        translation.text("FailureReason") if failed else None,
        confidence,
        next(map(_detailed, recognized.objects("NBest")), None),
    )


def _language(recognized: Fields) -> tuple[str, LanguageConfidence]:
    known = recognized.fields("PrimaryLanguage")
    return known.text("Language"), _CONFIDENCES.get(known.text("Confidence"), LanguageConfidence.HIGH)


def _detailed(best: Fields) -> Details:
    words = tuple(
        SpokenWord(
            each.text("Word"),
            each.integer("Offset", 0),
            each.integer("Duration", 0),
            each.number_or_none("Confidence") or 0.0,
        )
        for each in best.objects("Words")
    )
    return Details(best.text("Lexical"), best.text("ITN"), best.text("MaskedITN"), words)


def _status(text: str) -> RecognitionStatus:
    if text.casefold() not in _STATUSES:
        raise WireError("unknown_value", f"RecognitionStatus is {text[:40]!a}")
    return _STATUSES[text.casefold()]


def _response(request_id: str, body: Fields) -> ServerMessage:
    if "SpeechPhrase" in body:
        return _phrase(request_id, body.fields("SpeechPhrase"), body)
    if "SpeechHypothesis" in body:
        return _hypothesis(request_id, body.fields("SpeechHypothesis"), body)
    raise WireError("unknown_value", "translation.response has neither SpeechHypothesis nor SpeechPhrase")


def _ended(request_id: str, body: Fields) -> SynthesisEnd:
    status = body.text("Status") or body.text("SynthesisStatus", "Success")
    if status.casefold() == "success":
        return SynthesisEnd(request_id)
    return SynthesisEnd(request_id, body.text("FailureReason") or status)


_PARSERS: dict[str, Callable[[str, Fields], ServerMessage]] = {
    "turn.start": lambda turn, body: TurnStart(turn, body.fields("context").text("serviceTag")),
    "speech.startdetected": lambda turn, body: SpeechStart(turn, body.integer("Offset", 0)),
    "speech.enddetected": lambda turn, body: SpeechEnd(turn, body.integer("Offset", 0)),
    "translation.hypothesis": lambda turn, body: _hypothesis(turn, body, body.fields("Translation")),
    "translation.phrase": lambda turn, body: _phrase(turn, body, body.fields("Translation")),
    "translation.response": _response,
    "speech.hypothesis": lambda turn, body: _hypothesis(turn, body, body),
    "speech.phrase": lambda turn, body: _phrase(turn, body, body),
    "translation.synthesis.end": _ended,
    "audio.end": _ended,
    "turn.end": lambda turn, _body: TurnEnd(turn),
    "response": lambda turn, body: SynthesisResponse(turn, body.fields("audio").text("streamId")),
}
