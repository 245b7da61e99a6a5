"""A bench for the output that speaks: its worker on a speaker that records."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from daemon.board import Board
from daemon.events import SynthesizedSpeech
from daemon.outputs.speech import SpeechOutput
from daemon.settings import SpeakerSection
from daemon.speaking import Speaking
from daemon.supervisor import Supervisor
from hw.fake import RecordingSpeaker

DEADLINE_S = 10.0
RATE_HZ = 22_050


def block(text: str, sound: bytes = b"", *, last: bool = False, error: str = "") -> SynthesizedSpeech:
    """Return a piece of a text's speech."""
    return SynthesizedSpeech(text, "es", sound, RATE_HZ, last=last, error=error)


class WatchedSpeaking(Speaking):
    """Knows when the word has been asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.asked = threading.Event()
        super().__init__(clock=lambda: self.now)

    def take(self, patience_s, give_up) -> bool:
        self.asked.set()
        return super().take(patience_s, give_up)


class WatchedSpeaker(RecordingSpeaker):
    """Knows when something has been written, and whether the gate was deaf at each start, each write and the end."""

    def __init__(self, speaking: Speaking, at_start=()) -> None:
        super().__init__(at_start=at_start)
        self.wrote = threading.Event()
        self.deaf_at_start = []
        self.deaf = []
        self._speaking = speaking

    def start(self, rate_hz: int) -> None:
        self.deaf_at_start.append(self._speaking.is_deaf_at(self._speaking.now))
        super().start(rate_hz)

    def write(self, pcm: bytes) -> None:
        self.deaf.append(self._speaking.is_deaf_at(self._speaking.now))
        super().write(pcm)
        self.wrote.set()

    def finish(self) -> bool:
        self.deaf.append(self._speaking.is_deaf_at(self._speaking.now))
        return super().finish()


class Bench:
    """The output in its worker, on a recording speaker."""

    def __init__(self, *, at_first=None, at_start=(), **settings) -> None:
        """`at_first`: what the look for the speaker raises; `at_start`: what each text's start does."""
        self.board = Board()
        self.speaking = WatchedSpeaking()
        self.speaker = WatchedSpeaker(self.speaking, [at_first, *at_start])
        self.cuts = []
        self._changed = threading.Condition()
        self._finished = []
        section = SpeakerSection(**{"volume": 1.0, **settings})
        self.output = SpeechOutput(
            self.speaker, section, self.speaking, self.board, announce=self._announce, cut=self.cuts.append
        )
        self.supervisor = Supervisor()
        looked = threading.Event()
        self.board.listen(lambda _snapshot: looked.set())
        self.supervisor.start("speech", self.output.run, wake=self.output.wake)
        assert looked.wait(DEADLINE_S)
        self.speaker.deaf.clear()

    def _announce(self, notice) -> None:
        assert notice.event_type == "speech_finished"
        with self._changed:
            self._finished.append(notice.fields)
            self._changed.notify_all()

    def offer(self, *blocks: SynthesizedSpeech) -> None:
        for one in blocks:
            self.output.offer(one)

    @property
    def deaf(self) -> bool:
        """Whether the gate is deaf now."""
        return self.speaking.is_deaf_at(self.speaking.now)

    def whole(self, *texts: str) -> None:
        """Offer texts whose sound is their name, each complete."""
        for text in texts:
            self.offer(block(text, text.encode()), block(text, last=True))

    def finished(self, count: int) -> list[dict]:
        """Wait until so many texts are finished; return what was said of them."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._finished) >= count, DEADLINE_S), self._finished
            return list(self._finished)

    def outcome(self, count: int) -> dict[str, tuple[bool, str]]:
        return {fields["id"]: (fields["spoken"], fields["reason"]) for fields in self.finished(count)}


@contextlib.contextmanager
def benches() -> Iterator[Callable[..., Bench]]:
    """Give a maker of benches, which end with the `with` block."""
    made = []

    def maker(**options) -> Bench:
        made.append(Bench(**options))
        return made[-1]

    yield maker
    for bench in made:
        assert bench.supervisor.stop(DEADLINE_S) == []
