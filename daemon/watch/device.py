"""One device as a watcher knows it: how it is, what it says, what it said. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

from daemon.watch.gaps import Ask, Closer
from daemon.watch.heard import (
    Answered,
    Gone,
    Heard,
    Interim,
    Newest,
    Presence,
    Said,
    State,
    UtteranceOver,
)
from daemon.watch.sequence import Missing, Sequence

#: Finals that are kept to be shown.
_KEPT = 60
#: Epochs of one device that are followed; an older one's gaps are not closed any more.
_EPOCHS = 4
#: An interim that nothing followed for so long is over, seconds: its device has died, or the network.
_INTERIM_S = 10.0

#: What stands on the screen: a final, or where finals are missing.
Item = Said | Missing


class Device:
    """Takes what a device says. `earlier`: finals from before our time that are wanted; `name`: makes transactions."""

    def __init__(self, name: str, transaction: Callable[[], str], *, earlier: int = 0) -> None:
        self.name = name
        #: Whether the broker says that it is there; None: it has said nothing.
        self.online: bool | None = None
        self.state: State | None = None
        self.interim: Interim | None = None
        #: What was said, in order, the newest last.
        self.items: deque[Item] = deque(maxlen=_KEPT)
        #: When it was heard last, CLOCK_MONOTONIC, seconds.
        self.heard_at = 0.0
        self._earlier = earlier
        self._interim_at = 0.0
        self._sequences: dict[str, Sequence] = {}
        self._closer = Closer(name, transaction)
        self._fresh: list[Item] = []

    @property
    def waiting(self) -> list[Said]:
        """Finals that came and wait for earlier ones."""
        return [said for sequence in self._sequences.values() for said in sequence.waiting]

    @property
    def gap(self) -> int:
        """Finals that are known to be missing and are being asked for."""
        gaps = (sequence.gap for sequence in self._sequences.values())
        return sum(gap[1] - gap[0] + 1 for gap in gaps if gap)

    def fresh(self) -> list[Item]:
        """Return, once, what has become readable since the last call, in order."""
        fresh, self._fresh = self._fresh, []
        return fresh

    # -------------------------------------------------------------- what it says

    def take(self, heard: Heard, now: float, *, stored: bool) -> None:
        """Take a message. `stored`: the broker had it from before we came; `now`: CLOCK_MONOTONIC, seconds."""
        if isinstance(heard, Said):
            self._take_final(heard, now)
        elif isinstance(heard, Interim):
            self.interim, self._interim_at, self.heard_at = heard, now, now
        elif isinstance(heard, Answered):
            self._note(self._closer.answered(heard, now))
        else:
            self._take_standing(heard, stored=stored)
        self._release()

    def _take_standing(self, heard: Presence | State | Newest | UtteranceOver | Gone, *, stored: bool) -> None:
        if isinstance(heard, Presence):
            self.online = heard.online
            self.interim = self.interim if heard.online else None
        elif isinstance(heard, State):
            self.state = heard
            self._sequence(heard.epoch, stored=stored).tell(heard.final_seq, stored=stored)
        elif isinstance(heard, Newest):
            self._sequence(heard.epoch, stored=stored).tell(heard.seq, stored=stored)
        elif isinstance(heard, UtteranceOver):
            self._over(heard.utterance)
        elif heard.epoch in self._sequences:
            self._sequences[heard.epoch].lose(heard.from_seq, heard.to_seq)

    def _take_final(self, said: Said, now: float) -> None:
        if not said.again:
            self.heard_at = now
            self._over(said.utterance)
        elif said.epoch not in self._sequences:
            return  # somebody else asked for what was said before our time
        sequence = self._sequence(said.epoch, stored=False)
        sequence.take(said)
        self._release()
        while said.again and (missing := self._closer.came(said)):
            self._note(missing)
            self._release()

    def _over(self, utterance: int) -> None:
        if self.interim is not None and self.interim.utterance <= utterance:
            self.interim = None

    def _sequence(self, epoch: str, *, stored: bool) -> Sequence:
        """Return an epoch's sequence. All of one that began while we watched is news."""
        if epoch not in self._sequences:
            watched = any(known.settled or not stored for known in self._sequences.values())
            self._sequences[epoch] = Sequence(epoch, settled=watched, earlier=self._earlier)
            while len(self._sequences) > _EPOCHS:
                self._give_up(next(iter(self._sequences)))
        return self._sequences[epoch]

    def _give_up(self, epoch: str) -> None:
        oldest = self._sequences[epoch]
        while (gap := oldest.gap) is not None:
            self._note(oldest.pass_over(gap[1], "a newer epoch began"))
            self._release()
        del self._sequences[epoch]
        self._closer.rest()

    # -------------------------------------------------------------- closing gaps

    def advance(self, now: float) -> Iterator[Ask]:
        """Yield what is to be asked of the device now; give up what cannot be had."""
        if self.interim is not None and now - self._interim_at > _INTERIM_S:
            self.interim = None
        while (sequence := self._with_gap()) is not None:
            reachable = self.online is not False
            ask, missing = self._closer.advance(sequence, now, waiting=len(self.waiting), reachable=reachable)
            self._note(missing)
            self._release()
            if ask is not None:
                yield ask
            if missing is None:
                return
        self._closer.rest()

    def refused(self, ask: Ask, why: str) -> None:
        """Take note that the broker does not pass a request on."""
        self._note(self._closer.refused(ask, why))
        self._release()

    def reconnected(self) -> None:
        """Count as news whatever the broker has stored: it came while we were away."""
        for sequence in self._sequences.values():
            sequence.settled = True

    def disconnected(self) -> None:
        """Take note that nothing is heard of it any more."""
        self.interim = None
        self._closer.rest()

    def _with_gap(self) -> Sequence | None:
        return next((sequence for sequence in self._sequences.values() if sequence.gap), None)

    def _release(self) -> None:
        """Let go of what has no gap before it; an epoch waits for the one before."""
        for sequence in self._sequences.values():
            for said in sequence.release():
                self._note(said)
            if sequence.gap:
                return

    def _note(self, item: Item | None) -> None:
        if item is not None:
            self.items.append(item)
            self._fresh.append(item)
