"""What a server says: one frozen value a message, whichever vocabulary it came in.

The v1 vocabulary says ``translation.hypothesis``, ``translation.phrase``, ``translation.synthesis``; v2 says
``translation.response`` and ``audio``; recognition without translation says ``speech.hypothesis``, ``speech.phrase``.
Both official clients read all of them on any address. Source: the open JavaScript client's
``TranslationServiceRecognizer.ts`` and ``ServiceMessages/``, and what makes the native client raise its events.

Offsets are ticks of 100 ns from the beginning of the turn's sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Vocabulary(StrEnum):
    """In which words results are written."""

    V1 = "v1"
    V2 = "v2"
    RECOGNITION = "recognition"


class RecognitionStatus(StrEnum):
    """How the recognition of a phrase ended."""

    SUCCESS = "Success"
    NO_MATCH = "NoMatch"
    INITIAL_SILENCE = "InitialSilenceTimeout"
    BABBLE = "BabbleTimeout"
    END_OF_DICTATION = "EndOfDictation"
    ERROR = "Error"
    TOO_MANY_REQUESTS = "TooManyRequests"
    BAD_REQUEST = "BadRequest"
    FORBIDDEN = "Forbidden"


class LanguageConfidence(StrEnum):
    """How sure it is which language is spoken."""

    HIGH = "High"
    #: It may turn out to be another.
    LOW = "Low"
    #: It was not looked for.
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Translated:
    """A text in one target language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnStart:
    """The server takes the turn. The tag is what a continuation names."""

    request_id: str
    service_tag: str = ""


@dataclass(frozen=True, slots=True)
class SpeechStart:
    """Somebody speaks."""

    request_id: str
    offset_ticks: int = 0


@dataclass(frozen=True, slots=True)
class SpeechEnd:
    """Nobody speaks any more."""

    request_id: str
    offset_ticks: int = 0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a phrase is taken to be so far."""

    request_id: str
    text: str
    offset_ticks: int = 0
    duration_ticks: int = 0
    translations: tuple[Translated, ...] = ()
    #: Which of the candidates is spoken; empty where there are none.
    language: str = ""
    language_confidence: LanguageConfidence = LanguageConfidence.HIGH

    @property
    def sure_of_language(self) -> bool:
        """Whether it is said to stay with that."""
        return self.language_confidence is not LanguageConfidence.LOW


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as it was spoken, without capitals and stops."""

    text: str
    offset_ticks: int
    duration_ticks: int
    #: From 0 to 1; 0 where it is not said.
    confidence: float


@dataclass(frozen=True, slots=True)
class Details:
    """Other forms of a phrase's text, and its words, for whoever asks for detailed results."""

    #: As it was spoken: numbers in words, no capitals, no stops.
    lexical: str
    #: Numbers in figures; and the same with profanity as the client wants it.
    itn: str
    masked_itn: str
    words: tuple[SpokenWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase for good."""

    request_id: str
    text: str
    offset_ticks: int = 0
    duration_ticks: int = 0
    translations: tuple[Translated, ...] = ()
    language: str = ""
    status: RecognitionStatus = RecognitionStatus.SUCCESS
    #: Why there is no translation, in the service's words, possibly none; None: nothing failed.
    translation_error: str | None = None
    language_confidence: LanguageConfidence = LanguageConfidence.HIGH
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class SynthesisAudio:
    """A piece of synthesized speech. The first one begins with a RIFF header, if it is WAV."""

    request_id: str
    data: bytes
    stream_id: str = ""


@dataclass(frozen=True, slots=True)
class SynthesisEnd:
    """The speech of a phrase is complete. An error ends the native client's session: say success without sound."""

    request_id: str
    #: Empty: it succeeded.
    error: str = ""


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """Nothing more is said in this turn."""

    request_id: str


@dataclass(frozen=True, slots=True)
class SynthesisResponse:
    """First answer to ``ssml``: in which stream the sound comes."""

    request_id: str
    stream_id: str = ""


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """One that this protocol does not know, or that nobody here needs (``audio.metadata``, ``telemetry``)."""

    request_id: str
    path: str
    body: str | bytes


ServerMessage = (
    TurnStart
    | SpeechStart
    | SpeechEnd
    | Hypothesis
    | Phrase
    | SynthesisAudio
    | SynthesisEnd
    | TurnEnd
    | SynthesisResponse
    | OtherMessage
)
