"""Carries out what is asked for over the network, one request after the other, through what the daemon offers it.

A text to be translated is only handed on: an engine may take its time, and `mute` is not to wait for it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from daemon.config_error import ConfigError, SettingError
from daemon.events import Translation
from daemon.mailbox import Mailbox, Overflow
from daemon.mqtt.inbound import Change, ChangeOne, Mute, Plain, Request, Speak, Translate
from daemon.supervisor import Pulse

_LOG = logging.getLogger(__name__)

#: Requests that wait; more are answered `busy`.
_CAPACITY = 16
#: Texts that wait for their translation; more are answered `busy`. Each is answered within so many seconds.
_TEXTS, _TEXT_S = 8, 20.0
_IDLE_S = 1.0
#: What becomes of all that wait at the end.
_STOPS = ("failed", "the device stops")


class Refusal(Exception):
    """Something is not done, for a reason that the asker is told."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.path = code, message, path


class Changed(Protocol):
    """What became of a change of the settings."""

    @property
    def rev(self) -> int:
        """Revision of the settings in force."""

    @property
    def applied(self) -> tuple[str, ...]:
        """Keys whose new values hold now."""

    @property
    def restart_required(self) -> tuple[str, ...]:
        """Keys whose new values hold from the next start."""


Translating = Future[dict[str, Translation]]


class Controls(Protocol):
    """What the composition root lets the network do. Called in the control worker; each may raise `Refusal`."""

    def mute(self) -> None:
        """Stop listening, also after a restart."""

    def unmute(self) -> None:
        """Listen again. Only called where `privacy.remote_unmute` allows it."""

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""

    def listen(self) -> None:
        """Listen now, speech cut short. Only called where `privacy.remote_unmute` allows it."""

    def swap(self) -> tuple[str, tuple[str, ...]]:
        """Exchange source and first target; return the new source and targets."""

    def stop_speaking(self) -> None:
        """Be silent now."""

    def speak(self, text: str, lang: str, transaction: str | None) -> None:
        """Have a text spoken."""

    def translate(self, text: str, source: str, targets: tuple[str, ...]) -> Translating:
        """Begin to translate a text without audio. Whoever does not want it any more cancels what is returned."""

    def repeat(self) -> None:
        """Speak the last final again."""

    def clear(self) -> None:
        """Empty the display."""

    def identify(self) -> None:
        """Make the device known to a person beside it."""

    def forget(self) -> None:
        """Let go of what was said: what the display shows and `repeat` would speak. The outbox is erased already."""

    def restart(self) -> None:
        """Stop cleanly, to be started again."""

    def change(self, values: Mapping[str, Any], if_rev: int | None = None) -> Changed:
        """Change settings by a merge patch. May raise `ConfigError`, too."""

    def change_one(self, path: str, text: str) -> Changed:
        """Change one setting, written as a person writes it. May raise `ConfigError`, too."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. Without an error it was done."""

    request: Request
    result: Mapping[str, Any]
    errors: tuple[SettingError, ...] = ()


def refused(request: Request, code: str, message: str, path: str = "") -> Answer:
    """Return the answer to a request that is not carried out. `path`: the key that is wrong."""
    return Answer(request, {}, (SettingError(path, code, message),))


def attempt(request: Request, do: Callable[[], Mapping[str, Any]]) -> Answer:
    """Return the answer with what `do` returns, or with what it raises."""
    try:
        return Answer(request, do())
    except Refusal as refusal:
        return refused(request, refusal.code, refusal.message, refusal.path)
    except ConfigError as error:
        return Answer(request, {}, error.errors)
    except Exception:  # noqa: BLE001 -- a command that fails must not end the control of the device
        _LOG.exception("the command %s failed", request.name)
        return refused(request, "failed", "the device could not do it; its journal says why")


OnAnswer = Callable[[Answer], None]


@dataclass(slots=True)
class _Text:
    """One to be translated. `ends`: when it is given up, by the clock. `made`: None until it has its turn."""

    request: Request
    asked: Translate
    answer: OnAnswer
    ends: float
    made: Translating | None = None


