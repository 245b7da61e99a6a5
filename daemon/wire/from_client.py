"""What a client says: one frozen value a message, and the way to WebSocket messages and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.wire.context import SpeechContext, build_context, parse_context
from daemon.wire.errors import WireError
from daemon.wire.fields import Fields, dump, parse_object
from daemon.wire.framing import CONTENT_TYPE, STREAM_ID, TIMESTAMP, Frame, decode, encode
from daemon.wire.messages import OtherMessage
from daemon.wire.sound import SoundShape, begins_with_header, parse_riff_header, riff_header

_WAV = "audio/x-wav"
_JSON = "application/json"
_SSML = "application/ssml+xml"
_COMMIT_TOKEN = "X-Client-Commit-Token"  # noqa: S105 -- the name of a header
_STREAM = "1"


@dataclass(frozen=True, slots=True)
class SpeechConfig:
    """Who is there; the first message of a connection."""

    #: Program, its version, the machine's system, and where the sound comes from.
    client: str = ""
    version: str = ""
    platform: str = ""
    source: str = "Stream"


@dataclass(frozen=True, slots=True)
class TurnContext:
    """Begins a turn."""

    request_id: str
    context: SpeechContext


@dataclass(frozen=True, slots=True)
class AudioStart:
    """The first sound of a turn: how its samples are, and possibly some of them."""

    request_id: str
    shape: SoundShape
    pcm: bytes = b""


@dataclass(frozen=True, slots=True)
class Audio:
    """More samples. Without any: the turn's sound is complete."""

    request_id: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class UpdateLanguages:
    """From now on translate into these: the whole new list."""

    request_id: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudioCommit:
    """End the phrase here; the service may do so or not."""

    request_id: str
    token: str


@dataclass(frozen=True, slots=True)
class SynthesisContext:
    """Begins a turn of text to speech: the format, as the service names it (``riff-24khz-16bit-mono-pcm``)."""

    request_id: str
    output_format: str


@dataclass(frozen=True, slots=True)
class Ssml:
    """The text to be spoken, as SSML."""

    request_id: str
    text: str


ClientMessage = (
    SpeechConfig
    | TurnContext
    | AudioStart
    | Audio
    | UpdateLanguages
    | AudioCommit
    | SynthesisContext
    | Ssml
    | OtherMessage
)

# ---------------------------------------------------------------- client side


def encode_client(message: ClientMessage, timestamp: str = "") -> str | bytes:
    """Return the WebSocket message. `timestamp`: ISO 8601, UTC, milliseconds, or none."""
    frame = _frame(message)
    if not timestamp:
        return encode(frame)
    return encode(Frame(frame.path, frame.body, frame.request_id, (*frame.headers, (TIMESTAMP, timestamp))))


def _frame(message: ClientMessage) -> Frame:
    match message:
        case Audio():
            return Frame("audio", message.pcm, message.request_id, ((STREAM_ID, _STREAM),))
        case AudioStart():
            kind = ((STREAM_ID, _STREAM), (CONTENT_TYPE, _WAV))
            return Frame("audio", riff_header(message.shape) + message.pcm, message.request_id, kind)
        case Ssml():
            return _text("ssml", message.request_id, message.text, _SSML)
        case AudioCommit():
            return Frame("audio.commit", "", message.request_id, ((_COMMIT_TOKEN, message.token),))
        case OtherMessage():
            return Frame(message.path, message.body, message.request_id)
        case _:
            return _json_frame(message)


def _json_frame(message: SpeechConfig | TurnContext | UpdateLanguages | SynthesisContext) -> Frame:
    match message:
        case SpeechConfig():
            return _text("speech.config", "", _config(message))
        case TurnContext():
            return _text("speech.context", message.request_id, build_context(message.context))
        case UpdateLanguages():
            asked = {"id": "translation", "name": "updateLanguage", "to": list(message.targets)}
            return _text("event", message.request_id, dump(asked))
        case SynthesisContext():
            audio = {"outputFormat": message.output_format, "metadataOptions": {"sessionEndEnabled": False}}
            body = {"synthesis": {"audio": audio, "language": {"autoDetection": False}}}
            return _text("synthesis.context", message.request_id, dump(body))


def _text(path: str, request_id: str, body: str, content_type: str = _JSON) -> Frame:
    return Frame(path, body, request_id, ((CONTENT_TYPE, content_type),))


def _config(message: SpeechConfig) -> str:
    system = {"version": message.version, "name": message.client, "lang": "Python"}
    return dump(
        {
            "context": {
                "system": system,
                "os": {"platform": message.platform},
                "audio": {"source": {"type": message.source}},
            }
        }
    )


# ---------------------------------------------------------------- server side


def parse_client(message: str | bytes) -> ClientMessage:
    """Return what a client said. Raises `WireError`."""
    frame = decode(message)
    parse = _PARSERS.get(frame.path.casefold())
    return OtherMessage(frame.request_id, frame.path, frame.body) if parse is None else parse(frame)


def _parse_audio(frame: Frame) -> ClientMessage:
    pcm = frame.payload
    if frame.header(CONTENT_TYPE).casefold() != _WAV or not begins_with_header(pcm):
        return Audio(frame.request_id, pcm)
    if not pcm:
        return Audio(frame.request_id, pcm)
    found = parse_riff_header(pcm)
    if found is None:
        raise WireError("bad_audio_header", f"a header of sound of {len(pcm)} bytes is not whole")
    shape, begins = found
    return AudioStart(frame.request_id, shape, pcm[begins:])


def _parse_config(frame: Frame) -> ClientMessage:
    context = parse_object(frame.text, frame.path).fields("context")
    system, machine = context.fields("system"), context.fields("os")
    return SpeechConfig(
        client=system.text("name"),
        version=system.text("version"),
        platform=machine.text("platform") or machine.text("name"),
        source=context.fields("audio").fields("source").text("type"),
    )


def _parse_event(frame: Frame) -> ClientMessage:
    body = parse_object(frame.text, frame.path)
    if body.text("name").casefold() != "updatelanguage":
        return OtherMessage(frame.request_id, frame.path, frame.body)
    return UpdateLanguages(frame.request_id, body.texts("to"))


def _parse_synthesis_context(frame: Frame) -> ClientMessage:
    audio: Fields = parse_object(frame.text, frame.path).fields("synthesis").fields("audio")
    return SynthesisContext(frame.request_id, audio.text("outputFormat"))


_PARSERS: dict[str, Callable[[Frame], ClientMessage]] = {
    "speech.config": _parse_config,
    "speech.context": lambda frame: TurnContext(frame.request_id, parse_context(frame.text)),
    "audio": _parse_audio,
    "audio.commit": lambda frame: AudioCommit(frame.request_id, frame.header(_COMMIT_TOKEN)),
    "event": _parse_event,
    "synthesis.context": _parse_synthesis_context,
    "ssml": lambda frame: Ssml(frame.request_id, frame.text),
}
