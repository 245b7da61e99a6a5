"""When a turn is late, and how fast its sound may go out. Pure: the time comes in as an argument, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault

#: So much sound of a turn may go out at once, as with the service's own client, seconds.
BURST_S = 5.0


@dataclass(slots=True)
class TurnClock:
    """The deadlines of one turn."""

    where: str
    deadlines: Deadlines
    _asked: float | None = None
    _started: bool = False
    _complete: bool = False
    #: The oldest thing that we said since the server last said something.
    _unanswered: float | None = None

    def said(self, now: float) -> None:
        """Something of the turn went out."""
        if self._asked is None:
            self._asked = now
        if self._unanswered is None:
            self._unanswered = now

    def completed(self, now: float) -> None:
        """Take note that the sound is complete."""
        self._complete = True
        self._unanswered = now

    def heard(self, now: float, *, started: bool) -> None:
        """Take note that the server said something of the turn."""
        self._started = self._started or started
        self._unanswered = now if self._complete else None

    def due(self) -> tuple[float, ServiceFault] | None:
        """Return the moment at which the server is late, and what to say then."""
        deadlines = self.deadlines
        if self._asked is None:
            return None
        if not self._started:
            return self._late(self._asked, deadlines.turn_start_s, "turn_start_timeout", "did not take the utterance")
        if self._unanswered is None:
            return None
        if self._complete:
            return self._late(self._unanswered, deadlines.turn_end_s, "turn_end_timeout", "did not finish")
        return self._late(self._unanswered, deadlines.silence_s, "server_silent", "said nothing while sound went out")

    def _late(self, since: float, within_s: float, code: str, what: str) -> tuple[float, ServiceFault]:
        return since + within_s, ServiceFault(code, f"{self.where} {what} within {within_s:g} s")


@dataclass(slots=True)
class Pace:
    """Lets a turn's sound out at most so many times faster than it was spoken, after the first seconds."""

    speed: float
    began: float

    def wait_s(self, now: float, sent_s: float) -> float:
        """Return how long to wait before more goes out, when so many seconds of sound have."""
        return max(0.0, (sent_s - BURST_S) / self.speed - (now - self.began))
