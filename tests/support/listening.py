"""A bench for the worker that listens: a scripted microphone, and a clock that only the script and the waits move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from types import SimpleNamespace

import pytest

from daemon import listening as module
from daemon.board import Board, PartState
from daemon.events import EndReason, Notice, UtteranceEnded
from daemon.listening import Listening
from daemon.settings import GateSection
from daemon.speaking import Speaking
from daemon.supervisor import Pulse
from hw.api import DeviceLost
from hw.fake import ScriptedMicrophone
from tests.support.sound import frames_of, noise, pcm, voice

SECOND_NS = 1_000_000_000
#: Shorter waits are rests between frames of silence.
SHORTEST_BACK_OFF_S = 0.2
LOST = DeviceLost("the microphone was unplugged; plug it in")
#: Quiet noise, and a voice in the same noise.
QUIET = [frame.pcm for frame in frames_of(pcm(noise(2, -60)))]
VOICE = [frame.pcm for frame in frames_of(pcm(voice(1, -25) + noise(1, -60, seed=2)))]
#: The same voice as an echo canceller may leave it.
LEFT_OVER = [frame.pcm for frame in frames_of(pcm(voice(1, -38) + noise(1, -60, seed=2)))]


class QuickPulse(Pulse):
    """A pulse whose waits pass at once, on the bench's clock."""

    def __init__(self, bench: Bench) -> None:
        super().__init__("gate")
        self.waits = []
        self.rests = []
        self._bench = bench

    def wait(self, seconds: float) -> bool:
        (self.rests if seconds < SHORTEST_BACK_OFF_S else self.waits).append(seconds)
        self._bench.now_ns += round(seconds * SECOND_NS)
        return not self.stopping.is_set()


class BenchClock:
    """The bench's clock, for its microphone."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def now_ns(self) -> int:
        return self._bench.now_ns

    def sleep(self, seconds: float) -> None:
        self._bench.now_ns += round(seconds * SECOND_NS)


class Bench:
    """Runs the worker in the test's own thread; the script stops it when it is over."""

    def __init__(
        self, *, at_open=(), speaking: Speaking | None = None, mode: str = "open", judged: bool = True
    ) -> None:
        self.now_ns = 5_000 * SECOND_NS
        self.heard = []
        self.announced = []
        self.changes = []
        self.board = Board()
        self.board.part("engine", PartState.OK)
        self.board.listen(self.changes.append)
        self.speaking = speaking or Speaking(on_change=self.board.doing, clock=lambda: self.now_ns / SECOND_NS)
        self.pulse = QuickPulse(self)
        self.script = []
        self.microphone = ScriptedMicrophone(self._play(), at_open=at_open, name="mic", clock=BenchClock(self))
        self.listening = Listening(
            self.microphone,
            GateSection(mode=mode),
            self.speaking,
            self.board,
            hear=self.heard.append,
            announce=self.announced.append,
            judged=judged,
        )

    def _play(self) -> Iterator:
        for step in self.script:
            if callable(step):
                step()
            else:
                yield step
        self.pulse.stopping.set()
        yield QUIET[0]

    def run(self, *script) -> Bench:
        """Play frames (lists are played whole), other steps of a microphone's script, and calls."""
        for step in script:
            self.script += step if isinstance(step, list) else [step]
        self.listening.run(self.pulse)
        return self

    def of(self, kind: type) -> list:
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def ends(self) -> list[EndReason]:
        return [event.reason for event in self.of(UtteranceEnded)]

    @property
    def notices(self) -> list[str]:
        return [notice.event_type for notice in self.announced if isinstance(notice, Notice)]

    @property
    def microphone_states(self) -> list[PartState]:
        states = [snapshot.parts["microphone"] for snapshot in self.changes]
        return [state for before, state in pairwise([None, *states]) if state is not before]


def benches(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    """Return a maker of benches, each with a clock of its own."""

    def made(**options) -> Bench:
        bench = Bench(**options)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic_ns=lambda: bench.now_ns))
        return bench

    return made


def later(bench: Bench, seconds: float) -> Callable[[], None]:
    """Return a step of the script in which that time passes."""
    return lambda: BenchClock(bench).sleep(seconds)
