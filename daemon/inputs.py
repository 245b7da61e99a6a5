"""What people do with the button and the panel's keys, and what the light answers.

Keys come in from the threads of their drivers; one worker makes gestures of them and does what the settings say.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from daemon.board import Activity, Board, Snapshot
from daemon.config_error import ConfigError
from daemon.gestures import Gesture, Gestures
from daemon.mailbox import Mailbox
from daemon.mqtt.control import Refusal
from daemon.settings import ButtonSection
from daemon.supervisor import Pulse
from hw.api import Button, DeviceError, KeyEvent, Light, Signal

_LOG = logging.getLogger(__name__)

_KEYS_WAITING = 64
#: The worker gives a sign of life so often, seconds.
_LOOK_S = 1.0
#: A pin that cannot be taken is tried again after so long, seconds: somebody may have ended what used it.
_AGAIN_S = 10.0
#: Who pressed in vain reads on the display why, for so long, seconds.
_REFUSED, _REFUSED_S = "key_refused", 10.0
_SIGNALS = {
    Activity.LISTENING: Signal.LISTENING,
    Activity.HEARING: Signal.HEARING,
    Activity.SPEAKING: Signal.SPEAKING,
    Activity.MUTED: Signal.MUTED,
    Activity.DEGRADED: Signal.FAULT,
}


class Steered(Protocol):
    """What can be done to the daemon by hand; each may raise `Refusal` or `ConfigError`."""

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""

    def mute(self) -> None:
        """Hear nothing from now on."""

    def unmute(self) -> None:
        """Hear again."""

    def talk(self, *, held: bool) -> None:
        """Let speech in, in the mode push_to_talk, as long as it is held."""

    def swap(self) -> object:
        """Exchange the source and the first target."""

    def stop_speaking(self) -> None:
        """Be silent now."""


class Inputs:
    """See the module. `mode` returns ``open`` or ``push_to_talk``; `key_actions` are for keys with one of their own.

    While talking is by holding, it begins with the press, so that no word is lost before the press is known to be a
    hold; the long press means nothing then.
    """

    def __init__(
        self,
        settings: ButtonSection,
        key_actions: Mapping[str, str],
        steered: Steered,
        mode: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
        board: Board | None = None,
    ) -> None:
        self.waiting: Mailbox[tuple[KeyEvent, float]] = Mailbox("keys", _KEYS_WAITING)
        self._settings = settings
        self._key_actions = dict(key_actions)
        self._steered = steered
        self._mode = mode
        self._clock = clock
        self._board = board or Board()
        self._refused_at: float | None = None
        self._gestures: dict[str, Gestures] = {}
        self._talking: set[str] = set()

    def key(self, event: KeyEvent) -> None:
        """Take what a key did. Never waits."""
        self.waiting.put((event, self._clock()))

    def wake(self) -> None:
        """End the wait of `run`, for good."""
        self.waiting.close()

    def run(self, pulse: Pulse) -> None:
        """Do what the keys say until told to stop; for the supervisor."""
        self._tell_whether_wanted()
        try:
            while pulse.beat():
                self.turn(self._patience_s())
        finally:
            for key in list(self._talking):
                self._talk(key, held=False)

    def turn(self, timeout_s: float) -> None:
        """Wait so long at most for a key, and do what it and the time make."""
        waiting = self.waiting.get(timeout_s)
        if waiting is not None:
            event, at_s = waiting
            known = self._gestures.setdefault(event.key, Gestures(self._settings.hold_s, self._settings.long_press_s))
            for gesture in known.change(at_s, down=event.down):
                self._perform(event.key, gesture)
            if not event.down:
                del self._gestures[event.key]
        if len(self.waiting):
            return  # its release may be among them: time alone does not make a hold of a tap that waited here
        now_s = self._clock()
        for key, gestures in self._gestures.items():
            for gesture in gestures.due(now_s):
                self._perform(key, gesture)
        if self._refused_at is not None and now_s - self._refused_at >= _REFUSED_S:
            self._refused_at = None
            self._board.solved(_REFUSED)
        self._tell_whether_wanted()  # the mode may have been changed

    def _patience_s(self) -> float:
        now_s = self._clock()
        return max(0.0, min([_LOOK_S, *(gestures.wait_s(now_s) for gestures in self._gestures.values())]))

    def _perform(self, key: str, gesture: Gesture) -> None:
        try:
            self._answer(key, gesture)
        except (Refusal, ConfigError, OSError) as error:
            _LOG.warning("%s of %s: %s", gesture, key, error)
            self._board.problem(_REFUSED, str(error).replace("\n", "; "))
            self._refused_at = self._clock()

    def _answer(self, key: str, gesture: Gesture) -> None:
        talks = self._action_of_hold(key) == "talk"
        if gesture is Gesture.PRESS and talks:
            self._talk(key, held=True)
        if gesture in (Gesture.TAP, Gesture.RELEASE) and key in self._talking:
            self._talk(key, held=False)
        if key in self._key_actions:
            if gesture is Gesture.PRESS:
                self._do(self._key_actions[key])
        elif gesture is Gesture.TAP:
            self._do(self._settings.tap)
        elif gesture is Gesture.HOLD:
            self._do(self._settings.hold)
        elif gesture is Gesture.LONG_PRESS and not talks:
            self._do(self._settings.long_press)

    def _action_of_hold(self, key: str) -> str:
        """Return what holding the key does now; talking is nothing where the gate decides."""
        action = self._key_actions.get(key, self._settings.hold)
        return "none" if action == "talk" and self._mode() != "push_to_talk" else action

    def _talk(self, key: str, *, held: bool) -> None:
        """Talk as long as any key is held for it; whoever talks interrupts the device."""
        before = bool(self._talking)
        if held:
            self._talking.add(key)
            self._steered.stop_speaking()
        else:
            self._talking.discard(key)
        if bool(self._talking) != before:
            self._steered.talk(held=held)
            self._tell_whether_wanted()

    def _tell_whether_wanted(self) -> None:
        self._board.want_key(wanted=self._mode() == "push_to_talk" and not self._talking)

    def _do(self, action: str) -> None:
        if action == "mute" and self._steered.muted:
            self._steered.unmute()
        elif action == "mute":
            self._steered.mute()
        elif action == "swap":
            self._steered.swap()
        elif action == "stop_speaking":
            self._steered.stop_speaking()


class ButtonInput:
    """Keeps the button open, and says on the board if it cannot be."""

    def __init__(self, button: Button, board: Board, changed: Callable[[KeyEvent], None]) -> None:
        self._button = button
        self._board = board
        self._changed = changed

    def run(self, pulse: Pulse) -> None:
        """Have the button until told to stop; for the supervisor."""
        try:
            _keep(pulse, self._board, "button_failed", lambda: self._button.open(self._changed))
            while pulse.wait(_LOOK_S):
                pass  # its driver's thread tells what happens
        finally:
            self._button.close()


class LightOutput:
    """Has the light say what the device does."""

    def __init__(self, light: Light, board: Board) -> None:
        self.waiting: Mailbox[Signal] = Mailbox("light", capacity=1)
        self._light = light
        self._board = board
        board.listen(self._board_changed)

    def wake(self) -> None:
        """End the wait of `run`, for good."""
        self.waiting.close()

    def run(self, pulse: Pulse) -> None:
        """Light until told to stop; for the supervisor."""
        try:
            _keep(pulse, self._board, "light_failed", self._light.open)
            self._light.show(signal_of(self._board.snapshot()))
            while pulse.beat():
                signal = self.waiting.get(_LOOK_S)
                if signal is not None:
                    self._light.show(signal)
        finally:
            self._light.close()

    def _board_changed(self, snapshot: Snapshot) -> None:
        self.waiting.put(signal_of(snapshot))


def signal_of(snapshot: Snapshot) -> Signal:
    """Return what a light says of the device; dark while it starts and when it has stopped."""
    return Signal.WAITING if snapshot.waits_for_key else _SIGNALS.get(snapshot.activity, Signal.OFF)


def _keep(pulse: Pulse, board: Board, problem: str, take: Callable[[], None]) -> None:
    """Open something until it is open or the worker is to stop."""
    while pulse.beat():
        try:
            take()
        except DeviceError as error:
            board.problem(problem, str(error))
            pulse.wait(_AGAIN_S)
        else:
            board.solved(problem)
            return
