"""What a panel's own words tell of trouble, on the notice board."""

from __future__ import annotations

from collections.abc import Callable

from daemon.board import Board
from daemon.outputs.panel_advice import PanelAdvice
from daemon.outputs.refusals import Refusals
from daemon.outputs.silence import Silence
from daemon.outputs.stranger import Stranger
from hw.api import Panel

_FOREIGN = "display_foreign"
_REFUSES = "display_refuses"
_SILENT = "display_silent"


class PanelWatch:
    """Sees whether it is the panel that talks at a port, whether it answers, and takes what it is sent.

    `name` and `baud` are the port's, for the texts; `clock` gives seconds.
    """

    def __init__(
        self, panel: Panel, board: Board, name: str, baud: int, advice: PanelAdvice, clock: Callable[[], float]
    ) -> None:
        self._panel = panel
        self._board = board
        self._name = name
        self._baud = baud
        self._advice = advice
        self._stranger = Stranger(clock)
        self._refusals = Refusals(clock)
        self._silence = Silence(clock)
        self._told: set[str] = set()

    def begin(self) -> None:
        """Begin anew: the port was opened, or is gone."""
        self._stranger.opened(self._panel.ignored)
        self._refusals.opened(self._panel.refused)
        self._silence.heard(unanswered=False)
        self._say()

    @property
    def awaits(self) -> bool:
        """Whether an answer may be on its way."""
        return self._panel.unanswered and not self.silent

    @property
    def silent(self) -> bool:
        """Whether an answer has been owed for too long."""
        return self._silence.lasting

    def look(self) -> bool:
        """Take what the panel has said since the last time; return whether all of the screen is to be sent again."""
        self._stranger.heard(self._panel.ignored)
        again = self._refusals.heard(self._panel.refused)
        self._silence.heard(unanswered=self._panel.unanswered)
        self._say()
        return again

    def _say(self) -> None:
        self._put(
            _FOREIGN,
            f"what comes from {self._name} is not what the display says: is it the display's port, and does the "
            f"display have {self._baud} baud (display.baud)?",
            there=self._stranger.talks,
        )
        self._put(
            _REFUSES,
            f"the display does not take part of what it is sent: {self._advice.refusals}",
            there=self._refusals.lasting,
        )
        self._put(
            _SILENT,
            f"the display does not answer at {self._name} with {self._baud} baud: {self._advice.silence}",
            there=self.silent,
        )

    def _put(self, code: str, text: str, *, there: bool) -> None:
        if there and code not in self._told:
            self._told.add(code)
            self._board.problem(code, text)
        elif not there and code in self._told:
            self._told.remove(code)
            self._board.solved(code)
