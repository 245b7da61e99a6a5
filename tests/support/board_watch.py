"""Waits for what the notice board says."""

from __future__ import annotations

import threading

from daemon.board import Board, PartState, Snapshot


class PartWatch:
    """Remembers every state that a part went through, so that none is missed however short it was."""

    def __init__(self, board: Board, part: str) -> None:
        self.snapshots: list[Snapshot] = []
        self._part = part
        self._seen = 0
        self._changed = threading.Condition()
        board.listen(self._note)

    def wait_for(self, state: PartState, deadline_s: float = 20.0) -> Snapshot:
        """Wait until the part is so, or has been since the last call; return the board as it was then."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._next(state) is not None, deadline_s):
                raise TimeoutError(f"{self._part} was not {state} within {deadline_s} s")
            found = self._next(state)
            self._seen = found + 1
            return self.snapshots[found]

    def _next(self, state: PartState) -> int | None:
        later = range(self._seen, len(self.snapshots))
        return next((at for at in later if self.snapshots[at].parts[self._part] is state), None)

    def _note(self, snapshot: Snapshot) -> None:
        # Called with the board's lock held: what waits must not ask the board.
        with self._changed:
            self.snapshots.append(snapshot)
            self._changed.notify_all()
