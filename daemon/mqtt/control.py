"""Carries out what is asked for over the network, one request after the other, through what the daemon offers it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
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
_IDLE_S = 1.0


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
        """Listen now, speech cut short. Not called while muted, unless `privacy.remote_unmute` allows it."""

    def swap(self) -> tuple[str, tuple[str, ...]]:
        """Exchange source and first target; return the new source and targets."""

    def stop_speaking(self) -> None:
        """Be silent now."""

    def speak(self, text: str, lang: str, transaction: str | None) -> None:
        """Have a text spoken."""

    def translate(self, text: str, source: str, targets: tuple[str, ...]) -> dict[str, Translation]:
        """Translate a text without audio."""

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


class Control:
    """A worker with a mailbox. `remote_unmute` is the setting of that name."""

    def __init__(self, controls: Controls, *, remote_unmute: bool) -> None:
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
        self._requests: Mailbox[tuple[Request, Callable[[Answer], None]]] = Mailbox(
            "control", _CAPACITY, Overflow.REFUSE
        )

    def ask(self, request: Request, answer: Callable[[Answer], None]) -> bool:
        """Take a request; False if too many wait. `answer` is called in the control worker; it must not wait."""
        return self._requests.put((request, answer))

    def wake(self) -> None:
        """End the worker's wait, for good."""
        self._requests.close()

    def run(self, pulse: Pulse) -> None:
        """Carry out requests until stopped."""
        while pulse.beat():
            waiting = self._requests.get(_IDLE_S)
            if waiting is not None:
                request, answer = waiting
                answer(self._carry_out(request))

    def _carry_out(self, request: Request) -> Answer:
        try:
            return Answer(request, self._do(request.name, request.arguments))
        except Refusal as refusal:
            return refused(request, refusal.code, refusal.message, refusal.path)
        except ConfigError as error:
            return Answer(request, {}, error.errors)
        except Exception:  # noqa: BLE001 -- a command that fails must not end the control of the device
            _LOG.exception("the command %s failed", request.name)
            return refused(request, "failed", "the device could not do it; its journal says why")

    def _do(self, name: str, arguments: Plain) -> Mapping[str, Any]:
        if isinstance(arguments, Mute) and not arguments.muted:
            name = "unmute"
        if name in ("unmute", "listen") and not self._remote_unmute and (name == "unmute" or self._controls.muted):
            raise Refusal("not_permitted", "privacy.remote_unmute = false: only somebody at the device may unmute it")
        if isinstance(arguments, Speak):
            self._controls.speak(arguments.text, arguments.lang, arguments.transaction)
        elif isinstance(arguments, Translate):
            return self._translate(arguments)
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

    def _translate(self, asked: Translate) -> Mapping[str, Any]:
        made = self._controls.translate(asked.text, asked.source, tuple(asked.targets))
        return {"translations": made}


def _told(change: Changed) -> Mapping[str, Any]:
    lists = {"applied": list(change.applied), "restart_required": list(change.restart_required)}
    return {"rev": change.rev, **lists}
