"""What people may do to the running daemon, by the network, a button or a panel: one method each.

It holds what can change while the daemon runs: the settings in force, whether the microphone is muted, and what was
said last. Called by the control worker and by the inputs' threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from daemon import changes, config, files, remote_settings
from daemon.board import Board, PartState
from daemon.changes import Change
from daemon.config import Settings
from daemon.engines.base import EngineReady, Task, TextTranslated
from daemon.events import Fields, Final, Notice, OutputEvent, SpeechRequest, Translation, speech_asked
from daemon.listening import Listening
from daemon.mqtt.control import Refusal
from daemon.outputs.captions import CaptionsOutput
from daemon.outputs.speech import SpeechOutput
from daemon.probation import Probation
from daemon.remote_settings import Trial
from daemon.streaming import StreamingClient
from daemon.tasks import other_side, spoken

_LOG = logging.getLogger(__name__)


class Steering:
    """See the module. Made before the parts that it steers; `attach` gives it those."""

    def __init__(
        self,
        settings: Settings,
        directory: Path | None,
        restart: Callable[[], None],
        board: Board,
        *,
        announce: Callable[[OutputEvent], None] = lambda _event: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._started = self._settings = settings
        self._directory = directory
        self._board = board
        self._announce = announce
        self._probation = Probation(directory, clock)
        self._restart = restart
        self._changing = threading.RLock()
        #: Microphone and file are of one mind, whoever mutes: a command, or a key.
        self._muting = threading.Lock()
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
        served: Callable[[], EngineReady | None] | None = None,
    ) -> None:
        """Know the parts, and mute the microphone if it was muted when the daemon ended.

        `served` returns what the engines do together, where that is more than what the one in use does.
        """
        self._served = served or (lambda: streaming.ready)
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
        if asked is not None and asked.set_running_or_notify_cancel():
            asked.set_result(answer.translations)

    # ------------------------------------------------------------ the microphone

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._listening.muted

    def mute(self) -> None:
        """Hear nothing from now on, also after a restart. Raises `Refusal` where only that cannot be noted."""
        with self._muting:
            self._listening.mute(muted=True)
            if self._mute_file is not None:
                try:
                    files.replace(self._mute_file, b"")
                except OSError as error:
                    raise Refusal("not_kept", f"muted, but only until the next start: {error}") from error

    def unmute(self) -> None:
        """Hear again, also after a restart. Raises `Refusal` where only that cannot be noted."""
        with self._muting:
            self._listening.mute(muted=False)
            if self._mute_file is not None:
                try:
                    self._mute_file.unlink(missing_ok=True)
                except OSError as error:
                    raise Refusal("not_kept", f"unmuted, but only until the next start: {error}") from error

    def talk(self, *, held: bool) -> None:
        """Let speech in as long as it is held, in the mode push_to_talk."""
        self._listening.talk(held=held)

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
        request = speech_asked(transaction) if transaction else f"s{next(self._requests)}"
        self._streaming.speak(SpeechRequest(request, lang, text))

    def repeat(self) -> None:
        """Speak the last final again. Raises `Refusal`."""
        lang = spoken(self._settings.languages, self._last.source_lang) if self._last else ""
        said = self._last.translations.get(lang) if self._last else None
        if said is None or not said.text:
            raise Refusal("nothing_said", "nothing has been said yet that could be repeated")
        self.speak(said.text, lang, None)

    # ------------------------------------------------------------ text

    def translate(self, text: str, source: str, targets: tuple[str, ...]) -> Future[dict[str, Translation]]:
        """Have typed text translated; without languages into those of the settings."""
        languages = self._settings.languages
        request = f"t{next(self._requests)}"
        made: Future[dict[str, Translation]] = Future()
        self._asked[request] = made
        made.add_done_callback(lambda _made: self._asked.pop(request, None))
        task = Task(source or languages.source, targets or languages.targets, phrases=languages.phrases)
        self._streaming.translate_text(request, text, task)
        return made

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
        """Exchange the source and the first target; in a conversation, the other side's. Raises as `change` does."""
        with self._changing:  # of a key and a command at once, each turns round what the other has left
            languages = self._settings.languages
            source = other_side(languages)
            targets = tuple(languages.source if lang == source else lang for lang in languages.targets)
            speak = languages.source if languages.speak else ""
            values = {"languages.source": source, "languages.targets": targets, "languages.speak": speak}
            self.change(changes.to_what_lies_below(self._settings, values))
            return source, targets

    def change(self, values: Mapping[str, Any], if_rev: int | None = None) -> Change:
        """Change settings by a merge patch, all or nothing, and apply what can be applied now.

        The spoken language follows when it named a target that is gone (`daemon.changes.with_speech`). The change is on
        trial for a minute, see `look`. Raises `Refusal` if it cannot be kept, or if the settings are not at `if_rev`
        any more; `ConfigError` with everything that is wrong.
        """
        with self._changing:
            before = self._settings
            if self._directory is None:
                raise Refusal("no_state_directory", "settings cannot be kept: STATE_DIRECTORY is not set")
            if if_rev is not None and if_rev != before.rev:
                raise Refusal("rev_conflict", f"the settings are at rev {before.rev}, not {if_rev}", "if_rev")
            after = changes.changed(before, values, self._served())
            if after.remote == before.remote and not before.problems:
                return Change(before.rev)
            try:
                config.keep_remote(after, self._directory, Trial.RUNNING)
            except OSError as error:
                raise Refusal("not_kept", f"settings cannot be kept: {error}") from error
            self._probation.begin(sick=self._sick())
            return self._take(after, "config_applied", {})

    def change_one(self, path: str, text: str) -> Change:
        """Change one setting, written as a person writes it. Raises as `change` does."""
        return self.change(changes.of_text(self._settings, path, text))

    def look(self) -> None:
        """Take a change back on which the daemon fares badly. To be called a few times a second."""
        with self._changing:
            reason = self._probation.verdict(sick=self._sick())
            if not reason or self._directory is None:
                return
            self._probation.over()
            before = self._settings
            after = config.rolled_back(before, remote_settings.last_good(self._directory))
            try:
                config.keep_remote(after, self._directory)
            except OSError as error:  # they hold in memory; the next start reads what is on the disk
                self._board.problem("remote_settings", f"the settings cannot be kept: {error}")
            _LOG.warning("the change of the settings is taken back: %s", reason, extra={"CODE": "config_rolled_back"})
            self._take(after, "config_rolled_back", {"reason": reason})

    def worker_died(self, reason: str) -> None:
        """Take note of it: a change may have been to blame."""
        self._probation.blame(reason)

    def stopped(self) -> None:
        """Take note that the daemon stops as it was told."""
        self._probation.stop()

    @property
    def restart_required(self) -> tuple[str, ...]:
        """The keys whose values hold from the next start only."""
        return tuple(key.path for key in self._started.changed(self._settings) if not key.option.live)

    def restart(self) -> None:
        """Stop cleanly, to be started again by systemd."""
        self._restart()

    def _take(self, after: Settings, event_type: str, more: Fields) -> Change:
        """Have other settings hold, and tell so."""
        before, self._settings = self._settings, after
        self._apply(before)
        self._board.solved("remote_settings")
        keys = before.changed(after)
        applied = tuple(key.path for key in keys if key.option.live)
        waiting = tuple(key.path for key in keys if not key.option.live)
        told: Fields = {"rev": after.rev, "applied": list(applied), "restart_required": list(waiting)}
        self._announce(Notice(event_type, told | more))
        return Change(after.rev, applied, waiting)

    def _sick(self) -> bool:
        """Whether the engine has failed and is not back. One that only loads is not."""
        now = self._board.snapshot()
        failed = any(problem.code == "engine_failed" for problem in now.problems)
        return now.parts["engine"] is PartState.FAILED or (failed and now.parts["engine"] is not PartState.OK)

    def _apply(self, before: Settings) -> None:
        now = self._settings
        if now.languages != before.languages:
            self._streaming.configure(now.languages)
        if now.gate != before.gate:
            self._listening.adjust(now.gate)
        if now.speaker != before.speaker and self._speech is not None:
            self._speech.adjust(now.speaker)
        if now.display != before.display and self._captions is not None:
            self._captions.dim(now.display.brightness)
