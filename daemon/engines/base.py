"""What every engine does: sound in, hypotheses, finals and speech out.

An engine is driven by one thread, the streaming client's, and answers by calling the sink from threads of its own.
No method but `close` waits for anything: whatever takes time happens behind it and ends in an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, Word
from daemon.language_tags import base


@dataclass(frozen=True, slots=True)
class Task:
    """What an utterance is to become: BCP-47 source, target languages in the order of the settings."""

    source: str
    targets: tuple[str, ...]
    #: Whether hypotheses are wanted while the utterance is open.
    interims: bool = True
    #: Whether something may be left out (second pass, interims) when the engine falls behind. Not for files: there
    #: the sound comes as fast as it is taken, and nobody waits.
    hurry: bool = True
    #: Two languages, of which either may be spoken: the other is the first target then. Empty: `source` is spoken.
    conversation: tuple[str, ...] = ()
    #: What is likely to be said, written as it is to be written, and not to be translated.
    phrases: tuple[str, ...] = ()

    def heard(self, language: str) -> Task:
        """Return what is to be done where that side of the conversation speaks; without one, the task."""
        if language not in self.conversation:
            return self
        own = {base(side) for side in self.conversation}
        other = next(side for side in self.conversation if side != language)
        known = (lang for lang in (*self.targets, self.source) if base(lang) == base(other))
        further = (target for target in self.targets if base(target) not in own)
        return replace(self, source=language, targets=(next(known, other), *further), conversation=())

    @property
    def ways(self) -> tuple[Task, ...]:
        """What may be to do: a task for each side of the conversation; without one, this."""
        return tuple(self.heard(side) for side in self.conversation) or (self,)


@dataclass(frozen=True, slots=True)
class Pair:
    """A language pair that an engine serves, and the drivers that serve it."""

    source: str
    target: str
    translator: str


class Cure(StrEnum):
    """What helps against a failure."""

    RETRY = "retry"  # the engine comes back by itself and says `EngineReady`
    NEXT = "next"  # not this engine, for now
    CONFIGURE = "configure"  # a person must change something


@dataclass(frozen=True, slots=True)
class EngineReady:
    """The engine takes utterances. Also said each time it came back; whatever it knew is then gone."""

    engine: str
    #: Languages it recognizes, pairs it translates, languages it speaks.
    recognizes: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    speaks: tuple[str, ...] = ()
    #: What is missing for what was asked of it: target or source language → what to install.
    missing: dict[str, str] = field(default_factory=dict)
    #: Which side of a conversation is not recognized → what to install.
    unheard: dict[str, str] = field(default_factory=dict)
    #: Whether it translates typed text, too.
    translates_text: bool = True


@dataclass(frozen=True, slots=True)
class EngineHypothesis:
    """What the engine takes the utterance to be so far; nothing of it is promised."""

    utterance: int
    source_lang: str
    source: str
    translations: dict[str, str]
    #: Seconds of the utterance that it covers.
    audio_s: float
    #: Whether it stays with this language: in a conversation it may still turn out to be the other one.
    sure_of_language: bool = True


@dataclass(frozen=True, slots=True)
class EngineFinal:
    """The engine's last word on an utterance. An empty `source` means that nothing was said."""

    utterance: int
    source_lang: str
    source: str
    translations: dict[str, Translation]
    #: From the moment the engine had all of the sound to this, milliseconds.
    engine_ms: int
    #: Which engine of a ladder it was; empty: the one that was asked.
    engine: str = ""
    #: The words of `source`, if it tells them; times in seconds of the utterance's sound.
    words: tuple[Word, ...] = ()
    #: With an empty `source`: there were words, and this is why they are none. For programs: ``unsure``, ``slow``, …
    rejected: str = ""


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """The engine, or one utterance in it, failed."""

    engine: str
    #: For programs: ``engine_died``, ``engine_hung``, ``unauthorized``, …
    code: str
    #: For people.
    text: str
    cure: Cure
    #: None: the engine as a whole, and every utterance that it had.
    utterance: int | None = None


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """How far behind the engine is, said when `level` changes."""

    engine: str
    #: 0 keeps up; 1 no second pass; 2 no interims either.
    level: int
    #: Seconds of sound that wait in it.
    behind_s: float


#: Code of the warning that a translation model cannot be read, while another translator works in its place.
TRANSLATOR_FAULTY = "translator_faulty"


@dataclass(frozen=True, slots=True)
class EngineWarning:
    """Something about the engine that a person should know while it still works."""

    engine: str
    #: For programs: ``paid_minutes``, …
    code: str
    #: For people. Empty: it is over.
    text: str


@dataclass(frozen=True, slots=True)
class TextRequest:
    """Typed text to be translated."""

    request: str
    text: str
    task: Task


@dataclass(frozen=True, slots=True)
class TextTranslated:
    """Answer to `Engine.translate`."""

    request: str
    translations: dict[str, Translation]


EngineEvent = (
    EngineReady
    | EngineHypothesis
    | EngineFinal
    | EngineFailure
    | EngineLoad
    | EngineWarning
    | TextTranslated
    | SynthesizedSpeech
)
Sink = Callable[[EngineEvent], None]


class Engine(Protocol):
    """See the module.

    `translate` and `speak` may call the sink before they return, so nothing that the sink takes may be held over them;
    the others never do.
    """

    @property
    def name(self) -> str:
        """What `Final.engine` says."""

    def open(self, sink: Sink) -> None:
        """Start getting ready; `EngineReady` or `EngineFailure` follows. The sink never blocks and never raises."""

    def begin(self, utterance: int, task: Task) -> None:
        """Start an utterance. Several may be open: the next may begin before the last one's final."""

    def feed(self, utterance: int, pcm: bytes) -> None:
        """More of its sound, 16 kHz mono 16-bit, any length."""

    def pause(self, utterance: int) -> None:
        """Take the hint that the speaker fell silent and the end may be near. Need not be heeded; waits for nothing."""

    def resume(self, utterance: int) -> None:
        """Take the hint, after `pause`, that the speaker goes on."""

    def finish(self, utterance: int) -> None:
        """Its sound is complete: exactly one `EngineFinal` or `EngineFailure` follows."""

    def cancel(self, utterance: int) -> None:
        """Forget it; nothing more of it is said after what is already on its way. Unknown: ignored."""

    def translate(self, request: str, text: str, task: Task) -> None:
        """Translate typed text; `TextTranslated` follows."""

    def speak(self, request: SpeechRequest) -> None:
        """Synthesize; `SynthesizedSpeech` blocks follow, the last one marked."""

    def hush(self, request: str) -> None:
        """Stop synthesizing that request; its last block follows."""

    def close(self) -> None:
        """End within two seconds, whatever hangs. No event follows."""
