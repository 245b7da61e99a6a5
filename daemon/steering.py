"""What people may do to the running daemon, by the network, a button or a panel: one method each.

It holds what can change while the daemon runs: the settings in force, whether the microphone is muted, and what was
said last. Called by the control worker and by the inputs' threads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from itertools import count
from pathlib import Path
from typing import Any

from daemon import config, files
from daemon.config import Settings
from daemon.engines.base import Task, TextTranslated
from daemon.events import Final, OutputEvent, SpeechRequest, Translation
from daemon.listening import Listening
from daemon.mqtt.control import Refusal
from daemon.outputs.captions import CaptionsOutput
from daemon.outputs.speech import SpeechOutput
from daemon.settings_checks import base
from daemon.streaming import StreamingClient

_LOG = logging.getLogger(__name__)

_TRANSLATION_S = 20.0


class Steering:
    """See the module. Made before the parts that it steers; `attach` gives it those."""

    def __init__(self, settings: Settings, directory: Path | None, restart: Callable[[], None]) -> None:
        self._settings = settings
        self._directory = directory
        self._restart = restart
        self._changing = threading.Lock()
        self._requests = count(1)
        self._asked: dict[str, Future[dict[str, Translation]]] = {}
        self._last: Final | None = None
        self._mute_file = directory / "muted" if directory else None

    def attach(
        self,
        listening: Listening,
        streaming: StreamingClient,
        speech: SpeechOutput | None,
        captions: CaptionsOutput | None,
    ) -> None:
        """Know the parts, and mute the microphone if it was muted when the daemon ended."""
        self._listening, self._streaming = listening, streaming
        self._speech, self._captions = speech, captions
        if self._mute_file is not None and self._mute_file.exists():
            listening.mute(muted=True)

    # ------------------------------------------------------------ told by other parts

    def offer(self, event: OutputEvent) -> None:
        """Remember the last final, for `repeat`; it is one of the outputs."""
        if isinstance(event, Final):
            self._last = event

    def translated(self, answer: TextTranslated) -> None:
        """Take a translation of typed text; called by the streaming client."""
        asked = self._asked.pop(answer.request, None)
        if asked is not None:
            asked.set_result(answer.translations)

    # ------------------------------------------------------------ the microphone

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._listening.muted

    def mute(self) -> None:
        """Hear nothing from now on, also after a restart."""
        self._listening.mute(muted=True)
        if self._mute_file is not None:
            files.replace(self._mute_file, b"")

    def unmute(self) -> None:
        """Hear again."""
        if self._mute_file is not None:
            self._mute_file.unlink(missing_ok=True)
        self._listening.mute(muted=False)

    def listen(self) -> None:
        """Hear now: whatever is being spoken is cut short."""
        self.stop_speaking()
        self.unmute()

    # ------------------------------------------------------------ speech

    def stop_speaking(self) -> None:
        """Be silent now."""
        if self._speech is not None:
            self._speech.stop_speaking()

    def speak(self, text: str, lang: str, transaction: str | None) -> None:
        """Have a text spoken. Raises `Refusal`."""
        if self._speech is None:
            raise Refusal("no_speaker", "speaker.device is empty: this device has no speaker")
        self._streaming.speak(SpeechRequest(transaction or f"s{next(self._requests)}", lang, text))

    def repeat(self) -> None:
        """Speak the last final again. Raises `Refusal`."""
        lang = self._settings.languages.speak
        spoken = self._last.translations.get(lang) if self._last else None
        if spoken is None or not spoken.text:
            raise Refusal("nothing_said", "nothing has been said yet that could be repeated")
        self.speak(spoken.text, lang, None)

    # ------------------------------------------------------------ text

    def translate(self, text: str, source: str, targets: tuple[str, ...]) -> dict[str, Translation]:
        """Translate typed text; without languages into those of the settings. Raises `Refusal`."""
        languages = self._settings.languages
        request = f"t{next(self._requests)}"
        answer: Future[dict[str, Translation]] = Future()
        self._asked[request] = answer
        task = Task(source or languages.source, targets or languages.targets)
        self._streaming.translate_text(request, text, task)
        try:
            return answer.result(_TRANSLATION_S)
        except Late:
            self._asked.pop(request, None)
            raise Refusal("late", f"the engine did not translate it within {_TRANSLATION_S:.0f} s") from None

    # ------------------------------------------------------------ display

    def clear(self) -> None:
        """Empty the display."""
        if self._captions is not None:
            self._captions.clear()

    def identify(self) -> None:
        """Show the device's name on its display. Raises `Refusal`."""
        if self._captions is None:
            raise Refusal("no_display", "display.driver is empty: this device has no display to show its name on")
        self._captions.identify()

    def forget(self) -> None:
        """Let go of what was said."""
        self._last = None
        self.clear()

    # ------------------------------------------------------------ settings

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def swap(self) -> tuple[str, tuple[str, ...]]:
        """Exchange the source and the first target. Raises `Refusal`."""
        languages = self._settings.languages
        source, targets = languages.targets[0], (languages.source, *languages.targets[1:])
        speak = languages.source if languages.speak else ""
        values = {"languages.source": source, "languages.targets": list(targets), "languages.speak": speak}
        self.change(values)
        return source, targets

    def change(self, values: Mapping[str, Any]) -> list[str]:
        """Change settings, all or nothing, and apply what can be applied now; return the keys that need a restart.

        Raises `Refusal` if they cannot be kept, `ConfigError` with everything that is wrong with them.
        """
        with self._changing:
            before = self._settings
            if self._directory is None:
                raise Refusal("no_state_directory", "settings cannot be kept: STATE_DIRECTORY is not set")
            changed = config.with_remote(before, values)
            self._refuse_unserved(changed)
            config.keep_remote(changed, self._directory)
            self._settings = changed
            self._apply(before)
            return [key.path for key in before.changed(self._settings) if not key.option.live]

    def restart(self) -> None:
        """Stop cleanly, to be started again by systemd."""
        self._restart()

    def _refuse_unserved(self, changed: Settings) -> None:
        """Refuse languages that the engine does not serve; while it is away nobody knows."""
        ready, languages = self._streaming.ready, changed.languages
        if ready is None or languages == self._settings.languages:
            return
        source = base(languages.source)
        if source not in map(base, ready.recognizes):
            raise Refusal("no_recognizer", f"nothing here recognizes {languages.source}", "languages.source")
        served = {base(pair.target) for pair in ready.pairs if base(pair.source) == source}
        for lang in languages.targets:
            if base(lang) not in served:
                message = f"nothing here translates {languages.source} into {lang}"
                raise Refusal("no_translator", message, "languages.targets")

    def _apply(self, before: Settings) -> None:
        now = self._settings
        if now.languages != before.languages:
            self._streaming.configure(now.languages)
        if now.gate != before.gate:
            self._listening.adjust(now.gate)
        if now.speaker != before.speaker and self._speech is not None:
            self._speech.adjust(now.speaker)
