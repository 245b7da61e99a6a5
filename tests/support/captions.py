"""The captions worker on a recording link, the panel at its other end, and what there is to be shown."""

from __future__ import annotations

import threading
from typing import Any

from daemon.board import Board
from daemon.events import DropReason, Final, Interim, StableText, Translation, UtteranceDropped
from daemon.outputs.captions import CaptionsOutput
from daemon.supervisor import Supervisor
from hw.api import Panel
from hw.displays import vt100
from hw.fake import RecordingLink
from tests.support.board_watch import PartWatch
from tests.support.screen import blank_terminal

COLUMNS, ROWS = 40, 8
DEADLINE_S = 20.0


def interim(utterance: int, text: str, es: str = "", revision: int = 1) -> Interim:
    """Return an interim of which nothing is stable."""
    return Interim(utterance, revision, "en-US", StableText(text, 0), {"es": StableText(es, 0)})


def final(utterance: int, text: str, es: str = "") -> Final:
    """Return a final with its Spanish translation."""
    translations = {"es": Translation(es)}
    return Final(utterance, "en-US", text, translations, 1.0, 0.0, 1.0, "device", None, 0, 0)


def dropped(utterance: int) -> UtteranceDropped:
    """Return the end of an utterance in which nothing was said."""
    return UtteranceDropped(utterance, DropReason.NO_SPEECH)


class World:
    """A captions worker on a recording link."""

    def __init__(
        self, board: Board, link: RecordingLink, baud: int = 115_200, panel: Panel | None = None, **more: Any
    ) -> None:
        self.board = board
        self.link = link
        panel = panel or vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS))
        self.output = CaptionsOutput(panel, link, board, baud, device="pocket", **more)
        self.deaths: list[tuple[str, str | None]] = []
        self.supervisor = Supervisor(lambda name, error: self.deaths.append((name, error)))
        self.display = PartWatch(board, "display")

    def start(self) -> None:
        self.supervisor.start("captions", self.output.run, wake=self.output.wake)

    def stop(self) -> None:
        assert self.supervisor.stop(DEADLINE_S) == []
        assert self.deaths == []

    def screen(self) -> list[str]:
        screen, stream = blank_terminal(COLUMNS, ROWS)
        stream.feed(bytes(self.link.written))
        return [line.rstrip() for line in screen.display]


class Wire:
    """A recording link's other end: a panel that reads, and says when something is on its screen."""

    def __init__(self, link: RecordingLink, screen: Any) -> None:
        self.screen = screen
        self.writes: list[int] = []
        self._changed = threading.Condition()
        link.answer = self._read

    def _read(self, data: bytes) -> bytes:
        with self._changed:
            self.writes.append(len(data))
            answer = self.screen.feed(data)
            self._changed.notify_all()
        return answer

    def change(self, screen: Any) -> None:
        """Have another panel there from now on."""
        with self._changed:
            self.screen = screen

    def wait_for(self, *texts: str, whole: bool = False) -> None:
        """Wait until these texts are on the screen, and, for a `whole` one, the end of a status that fills its line."""

        def there() -> bool:
            shown = self.screen.text
            return all(text in shown for text in texts) and (not whole or len(shown.split("\n")[-1]) >= 20)

        with self._changed:
            assert self._changed.wait_for(there, DEADLINE_S), self.screen.text
