"""Which texts are being made into speech."""

from __future__ import annotations

from collections.abc import Callable

from daemon.engines.base import Engine
from daemon.events import Final, OutputEvent, SpeechRequest, SynthesizedSpeech


class Voicing:
    """Counts the requests whose speech is not complete. One thread, the streaming client's, uses it."""

    def __init__(self, engine: Engine, publish: Callable[[OutputEvent], None]) -> None:
        self._engine = engine
        self._publish = publish
        self._open: set[str] = set()

    def __len__(self) -> int:
        return len(self._open)

    def speak(self, request: SpeechRequest) -> None:
        """Have a text spoken."""
        self._open.add(request.id)
        self._engine.speak(request)

    def speak_final(self, final: Final, lang: str) -> None:
        """Have the translation into that language spoken, if there is one."""
        spoken = final.translations.get(lang)
        if spoken is not None and spoken.text:
            self.speak(SpeechRequest(f"u{final.utterance}", lang, spoken.text))

    def pass_on(self, block: SynthesizedSpeech) -> None:
        """Publish a block of speech."""
        self._publish(block)
        if block.last:
            self._open.discard(block.id)