class _Texts:
    """Texts to be translated, one after the other, so that speech has its turn at the engine. Used by one thread.

    `done` is called, by any thread, when it is time to look.
    """

    def __init__(self, controls: Controls, done: Callable[[], None], clock: Callable[[], float]) -> None:
        self._controls = controls
        self._done = done
        self._clock = clock
        self._texts: deque[_Text] = deque()

    def add(self, request: Request, asked: Translate, answer: OnAnswer) -> None:
        """Have one translated when it has its turn."""
        if len(self._texts) < _TEXTS:
            self._texts.append(_Text(request, asked, answer, self._clock() + _TEXT_S))
        else:
            answer(refused(request, "busy", f"{_TEXTS} texts wait to be translated: try again in a moment"))

    def look(self) -> None:
        """Answer what is done or late, and begin with the next."""
        while self._texts and (answer := self._outcome(self._texts[0])) is not None:
            self._texts.popleft().answer(answer)

    def close(self) -> None:
        """Answer all that wait."""
        self.look()
        for text in self._texts:
            text.answer(refused(text.request, *_STOPS))
        self._texts.clear()

    def _outcome(self, text: _Text) -> Answer | None:
        late = self._clock() >= text.ends
        if late and (text.made is None or text.made.cancel()):
            return refused(text.request, "late", f"the engine did not translate it within {_TEXT_S:.0f} s")
        made = text.made = text.made or self._begin(text.asked)
        return attempt(text.request, lambda: {"translations": made.result()}) if made.done() else None

    def _begin(self, asked: Translate) -> Translating:
        try:
            made = self._controls.translate(asked.text, asked.source, tuple(asked.targets))
        except Exception as error:  # noqa: BLE001 -- it is told as that of any other command
            made = Translating()
            made.set_exception(error)
        else:
            made.add_done_callback(lambda _made: self._done())
        return made


class Control:
    """A worker with a mailbox. `remote_unmute` is the setting of that name; `clock` as `time.monotonic`."""

    def __init__(self, controls: Controls, *, remote_unmute: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._controls = controls
        self._remote_unmute = remote_unmute
        self._plain: Mapping[str, Callable[[], None]] = {
            "mute": controls.mute,
            "unmute": controls.unmute,
            "listen": controls.listen,
            "stop_speaking": controls.stop_speaking,
            "repeat": controls.repeat,
            "clear": controls.clear,
            "identify": controls.identify,
            "forget": controls.forget,
            "restart": controls.restart,
        }
        #: None only ends the worker's wait. If it finds no room, the worker does not wait.
        self._requests: Mailbox[tuple[Request, OnAnswer] | None] = Mailbox(
            "control", _CAPACITY, Overflow.REFUSE, lambda item: "look" if item is None else None
        )
        self._texts = _Texts(controls, self._look, clock)

    def ask(self, request: Request, answer: OnAnswer) -> bool:
        """Take a request; False if too many wait. `answer` is called in the control worker; it must not wait."""
        return self._requests.put((request, answer))

    def wake(self) -> None:
        """End the worker's wait, for good."""
        self._requests.close()

    def run(self, pulse: Pulse) -> None:
        """Carry out requests until stopped."""
        try:
            while pulse.beat():
                self.step(_IDLE_S)
        finally:
            self._end()

    def step(self, timeout_s: float) -> None:
        """Carry out one request, if there is one in time, and look after the texts."""
        waiting = self._requests.get(timeout_s)
        if waiting is not None:
            self._carry_out(*waiting)
        self._texts.look()

    def _end(self) -> None:
        """Answer all that wait."""
        self._requests.close()
        while len(self._requests):
            waiting = self._requests.get(0)
            if waiting is not None:
                request, answer = waiting
                answer(refused(request, *_STOPS))
        self._texts.close()

    def _look(self) -> None:
        self._requests.put(None)

    def _carry_out(self, request: Request, answer: OnAnswer) -> None:
        asked = request.arguments
        if isinstance(asked, Translate):
            self._texts.add(request, asked, answer)
        else:
            answer(attempt(request, lambda: self._do(request.name, asked)))

    def _do(self, name: str, arguments: Plain) -> Mapping[str, Any]:
        if isinstance(arguments, Mute) and not arguments.muted:
            name = "unmute"
        if name in ("unmute", "listen") and not self._remote_unmute:
            if name == "unmute" or self._controls.muted:
                text = "privacy.remote_unmute = false: only somebody at the device may unmute it"
                raise Refusal("not_permitted", text)
            name = "stop_speaking"  # it listens already; what somebody at the device mutes meanwhile stays muted
        if isinstance(arguments, Speak):
            self._controls.speak(arguments.text, arguments.lang, arguments.transaction)
        elif isinstance(arguments, Change):
            return _told(self._controls.change(arguments.values, arguments.if_rev))
        elif isinstance(arguments, ChangeOne):
            return _told(self._controls.change_one(arguments.path, arguments.text))
        elif name == "swap":
            source, targets = self._controls.swap()
            return {"source": source, "targets": list(targets)}
        else:
            self._plain[name]()
        return {}


def _told(change: Changed) -> Mapping[str, Any]:
    lists = {"applied": list(change.applied), "restart_required": list(change.restart_required)}
    return {"rev": change.rev, **lists}
