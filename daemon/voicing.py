"""Which texts are being made into speech, and which were cut short."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daemon.echo_guard import EchoGuard
from daemon.engines.base import Engine
from daemon.events import Final, OutputEvent, SpeechCut, SpeechRequest, SynthesizedSpeech, speech_of


class Voicing:
    """Knows the requests whose speech is not complete. One thread, the streaming client's, uses it."""

    def __init__(self, engine: Engine, publish: Callable[[OutputEvent], None], echoes: EchoGuard) -> None:
        self._engine = engine
        self._publish = publish
        self._echoes = echoes
        self._open: set[str] = set()
        #: Those of the open ones that nobody wants to hear any more.
        self._cut: set[str] = set()

    def __len__(self) -> int:
        return len(self._open)

    def speak(self, request: SpeechRequest) -> None:
        """Have a text spoken."""
        self._open.add(request.id)
        self._echoes.asked(request.id, request.text)
        self._engine.speak(request)

    def speak_final(self, final: Final, lang: str) -> None:
        """Have the translation into that language spoken, if there is one."""
        spoken = final.translations.get(lang)
        if spoken is not None and spoken.text:
            self.speak(SpeechRequest(speech_of(final.utterance), lang, spoken.text))

    def cut(self, cut: SpeechCut) -> None:
        """Have the engine stop working on what nobody wants to hear, and pass on nothing but its end."""
        unwanted = {cut.id} & self._open if cut.id else set(self._open)
        for request in unwanted - self._cut:
            self._engine.hush(request)
        self._cut |= unwanted

    def pass_on(self, block: SynthesizedSpeech) -> None:
        """Publish a block of speech."""
        if block.id not in self._cut:
            self._publish(block)
        elif block.last:
            self._publish(replace(block, pcm=b"", error="stopped"))
        if block.last:
            self._open.discard(block.id)
            self._cut.discard(block.id)

    def is_echo(self, text: str, began_ns: int) -> bool:
        """Tell whether a text, heard from that moment on, is the device's own speech."""
        return self._echoes.is_echo(text, began_ns)
