"""What an engine's process was asked and has not answered: each request gets its answer even if the process dies."""

from __future__ import annotations

import threading

from daemon.engines.base import EngineEvent, EngineFailure, EngineFinal, Task, TextTranslated
from daemon.events import SpeechRequest, SynthesizedSpeech, Translation, TranslationError

#: Of a block that holds no sound.
_ANY_RATE_HZ = 16_000


class OpenWork:
    """See the module. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._utterances: set[int] = set()
        self._translations: dict[str, Task] = {}
        self._speech: dict[str, SpeechRequest] = {}

    @property
    def is_idle(self) -> bool:
        """Whether everything has been answered."""
        with self._lock:
            return not (self._utterances or self._translations or self._speech)

    def add_utterance(self, utterance: int) -> None:
        """Take note that it began."""
        with self._lock:
            self._utterances.add(utterance)

    def end_utterance(self, utterance: int) -> None:
        """Take note that nothing more is said of it."""
        with self._lock:
            self._utterances.discard(utterance)

    def add_translation(self, request: str, task: Task) -> None:
        """Take note that a text is to be translated."""
        with self._lock:
            self._translations[request] = task

    def add_speech(self, request: SpeechRequest) -> None:
        """Take note that a text is to be spoken."""
        with self._lock:
            self._speech[request.id] = request

    def answered(self, event: EngineEvent) -> None:
        """Take note of what the engine said."""
        with self._lock:
            match event:
                case EngineFinal(utterance=number) | EngineFailure(utterance=int(number)):
                    self._utterances.discard(number)
                case TextTranslated():
                    self._translations.pop(event.request, None)
                case SynthesizedSpeech(last=True):
                    self._speech.pop(event.id, None)
                case _:
                    pass

    def answers(self, why: str) -> list[EngineEvent]:
        """Return an answer that says why there is none, for each request that is open; nothing is open then.

        Utterances have none: who began them begins them again.
        """
        error = Translation(error=TranslationError("engine_unavailable", why))
        with self._lock:
            answers: list[EngineEvent] = [
                TextTranslated(request, dict.fromkeys(task.targets, error))
                for request, task in self._translations.items()
            ]
            answers += [
                SynthesizedSpeech(request.id, request.lang, b"", _ANY_RATE_HZ, last=True, error=why)
                for request in self._speech.values()
            ]
            self._utterances.clear()
            self._translations.clear()
            self._speech.clear()
        return answers
