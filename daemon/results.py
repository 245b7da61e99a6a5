"""What the outputs get to know of utterances: interims at a bearable pace, then one final or one drop."""

from __future__ import annotations

from collections.abc import Callable

from daemon.engines.base import EngineFinal, EngineHypothesis
from daemon.events import DropReason, Final, Notice, OutputEvent, UtteranceDropped
from daemon.held import HeldUtterance

#: Contract: at most four interims a second.
INTERIM_PERIOD_S = 0.25
_INTERIM_PERIOD_NS = round(INTERIM_PERIOD_S * 1_000_000_000)


class Results:
    """See the module. One thread, the streaming client's, uses it."""

    def __init__(self, publish: Callable[[OutputEvent], None], clock_ns: Callable[[], int]) -> None:
        self._publish = publish
        self._clock_ns = clock_ns
        #: The newest hypothesis, while it is too early to show it.
        self._newest: tuple[HeldUtterance, EngineHypothesis] | None = None
        self._shown_ns = -_INTERIM_PERIOD_NS
        #: Sound lost in utterances without a final, milliseconds: the next final tells of it.
        self._untold_gap_ms = 0

    @property
    def waiting(self) -> bool:
        """Whether a hypothesis waits to be shown."""
        return self._newest is not None

    def hypothesis(self, held: HeldUtterance, event: EngineHypothesis) -> None:
        """Have a hypothesis shown as soon as it may be, unless a newer one comes before."""
        self._newest = held, event

    def show_newest(self) -> None:
        """Show what waits, unless an interim was shown just now."""
        now_ns = self._clock_ns()
        if self._newest is None or now_ns - self._shown_ns < _INTERIM_PERIOD_NS:
            return
        held, event = self._newest
        self._newest = None
        interim = held.interim(event, now_ns)
        if interim is not None:
            self._shown_ns = now_ns
            self._publish(interim)

    def final(self, held: HeldUtterance, event: EngineFinal, engine: str) -> Final:
        """Publish the final that an engine's result makes of an utterance; return it."""
        self._show_no_more(held)
        final = held.final(event, engine, self._clock_ns(), self._untold_gap_ms)
        self._untold_gap_ms = 0
        self._publish(final)
        return final

    def nothing(self, held: HeldUtterance, rejected: str) -> None:
        """Say that nothing was said, or why what the engine heard is nothing."""
        if rejected:
            self._publish(Notice("rejected", {"utterance": held.number, "reason": rejected}))
        self.drop(held, DropReason.REJECTED if rejected else DropReason.NO_SPEECH)

    def drop(self, held: HeldUtterance, reason: DropReason) -> None:
        """Say that there will be no final, unless nobody was shown anything and nothing was said."""
        self._show_no_more(held)
        if reason is not DropReason.WITHDRAWN:  # of those the gate tells again, with the next
            self._untold_gap_ms += held.gap_ms
        unseen = held.revision == 0 and reason in (DropReason.NO_SPEECH, DropReason.WITHDRAWN)
        if not unseen:
            self._publish(UtteranceDropped(held.number, reason))

    def _show_no_more(self, held: HeldUtterance) -> None:
        if self._newest is not None and self._newest[0] is held:
            self._newest = None
