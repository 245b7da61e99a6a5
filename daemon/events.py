"""What the parts of the daemon tell each other: frozen values, with a unit in every name or docstring.

Two families: what the *gate* says of sound, and what the *streaming client* says of results. Times with ``_ns`` are
CLOCK_MONOTONIC nanoseconds, comparable between processes of one machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

# ---------------------------------------------------------------- gate → streaming client


class EndReason(StrEnum):
    """Why the gate closed an utterance."""

    HANGOVER = "hangover"  # silence long enough
    MAX_LENGTH = "max_length"  # cut at the least voiced frame; the next utterance follows at once
    MICROPHONE_LOST = "microphone_lost"
    MUTED = "muted"
    SPEAKING = "speaking"  # the speaker would not wait any longer
    STOPPED = "stopped"  # the daemon stops, or the file is at its end


@dataclass(frozen=True, slots=True)
class UtteranceBegan:
    """Somebody speaks. The audio that follows starts with the pre-roll."""

    #: Counts from 1 in each boot of the daemon.
    utterance: int
    #: Capture time of the end of the first voiced frame.
    first_voiced_ns: int
    #: Where the voice begins, seconds of captured sound.
    start_s: float
    #: Sound lost (microphone away, device deaf while speaking) since the last utterance, milliseconds.
    gap_ms: int = 0
    #: How long before the voice the audio begins, seconds.
    pre_roll_s: float = 0.0


@dataclass(frozen=True, slots=True)
class UtteranceAudio:
    """A stretch of an open utterance's sound, 16 kHz mono 16-bit."""

    utterance: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class UtterancePaused:
    """The speaker has been silent for a moment: a hint that it may be over. Says nothing of what comes."""

    utterance: int


@dataclass(frozen=True, slots=True)
class UtteranceResumed:
    """After `UtterancePaused`: the speaker goes on. Not said of a click, nor before the end."""

    utterance: int


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """The utterance is complete. Exactly one for each `UtteranceBegan`."""

    utterance: int
    #: Capture time of the end of the last voiced frame.
    last_voiced_ns: int
    #: Where the voice ends, seconds of captured sound.
    end_s: float
    reason: EndReason
    #: Sound lost inside the utterance, milliseconds.
    gap_ms: int = 0


@dataclass(frozen=True, slots=True)
class UtteranceWithdrawn:
    """It was no speech after all (shorter than the minimum). Takes the place of `UtteranceEnded`."""

    utterance: int


GateEvent = UtteranceBegan | UtteranceAudio | UtterancePaused | UtteranceResumed | UtteranceEnded | UtteranceWithdrawn

# ---------------------------------------------------------------- streaming client → outputs


@dataclass(frozen=True, slots=True)
class StableText:
    """An interim text whose first `stable` code points later interims of the utterance keep."""

    text: str
    stable: int = 0


@dataclass(frozen=True, slots=True)
class TranslationError:
    """Why there is no translation into a language."""

    #: For programs: ``no_translator``, ``translator_failed``, …
    code: str
    #: For people.
    text: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The final text in one language, or why there is none."""

    text: str = ""
    error: TranslationError | None = None
    #: Driver that made it; empty where the engine does not tell.
    translator: str = ""
    #: From 0 to 1, the share of translations like it that are right; None where nobody knows.
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of what was said, as it is shown: capitals, and the stop that follows it, included."""

    text: str
    #: Seconds of captured sound; from an engine, seconds of the utterance's sound.
    start_s: float
    end_s: float
    #: From 0 to 1, how sure the recognizer is of it: of those with 0.9 most are right, below 0.5 most are wrong.
    confidence: float
    #: What was heard, where that is written otherwise: ``two hundred and fifty`` for ``250``, one word then.
    heard: str = ""


@dataclass(frozen=True, slots=True)
class Interim:
    """What has been understood so far; the whole text each time."""

    utterance: int
    #: Rises from 1 within the utterance.
    revision: int
    source_lang: str
    source: StableText
    translations: dict[str, StableText]


@dataclass(frozen=True, slots=True)
class Final:
    """What was said, for good."""

    utterance: int
    source_lang: str
    source: str
    translations: dict[str, Translation]
    #: Seconds of sound, pre-roll and hangover included.
    audio_s: float
    #: Where the voice began and ended, seconds of captured sound (for subtitles).
    start_s: float
    end_s: float
    engine: str
    #: From the first voiced frame to the first interim, milliseconds; None if there was none.
    first_interim_ms: int | None
    #: From the last voiced frame to this final, milliseconds.
    final_ms: int
    #: What the engine alone needed after the end of the sound, milliseconds.
    engine_ms: int
    #: Sound lost before or in it, milliseconds.
    gap_ms: int = 0
    #: Normalised erasure, words taken back ÷ words of the final: among the interims, and from the last to the final.
    erasure_interim: float = 0.0
    erasure_final: float = 0.0
    #: CLOCK_MONOTONIC of the moment the engine gave it.
    given_ns: int = 0
    #: The words of `source`, where the engine tells them: joined by spaces they are the text.
    words: tuple[Word, ...] = ()


class DropReason(StrEnum):
    """Why an utterance has no final."""

    NO_SPEECH = "no_speech"  # the engine heard no words in it
    WITHDRAWN = "withdrawn"  # the gate took it back: too short
    BACKLOG = "backlog"  # engines too slow or away for longer than the buffer holds
    ENGINE_FAILED = "engine_failed"  # no engine could do it
    STOPPED = "stopped"  # the daemon stopped before the final
    REJECTED = "rejected"  # noise that the engine took for words
    ECHO = "echo"  # it is what the device itself said just then


@dataclass(frozen=True, slots=True)
class UtteranceDropped:
    """There will be no final for this utterance."""

    utterance: int
    reason: DropReason


def speech_of(utterance: int) -> str:
    """Return the id of the `SpeechRequest` that speaks an utterance's final."""
    return f"u{utterance}"


#: Stands before a command's transaction, of which a client may make what it likes: ``u1``, too.
_ASKED = "asked "


def speech_asked(transaction: str) -> str:
    """Return the id of the `SpeechRequest` that a command asks for: that of no final."""
    return f"{_ASKED}{transaction}"


def asked_by(request: str) -> str:
    """Return what the network knows a `SpeechRequest` by: the transaction that asked for it, if one did."""
    return request.removeprefix(_ASKED)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Text to be spoken. `id` is unique in a boot: `speech_of` the utterance, `speech_asked`, or the device's own."""

    id: str
    lang: str
    text: str


@dataclass(frozen=True, slots=True)
class SpeechCut:
    """A text is not to be spoken (any further). Empty: every one that has been asked for."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class SynthesizedSpeech:
    """A block of synthesized speech, 16-bit mono; the last block of a request may be empty."""

    id: str
    lang: str
    pcm: bytes
    rate_hz: int
    last: bool = False
    #: Set on the last block when synthesis failed.
    error: str = ""


Fields = dict[str, str | int | float | bool | list[str] | None]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened once, for the `event` topic and the journal."""

    #: ``microphone_lost``, ``engine_changed``, ``speech_finished``, …
    event_type: str
    #: JSON values only.
    fields: Fields = field(default_factory=dict)


OutputEvent = Interim | Final | UtteranceDropped | SynthesizedSpeech | Notice
