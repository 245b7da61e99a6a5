"""How the device is, kept on the retained ``state`` topic; and how the outbox is, kept on the board."""

from __future__ import annotations

from collections.abc import Callable

from daemon.board import Board, PartState, Snapshot
from daemon.mqtt import payloads, topics
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.outbox import Outbox

_OUTBOX_PROBLEMS = {PartState.VOLATILE: "outbox_volatile", PartState.FULL: "outbox_full"}


class Standing:
    """Renews ``state`` when something in it has changed. `final_seq_s`: how soon when only `final_seq` has."""

    def __init__(
        self,
        board: Board,
        outbox: Outbox,
        delivery: Delivery,
        *,
        boot: str,
        config_rev: Callable[[], int],
        final_seq_s: float,
    ) -> None:
        self._board = board
        self._outbox = outbox
        self._delivery = delivery
        self._boot = boot
        self._config_rev = config_rev
        self._final_seq_s = final_seq_s
        self._said: tuple[Snapshot, int, str, int] | None = None
        self._due_at = 0.0
        self._ends = False

    def stop(self) -> None:
        """Wait no more from now on, where only `final_seq` has changed: the last ``state`` stays."""
        self._ends = True

    def tell_board(self) -> None:
        """Put the outbox's state on the board. One that the settings keep in memory is no problem."""
        self._board.part("outbox", self._outbox.state)
        wanted = _OUTBOX_PROBLEMS.get(self._outbox.state) if self._outbox.limits.hours > 0 else None
        for code in _OUTBOX_PROBLEMS.values():
            if code == wanted:
                self._board.problem(code, self._outbox.trouble)
            else:
                self._board.solved(code)

    def tell_network(self, now: float) -> None:
        """Publish ``state`` if it has changed. `now`: CLOCK_MONOTONIC, seconds."""
        board = self._board.snapshot()
        said = (board, self._config_rev(), self._outbox.epoch, self._outbox.seq)
        only_seq = self._said is not None and said[:3] == self._said[:3]
        if said == self._said or (only_seq and now < self._due_at and not self._ends):
            return
        self._said, self._due_at = said, now + self._final_seq_s
        _board, config_rev, epoch, final_seq = said
        state = payloads.state(board, config_rev=config_rev, epoch=epoch, final_seq=final_seq, boot=self._boot)
        self._delivery.retain(topics.STATE, state)
