"""The notice board: how each part is, what is wrong, what the device is doing. Everybody may write, outputs read.

It is what the retained `state` topic, the display's status line, `STATUS=` and `dragoman doctor` are made from.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum


class Activity(StrEnum):
    """What the device does, in the order of the contract."""

    STARTING = "starting"
    LISTENING = "listening"
    HEARING = "hearing"
    SPEAKING = "speaking"
    MUTED = "muted"
    DEGRADED = "degraded"
    STOPPED = "stopped"


class PartState(StrEnum):
    """How a part is."""

    OK = "ok"
    ABSENT = "absent"  # not configured, or not there
    LOST = "lost"  # it was there
    BUSY = "busy"
    FULL = "full"
    VOLATILE = "volatile"
    FAILED = "failed"
    LOADING = "loading"


PARTS = ("microphone", "engine", "display", "speaker", "outbox")
#: What is said instead of "listening", which would not be true, while only who holds a key is heard and none is held.
_WAITS = "hold to talk"
#: Parts whose trouble makes the device `degraded`; the others are only reported.
_NEEDED = ("microphone", "engine")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should know. `since` is RFC 3339 UTC."""

    code: str
    since: str
    detail: str
    #: What of several it is about: a language, a worker; often empty.
    about: str = ""
    #: Whether the settings say that the owner knows and wants it so: it is told, but raises no alarm.
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The board at one moment."""

    activity: Activity
    since: str
    muted: bool
    source: str
    targets: tuple[str, ...]
    engine: str
    parts: dict[str, PartState]
    problems: tuple[Problem, ...]
    #: Two languages that are spoken by turns; empty: only `source`.
    conversation: tuple[str, ...] = ()
    #: Whether a key has to be held to be heard, and none is. The activity is `listening` all the same: it is ready.
    wants_key: bool = False

    @property
    def waits_for_key(self) -> bool:
        """Whether nothing but holding a key is lacking for it to hear."""
        return self.wants_key and self.activity is Activity.LISTENING

    @property
    def trouble(self) -> Problem | None:
        """The newest problem that the owner has not accepted."""
        unwanted = (problem for problem in self.problems if not problem.accepted)
        return max(unwanted, key=lambda problem: problem.since, default=None)

    @property
    def summary(self) -> str:
        """One line for a person: the activity, or the newest trouble."""
        doing = _WAITS if self.waits_for_key else str(self.activity)
        return f"{doing}: {self.trouble.detail}" if self.trouble else doing


def utc_now() -> str:
    """Return the wall clock as the contract writes it: RFC 3339, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Board:
    """Thread-safe. Listeners are called after each change, in the changing thread: they only put into a mailbox."""

    def __init__(self, source: str = "", targets: tuple[str, ...] = (), clock: Callable[[], str] = utc_now) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._listeners: list[Callable[[Snapshot], None]] = []
        self._doing = Activity.STARTING
        self._problems: dict[tuple[str, str], Problem] = {}
        parts = dict.fromkeys(PARTS, PartState.ABSENT)
        self._now = Snapshot(
            Activity.STARTING, clock(), muted=False, source=source, targets=targets, engine="", parts=parts, problems=()
        )

    def listen(self, listener: Callable[[Snapshot], None]) -> None:
        """Call `listener` with each new snapshot from now on."""
        with self._lock:
            self._listeners.append(listener)

    def snapshot(self) -> Snapshot:
        """Return how everything is now."""
        with self._lock:
            return self._now

    def doing(self, activity: Activity) -> None:
        """Say what the device does; `muted` and `degraded` follow from the rest and need not be said.

        What has stopped stays so: the parts still end what they were at, one after the other.
        """
        with self._lock:
            if self._doing is not Activity.STOPPED:
                self._doing = activity
            self._change()

    def part(self, name: str, state: PartState) -> None:
        """Say how a part is."""
        if name not in PARTS:
            raise ValueError(f"no part {name!r}: one of {', '.join(PARTS)}")
        with self._lock:
            self._change(parts=self._now.parts | {name: state})

    def problem(self, code: str, detail: str, about: str = "", *, accepted: bool = False) -> None:
        """Put up a problem; the same code and `about` again keeps its time and renews its text."""
        with self._lock:
            known = self._problems.get((code, about))
            since = known.since if known else self._clock()
            self._problems[code, about] = Problem(code, since, detail, about, accepted)
            self._change(problems=tuple(self._problems.values()))

    def solved(self, code: str, about: str | None = None) -> None:
        """Take a problem down; without `about` all of that code."""
        with self._lock:
            gone = [key for key in self._problems if key[0] == code and about in (None, key[1])]
            for key in gone:
                del self._problems[key]
            if gone:
                self._change(problems=tuple(self._problems.values()))

    def serving(
        self, *, source: str, targets: tuple[str, ...], engine: str, conversation: tuple[str, ...] = ()
    ) -> None:
        """Say what is translated into what, by which engine."""
        with self._lock:
            self._change(source=source, targets=targets, engine=engine, conversation=conversation)

    def mute(self, *, muted: bool) -> None:
        """Say whether the microphone is muted."""
        with self._lock:
            self._change(muted=muted)

    def want_key(self, *, wanted: bool) -> None:
        """Say whether a key has to be held to be heard, and none is."""
        with self._lock:
            self._change(wants_key=wanted)

    def _change(self, **changes: object) -> None:
        candidate = replace(self._now, **changes)  # type: ignore[arg-type] # names checked by the callers above
        activity = self._activity(candidate)
        since = self._now.since if activity is self._now.activity else self._clock()
        candidate = replace(candidate, activity=activity, since=since)
        if candidate == self._now:
            return
        self._now = candidate
        for listener in self._listeners:
            listener(candidate)

    def _activity(self, candidate: Snapshot) -> Activity:
        fixed = (Activity.STARTING, Activity.STOPPED)
        if self._doing in fixed:
            return self._doing
        if candidate.muted and self._doing is not Activity.SPEAKING:
            return Activity.MUTED
        unwell = any(candidate.parts[part] not in (PartState.OK, PartState.LOADING) for part in _NEEDED)
        return Activity.DEGRADED if unwell and self._doing is Activity.LISTENING else self._doing
