"""An engine in a process of its own: what the rest of the daemon holds in its place.

A recognizer may hold Python's lock for a second, crash, or hang in a library; here only that process feels it. It is
ended and started again, and the streaming client, told by `EngineFailure` and then `EngineReady`, gives the new one
what the old one had.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from daemon.engines.base import Cure, EngineEvent, EngineFailure, EngineReady, Sink, Task
from daemon.engines.codec import (
    Alive,
    Begin,
    Call,
    Cancel,
    ChannelClosed,
    Feed,
    Finish,
    Garbled,
    Hush,
    Pause,
    Resume,
    Speak,
    Start,
    Translate,
)
from daemon.engines.memory import LOOK_S, MemoryWatch, own_mb
from daemon.engines.open_work import OpenWork
from daemon.engines.spawn import ChildProcess
from daemon.events import SpeechRequest

_LOG = logging.getLogger(__name__)

#: Sound is sent in pieces of a second at most, so that no frame is long and a cancel does not wait behind one.
_PIECE_BYTES = 32_000
#: A child that hears that it is to end may take so long; then it is killed. `close` has two seconds for all.
_GRACE_S = 1.0
_CLOSE_S = 1.9
#: A child that ran so long has earned a quick restart.
_QUIET_S = 60.0


class ProcessEngine:
    """See the module. In the child runs what ``<module>.build(settings)`` returns."""

    def __init__(
        self,
        name: str,
        module: str,
        settings: Mapping[str, Any],
        *,
        heartbeat_limit_s: float = 10.0,
        load_limit_s: float = 60.0,
        back_off_s: tuple[float, float] = (0.2, 30.0),
        memory_limit_mb: float = math.inf,
    ) -> None:
        """Take the limits: silence that means hung, time to load, first and longest pause before a restart; seconds.

        And what its processes may take together, as `daemon.engines.memory` counts it.

        A heartbeat comes each second, but a recognizer may hold Python's lock for two, many times longer on a slow
        board: hence ten.
        """
        self.name = name
        self._module = module
        self._settings: dict[str, dict[str, Any]] = msgspec.to_builtins(dict(settings))
        self._heartbeat_limit_s = heartbeat_limit_s
        self._load_limit_s = load_limit_s
        self._back_off_s = back_off_s
        self._memory_limit_mb = memory_limit_mb
        self._stopping = threading.Event()
        self._work = OpenWork()
        self._saying = threading.Lock()  # of the sink
        self._sink: Sink | None = None
        self._lock = threading.Lock()  # of the child
        self._child: ChildProcess | None = None
        self._owner = threading.Thread(target=self._run, name=f"engine-{name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        with self._lock:
            return self._child.pid if self._child else None

    # ------------------------------------------------------------ Engine

    def open(self, sink: Sink) -> None:
        """See `Engine`."""
        self._sink = sink
        self._owner.start()

    def begin(self, utterance: int, task: Task) -> None:
        """See `Engine`."""
        self._work.add_utterance(utterance)
        if not self._send(Begin(utterance, task)):
            self._work.end_utterance(utterance)

    def feed(self, utterance: int, pcm: bytes) -> None:
        """See `Engine`."""
        for at in range(0, len(pcm), _PIECE_BYTES):
            self._send(Feed(utterance, pcm[at : at + _PIECE_BYTES]))

    def pause(self, utterance: int) -> None:
        """See `Engine`."""
        self._send(Pause(utterance))

    def resume(self, utterance: int) -> None:
        """See `Engine`."""
        self._send(Resume(utterance))

    def finish(self, utterance: int) -> None:
        """See `Engine`."""
        self._send(Finish(utterance))

    def cancel(self, utterance: int) -> None:
        """See `Engine`."""
        self._work.end_utterance(utterance)
        self._send(Cancel(utterance))

    def translate(self, request: str, text: str, task: Task) -> None:
        """See `Engine`. Where there is no process now, the answer is errors."""
        self._work.add_translation(request, task)
        if not self._send(Translate(request, _encodable(text), task)):
            self._answer_requests()

    def speak(self, request: SpeechRequest) -> None:
        """See `Engine`. Where there is no process now, the answer is an error."""
        self._work.add_speech(request)
        if not self._send(Speak(replace(request, text=_encodable(request.text)))):
            self._answer_requests()

    def hush(self, request: str) -> None:
        """See `Engine`."""
        self._send(Hush(request))

    def close(self) -> None:
        """See `Engine`. The process and all that it started are gone then."""
        with self._saying:
            self._sink = None
        with self._lock:
            self._stopping.set()
            if self._child is not None:
                self._child.hang_up()
        if self._owner.is_alive():
            self._owner.join(_CLOSE_S)
        if self._owner.is_alive():
            _LOG.error("engine %s: its process has not ended after %.1f s", self.name, _CLOSE_S)

    # ------------------------------------------------------------ callers' threads

    def _send(self, call: Call) -> bool:
        with self._lock:
            if self._child is None:
                return False
            self._child.send(call)
            return True

    def _say(self, event: EngineEvent) -> None:
        with self._saying:  # so that nothing is said once `close` has begun
            if self._sink is not None:
                self._sink(event)

    def _answer_requests(self) -> None:
        for answer in self._work.answers(f"the engine {self.name} is not running now: try again"):
            self._say(answer)

    # ------------------------------------------------------------ the owner's thread

    def _run(self) -> None:
        pause_s, longest_s = self._back_off_s
        while not self._stopping.is_set():
            began = time.monotonic()
            failure = self._live()
            if self._stopping.is_set():
                return
            _LOG.warning("engine %s: %s", self.name, failure.text)
            self._say(failure)
            self._answer_requests()
            if failure.cure is not Cure.RETRY:
                return
            if time.monotonic() - began > _QUIET_S:
                pause_s = self._back_off_s[0]
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, longest_s)

    def _live(self) -> EngineFailure:
        """Run one child from its start to its end; return what it died of."""
        try:
            child = ChildProcess(self.name, self._module)
        except OSError as error:
            return self._failure("engine_not_started", f"its process cannot be started: {error}")
        self._hold(child)
        failure = None
        try:
            child.send(Start(self._settings))
            failure = self._listen(child)
        except ChannelClosed:
            if child.overflown:
                failure = self._failure("engine_hung", "it reads nothing any more: it is replaced")
        finally:
            self._hold(None)
            # One that has closed its end, or is told to stop, may end by itself; any other has no more to do.
            ended = child.end(_GRACE_S if failure is None else 0.0)
        return failure or self._failure("engine_died", f"its process {ended}: it is started again")

    def _hold(self, child: ChildProcess | None) -> None:
        with self._lock:
            self._child = child
            if child is not None and self._stopping.is_set():
                child.hang_up()

    def _listen(self, child: ChildProcess) -> EngineFailure:
        """Pass on what the child says; return why to end it. Raises `ChannelClosed`."""
        limit_s = self._load_limit_s
        memory: MemoryWatch | None = None
        deadline = time.monotonic() + limit_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                messages = child.channel.receive(min(left_s, LOOK_S))
            except Garbled as error:
                return self._failure("engine_garbled", f"it sent what cannot be understood ({error}): it is replaced")
            for message in messages:
                if isinstance(message, EngineFailure) and message.utterance is None:
                    return message
                if isinstance(message, EngineReady) and memory is None:
                    limit_s = self._heartbeat_limit_s
                    memory = MemoryWatch(self.name, self._memory_limit_mb, partial(own_mb, child.pid))
                if memory is not None and isinstance(message, EngineReady | Alive):
                    deadline = time.monotonic() + limit_s
                if not isinstance(message, Alive):
                    self._pass_on(message)
            if memory is not None and (bloated := memory.look(idle=self._work.is_idle)):
                return self._failure("engine_bloated", bloated)
        return self._failure("engine_hung", f"it gave no sign of life for {limit_s:g} s: it is replaced")

    def _pass_on(self, event: EngineEvent) -> None:
        self._work.answered(event)
        self._say(event)

    def _failure(self, code: str, text: str) -> EngineFailure:
        return EngineFailure(self.name, code, f"engine {self.name}: {text}", Cure.RETRY)


def _encodable(text: str) -> str:
    """Return a text without halves of surrogate pairs, which JSON from the network may hold and UTF-8 cannot."""
    return text.encode(errors="replace").decode()
