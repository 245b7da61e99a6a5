"""The request that opens a connection: address, query, headers, for client and server.

Source of names: the open JavaScript client's ``QueryParameterNames.ts`` and ``HeaderNames.ts``, and what the native
client sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urlsplit

from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import Vocabulary

KEY = "Ocp-Apim-Subscription-Key"
TOKEN = "Authorization"  # noqa: S105 -- the name of a header
CONNECTION_ID = "X-ConnectionId"
_BEARER = "Bearer "
_MAX_ADDRESS = 8_192


class Service(StrEnum):
    """What an address is for."""

    UNIVERSAL = "universal"  # v2: recognition and translation, everything in speech.context
    TRANSLATION = "translation"  # v1: languages in the query
    RECOGNITION = "recognition"  # speech to text only
    SYNTHESIS = "synthesis"  # text to speech


#: Ends of the paths by which clients ask for a service; in front of them a proxy may have put others.
_PATHS = {
    "/speech/universal/v2": Service.UNIVERSAL,
    "/speech/translation/cognitiveservices/v1": Service.TRANSLATION,
    "/speech/recognition/conversation/cognitiveservices/v1": Service.RECOGNITION,
    "/speech/recognition/interactive/cognitiveservices/v1": Service.RECOGNITION,
    "/speech/recognition/dictation/cognitiveservices/v1": Service.RECOGNITION,
    "/cognitiveservices/websocket/v1": Service.SYNTHESIS,
}
#: What a client appends to a host. Without ``/stt`` where the host is the region's own for speech to text.
UNIVERSAL_PATH = "/stt/speech/universal/v2"
REGION_UNIVERSAL_PATH = "/speech/universal/v2"
SYNTHESIS_PATH = "/cognitiveservices/websocket/v1"
HOST_SYNTHESIS_PATH = "/tts/cognitiveservices/websocket/v1"
#: What is asked without a WebSocket: a short recording to text, SSML to sound, which voices there are.
SHORT_AUDIO_PATH = "/speech/recognition/conversation/cognitiveservices/v1"
SPEECH_PATH, VOICES_PATH = "/cognitiveservices/v1", "/cognitiveservices/voices/list"
#: Header that says in which form speech is to come.
OUTPUT_FORMAT = "X-Microsoft-OutputFormat"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """One request for a connection. `query` keeps the order and may have a name more than once."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    #: 32 hex digits, the same on every reconnection of a session.
    connection_id: str = ""
    key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def service(self) -> Service | None:
        """What is asked for; None: the path is not one of the service's."""
        lower = self.path.rstrip("/").lower()
        return next((service for end, service in _PATHS.items() if lower.endswith(end)), None)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words in which the client expects results."""
        words = {Service.UNIVERSAL: Vocabulary.V2, Service.RECOGNITION: Vocabulary.RECOGNITION}
        return words.get(self.service, Vocabulary.V1) if self.service else Vocabulary.V1

    def parameter(self, name: str) -> str:
        """Return the first value of a query parameter, empty without one."""
        wanted = name.casefold()
        return next((value for known, value in self.query if known.casefold() == wanted), "")

    def parameters(self, name: str) -> tuple[str, ...]:
        """Return all values of a query parameter: repeated, as the native client does, or with commas."""
        wanted = name.casefold()
        values = (value for known, value in self.query if known.casefold() == wanted)
        return tuple(part.strip() for value in values for part in value.split(",") if part.strip())

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    def headers(self) -> dict[str, str]:
        """Return the headers of the request."""
        said = {KEY: self.key, TOKEN: f"{_BEARER}{self.token}" if self.token else "", CONNECTION_ID: self.connection_id}
        return {name: value for name, value in said.items() if value}


def parse_upgrade(target: str, headers: Iterable[tuple[str, str]]) -> Upgrade:
    """Return the request that a server got. Raises `WireError`.

    Browsers cannot set headers: there key, token and connection id stand in the query.
    """
    if len(target) > _MAX_ADDRESS:
        raise WireError("too_long", f"an address of {len(target)} characters")
    try:
        parts = urlsplit(target)
        query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=256))
    except ValueError as error:
        raise WireError("bad_address", f"no address: {target[:80]!a}: {error}") from error
    named = {name.casefold(): value for name, value in (*query, *headers)}
    bearer = named.get(TOKEN.casefold(), "")
    token = bearer[len(_BEARER) :] if bearer[: len(_BEARER)].casefold() == _BEARER.casefold() else ""
    return Upgrade(
        path=parts.path,
        query=query,
        connection_id=named.get(CONNECTION_ID.casefold(), ""),
        key=named.get(KEY.casefold(), ""),
        token=token.strip(),
    )


def v1_query(context: SpeechContext) -> tuple[tuple[str, str], ...]:
    """Return the query by which a v1 address is told what v2 reads in ``speech.context``."""
    voices = [voice for _lang, voice in context.voices]
    said: list[tuple[str, object]] = [("from", context.language)]
    said += [("to", target) for target in context.targets]
    said += [("voice", voices[0]), ("features", "texttospeech")] if voices else []
    said += [
        ("format", "detailed" if context.detailed else ""),
        ("profanity", context.profanity),
        ("initialSilenceTimeoutMs", context.initial_silence_ms),
        ("endSilenceTimeoutMs", context.trailing_silence_ms),
        ("stableIntermediateThreshold", context.stable_threshold),
    ]
    return tuple((name, str(value)) for name, value in said if value not in (None, ""))


def with_query(context: SpeechContext, upgrade: Upgrade) -> SpeechContext:
    """Return what is asked for by both; what ``speech.context`` says wins. Raises `WireError`."""
    language = context.language or upgrade.parameter("from") or upgrade.parameter("language")
    targets = context.targets or upgrade.parameters("to")
    return replace(
        context,
        language=language,
        targets=targets,
        mode=_mode(upgrade.path.lower(), context.mode),
        voices=context.voices or _query_voices(upgrade, targets),
        profanity=context.profanity or upgrade.parameter("profanity").casefold(),
        detailed=context.detailed or upgrade.parameter("format").casefold() == "detailed",
        stable_threshold=_either(context.stable_threshold, upgrade, "stableIntermediateThreshold"),
        initial_silence_ms=_either(context.initial_silence_ms, upgrade, "initialSilenceTimeoutMs"),
        trailing_silence_ms=_either(context.trailing_silence_ms, upgrade, "endSilenceTimeoutMs"),
    )


def _mode(path: str, said: Mode) -> Mode:
    """Return the mode that the address says, if it says one."""
    return next((mode for mode in (Mode.INTERACTIVE, Mode.DICTATION) if f"/{mode.lower()}/" in path), said)


def _query_voices(upgrade: Upgrade, targets: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    voice = upgrade.parameter("voice")
    if not voice or not targets:
        return ()
    spoken = [target for target in targets if _base(target) == _base(voice)] or [targets[0]]
    return tuple((target, voice) for target in spoken)


def _either(known: int | None, upgrade: Upgrade, name: str) -> int | None:
    text = upgrade.parameter(name)
    if known is not None or not text:
        return known
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(1 << 32)):
        raise WireError("wrong_type", f"{name} of the address is {text[:40]!a}, not a whole number")
    return int(text)


def _base(tag: str) -> str:
    return tag.partition("-")[0].lower()
