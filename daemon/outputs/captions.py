"""Captions on the serial display, and its keys.

Results and the board's changes are turned into the one `Caption` that is to be on the screen; a worker brings the
newest there as fast as the line carries it, and opens the port again whenever it is lost. Nobody waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from daemon.board import Board, PartState, Snapshot
from daemon.events import OutputEvent
from daemon.mailbox import Mailbox
from daemon.outputs.pacing import Checks, Pacer, PageTurner, Retry
from daemon.outputs.panel_advice import PanelAdvice
from daemon.outputs.panel_watch import PanelWatch
from daemon.outputs.story import Story
from daemon.outputs.waker import Waker
from daemon.supervisor import Pulse
from hw.api import Caption, DeviceBusy, DeviceError, DeviceNotFound, KeyEvent, Link, Panel

_LOG = logging.getLogger(__name__)

#: A screen at rest is looked after so often, seconds.
_LOOK_S = 1.0
#: All is sent again so long after a port was opened, seconds, for a panel may have been just starting then (a SerLCD
#: shows its splash for half a second and more); and so often while a key is held, to see whether the panel answers.
_AGAIN_S = 3.0
#: What is not on the screen so long after the stop does not come there, seconds.
_LAST_S = 2.0
_PROBLEM = "display_lost"
_CHARSET, _ROOM = "display_charset", "display_room"


class CaptionsOutput:
    """Shows the utterance that is open, or else the last final, and how the device is.

    `keys` is told what the panel's keys do. `device`, `address` and `broker` are for the first screen, see `Story`;
    `advice` is for what is wrong with the panel.
    """

    def __init__(  # noqa: PLR0913 -- all but what it cannot do without are keywords
        self,
        panel: Panel,
        link: Link,
        board: Board,
        baud: int,
        *,
        device: str = "",
        address: Callable[[], str] = str,
        broker: str | None = None,
        page_s: float = 4.0,
        keys: Callable[[KeyEvent], None] | None = None,
        advice: PanelAdvice | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.waiting: Mailbox[Caption] = Mailbox("captions", capacity=1)
        self._panel = panel
        self._link = link
        self._board = board
        self._clock = clock
        self._pacer = Pacer(baud, clock)
        self._advice = advice or PanelAdvice()
        self._watch = PanelWatch(panel, board, link.name, baud, self._advice, clock)
        self._turner = PageTurner(panel.pages, page_s, clock)
        self._retry = Retry(clock)
        self._checks = Checks(clock)
        self._redraw = threading.Event()
        self._waker = Waker()
        self._keys = keys
        self._held: set[str] = set()
        self._was_there = False
        self._again_at = float("inf")
        self._unfinished = False
        self._checked: tuple[str, tuple[str, ...]] | None = None
        self._changing = threading.Lock()
        self._story = Story(board.snapshot(), device, address, broker)
        self._newest = self._story.caption()
        board.listen(self._board_changed)

    def offer(self, event: OutputEvent) -> None:
        """Take a result. Never waits."""
        with self._changing:
            self._story.tell(event)
            self._publish()

    def clear(self) -> None:
        """Forget what was said, on the screen, too, which is drawn anew. Never waits."""
        with self._changing:
            self._story.clear()
            self._redraw.set()
            self._publish()
        self._waker.wake()

    def identify(self) -> None:
        """Show which device this is until somebody speaks, on a screen drawn anew. Never waits."""
        with self._changing:
            self._story.identify()
            self._redraw.set()
            self._publish()
        self._waker.wake()

    def dim(self, percent: int) -> None:
        """Set the backlight, from the next look at the panel on."""
        self._panel.brightness = percent

    @property
    def replaced(self) -> int:
        """Characters on the screen that stand in for others."""
        return self._panel.replaced

    @property
    def ignored(self) -> int:
        """Bytes heard that are not the panel's protocol."""
        return self._panel.ignored

    @property
    def gauges(self) -> dict[str, Callable[[], float]]:
        """Both, and how often the panel refused what it was sent, for the metrics."""
        return {
            "captions_replaced": lambda: self.replaced,
            "captions_ignored": lambda: self.ignored,
            "captions_refused": lambda: self._panel.refused,
        }

    def wake(self) -> None:
        """End the wait of `run`, for good: nothing is shown any more but what is already waiting."""
        self.waiting.close()
        self._waker.wake()

    def run(self, pulse: Pulse) -> None:
        """Keep the screen up to date until told to stop; for the supervisor."""
        with self._waker:
            try:
                while pulse.beat():
                    self._check_languages()
                    if self._open():
                        self._serve(pulse)
                    if not pulse.wait(self._retry.next_s()):
                        return
            finally:
                self._let_go()
                self._link.close()

    def _board_changed(self, snapshot: Snapshot) -> None:
        with self._changing:
            self._story.board_says(snapshot)
            self._publish()

    def _publish(self) -> None:
        caption = self._story.caption()
        if caption != self._newest:
            self._newest = caption
            self.waiting.put(caption)
            self._waker.wake()

    def _open(self) -> bool:
        try:
            self._link.open()
            self._turner.take(self._newest)
            self._write(self._panel.reset())
        except DeviceError as error:
            self._fault(error)
            return False
        self._unfinished = True
        self._checks = Checks(self._clock)
        self._again_at = self._clock() + _AGAIN_S
        self._retry.opened()
        self._watch.begin()
        self._was_there = True
        self._board.solved(_PROBLEM)
        self._board.part("display", PartState.OK)
        return True

    def _serve(self, pulse: Pulse) -> None:
        """Show what comes, until told to stop or the display fails."""
        try:
            while pulse.wait(self._pacer.wait_s()):
                self._take(self._next())
                self._look_after()
                self._unfinished = self._show()
            self._take(self.waiting.get(0))
            self._finish()
        except DeviceError as error:
            self._fault(error)

    def _finish(self) -> None:
        """Bring what is to be on the screen there, at the pace of the line, too, as far as it gets in a moment."""
        ends_at = self._clock() + _LAST_S
        while self._clock() < ends_at:
            time.sleep(self._pacer.wait_s())
            self._panel.hear(self._link.read())  # for its answers: what its keys do counts no more
            if not self._show():
                return

    def _show(self) -> bool:
        """Send the next piece; return whether there was one, or may be one when the panel has answered."""
        return self._write(self._panel.show(self._turner.current(), self._pacer.piece))

    def _next(self) -> Caption | None:
        """Return the next caption; None where there is something else to do first, or nothing came for a while."""
        self._waker.rest()
        if not (self._unfinished or len(self.waiting) or self._redraw.is_set()):
            self._link.wait(min(_LOOK_S, self._turner.wait_s()), self._waker.fd)
        if self._listen():
            self._pacer.sent(0)  # who talks without end is not listened to more often than a frame goes
        return self.waiting.get(0)

    def _take(self, caption: Caption | None) -> None:
        if caption is None:  # an address comes and goes without a word: the first screen may change
            with self._changing:
                self._publish()
            return
        self._turner.take(caption)
        self._checks.changed()
        self._check_languages()

    def _listen(self) -> bool:
        """Pass on what the panel's keys did; return whether it said anything. A port that is lost shows here."""
        said = self._link.read()
        for event in self._panel.hear(said):
            if event.down:
                self._held.add(event.key)
                self._again_at = min(self._again_at, self._clock() + _AGAIN_S)
            else:
                self._held.discard(event.key)
            self._tell(event)
        return bool(said)

    def _look_after(self) -> None:
        """Have sent again what the panel may have lost."""
        refused = self._watch.look()
        if self._watch.silent:
            self._let_go()
        if refused or self._redraw.is_set():
            self._redraw.clear()
            self._panel.refresh()
        elif self._clock() >= self._again_at:
            self._again_at = self._clock() + _AGAIN_S if self._held else float("inf")
            self._panel.check()
        elif self._checks.due():
            self._panel.check()

    def _tell(self, event: KeyEvent) -> None:
        if self._keys is not None:
            self._keys(event)

    def _let_go(self) -> None:
        """Let every key that is held come up: a panel that is gone cannot say so."""
        while self._held:
            self._tell(KeyEvent(self._held.pop(), down=False))

    def _write(self, data: bytes) -> bool:
        """Send; return whether there was anything to send, or is an answer to wait for, a frame at a time."""
        if data:
            self._link.write(data)
        going_on = bool(data) or self._watch.awaits
        if going_on:
            self._pacer.sent(len(data))
        return going_on

    def _check_languages(self) -> None:
        """Put up a problem where a language has no place on the panel, or none of its characters."""
        snapshot = self._board.snapshot()
        targets = snapshot.targets
        if (snapshot.source, targets) == self._checked:
            return
        self._checked = snapshot.source, targets
        self._board.solved(_CHARSET)
        self._board.solved(_ROOM)
        for lang in lacking(self._panel, snapshot.source, targets):
            text = f"the display has no characters for {lang} and shows it in Latin letters: {self._advice.letters}"
            self._board.problem(_CHARSET, text, about=lang)
        for lang in targets[self._panel.places :]:
            self._board.problem(_ROOM, f"the display has no room for {lang}: {self._advice.room}", about=lang)

    def _fault(self, error: DeviceError) -> None:
        """Say what is wrong; once in the log, however often it is tried again."""
        self._let_go()
        self._link.close()
        self._watch.begin()
        if isinstance(error, DeviceBusy):
            state = PartState.BUSY
        elif isinstance(error, DeviceNotFound) and not self._was_there:
            state = PartState.ABSENT
        else:
            state = PartState.LOST
        if self._board.snapshot().parts["display"] is not state:
            _LOG.warning("display: %s", error)
        self._board.problem(_PROBLEM, f"display: {error}")
        self._board.part("display", state)


def lacking(panel: Panel, source: str, targets: Sequence[str]) -> list[str]:
    """Return the languages that the panel shows without having their characters."""
    shown = [source, *targets] if panel.shows_source(len(targets)) else targets
    return [lang for lang in dict.fromkeys(shown) if not panel.can_show(lang)]
