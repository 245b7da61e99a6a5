"""Captions on the serial display.

Results and the board's changes are turned into the one `Caption` that is to be on the screen; a worker brings the
newest there as fast as the line carries it, and opens the port again whenever it is lost. Nobody waits for it.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from daemon.board import Activity, Board, PartState, Snapshot
from daemon.events import Final, Interim, OutputEvent, StableText, Translation, UtteranceDropped
from daemon.mailbox import Mailbox
from daemon.supervisor import Pulse
from hw.api import Caption, CaptionLine, DeviceBusy, DeviceError, DeviceNotFound, Link, Panel

_LOG = logging.getLogger(__name__)

#: A frame is at least so long on the screen, seconds: nobody reads faster.
_FRAME_S = 0.05
#: How often a port at rest is looked at, seconds: unplugging is noticed, and nothing the panel says piles up.
_LOOK_S = 1.0
#: Seconds before a port is opened again: doubled each time, up to the last; forgotten after half a minute of service.
_BACK_OFF_S = (0.5, 10.0)
_QUIET_S = 30.0
#: Bits on the wire for a byte: start, eight, stop.
_BITS_PER_BYTE = 10
_PROBLEM = "display_lost"


class CaptionsOutput:
    """Shows the utterance that is open, or else the last final, and how the device is."""

    def __init__(
        self,
        panel: Panel,
        link: Link,
        board: Board,
        baud: int,
        *,
        device: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.waiting: Mailbox[Caption] = Mailbox("captions", capacity=1)
        self._panel = panel
        self._link = link
        self._board = board
        self._clock = clock
        self._pacer = Pacer(baud, clock)
        self._retry = _Retry(clock)
        self._was_there = False
        self._changing = threading.Lock()
        self._story = Story(board.snapshot(), device)
        self._newest = self._story.caption()
        board.listen(self._board_changed)

    def offer(self, event: OutputEvent) -> None:
        """Take a result. Never waits."""
        with self._changing:
            self._story.tell(event)
            self._publish()

    def wake(self) -> None:
        """End the wait of `run`, for good: nothing is shown any more but what is already waiting."""
        self.waiting.close()

    def run(self, pulse: Pulse) -> None:
        """Keep the screen up to date until told to stop; for the supervisor."""
        try:
            while pulse.beat():
                if self._open():
                    self._serve(pulse)
                if not pulse.wait(self._retry.next_s()):
                    return
        finally:
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

    def _open(self) -> bool:
        try:
            self._link.open()
            self._write(self._panel.reset() + self._panel.show(self._newest))
        except DeviceError as error:
            self._fault(error)
            return False
        self._retry.opened()
        self._was_there = True
        self._board.solved(_PROBLEM)
        self._board.part("display", PartState.OK)
        return True

    def _serve(self, pulse: Pulse) -> None:
        """Show what comes, until told to stop or the display fails."""
        try:
            while pulse.wait(self._pacer.wait_s()):
                self._link.read()  # what a panel says is nobody's business yet, but a lost port shows here
                self._show(self.waiting.get(_LOOK_S))
            self._show(self.waiting.get(0))
        except DeviceError as error:
            self._fault(error)

    def _show(self, caption: Caption | None) -> None:
        if caption is not None:
            self._write(self._panel.show(caption))

    def _write(self, data: bytes) -> None:
        if data:
            self._link.write(data)
            self._pacer.sent(len(data))

    def _fault(self, error: DeviceError) -> None:
        """Say what is wrong; once in the log, however often it is tried again."""
        self._link.close()
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


class Story:
    """What is to be on the screen, from what was told: a pure machine.

    An interim of the open utterance takes the place of the last final, which stays until then; an utterance that is
    dropped leaves the screen, and the last final is back.
    """

    def __init__(self, snapshot: Snapshot, device: str = "") -> None:
        self._snapshot = snapshot
        self._device = device
        self._shown: Interim | Final | None = None
        self._final: Final | None = None
        self._ended = 0

    def tell(self, event: OutputEvent) -> None:
        """Take a result; what is of no concern to a reader is ignored."""
        match event:
            case Interim() if event.utterance > self._ended:  # not one that its own final has overtaken
                self._shown = event
            case Final():
                self._final = event
                self._end(event.utterance)
            case UtteranceDropped():
                self._end(event.utterance)

    def board_says(self, snapshot: Snapshot) -> None:
        """Take how the device is."""
        self._snapshot = snapshot

    def caption(self) -> Caption:
        """Return what is to be on the screen now."""
        status = _status(self._snapshot, self._device)
        targets = self._snapshot.targets
        if self._shown is None:
            return Caption(translations=_lines({}, targets), status=status)
        lines = _lines(self._shown.translations, targets)
        source = _line(self._shown.source_lang, self._shown.source)
        return Caption(source, lines, final=isinstance(self._shown, Final), status=status)

    def _end(self, utterance: int) -> None:
        self._ended = max(self._ended, utterance)
        if not isinstance(self._shown, Interim) or self._shown.utterance <= utterance:
            self._shown = self._final


class Pacer:
    """Says when the line has carried what was sent, so that nothing waits in a buffer and goes stale."""

    def __init__(self, baud: int, clock: Callable[[], float]) -> None:
        self._bytes_per_s = baud / _BITS_PER_BYTE
        self._clock = clock
        self._free_at = clock()

    def sent(self, count: int) -> None:
        """Take note that so many bytes were handed over just now."""
        self._free_at = self._clock() + max(_FRAME_S, count / self._bytes_per_s)

    def wait_s(self) -> float:
        """Return the seconds until the next frame may go."""
        return max(0.0, self._free_at - self._clock())


class _Retry:
    """Jittered back-off, forgotten after the port has served for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = _BACK_OFF_S[0]
        self._opened_at: float | None = None

    def opened(self) -> None:
        self._opened_at = self._clock()

    def next_s(self) -> float:
        if self._opened_at is not None and self._clock() - self._opened_at > _QUIET_S:
            self._next = _BACK_OFF_S[0]
        self._opened_at = None
        limit = self._next
        self._next = min(limit * 2, _BACK_OFF_S[1])
        return limit * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads retries, keeps no secret


def _status(snapshot: Snapshot, device: str) -> str:
    """One line: what the device does or what is wrong, from and into which languages, which device it is."""
    languages = f"{snapshot.source} → {', '.join(snapshot.targets)}" if snapshot.targets else snapshot.source
    quiet = snapshot.problems or snapshot.activity is Activity.STOPPED
    parts = [snapshot.summary, "" if quiet else languages, device]
    return " · ".join(part for part in parts if part)


def _lines(
    translations: Mapping[str, StableText] | Mapping[str, Translation], targets: Iterable[str]
) -> tuple[CaptionLine, ...]:
    """Put the translations in the settings' order; a target that has none yet keeps its place."""
    known: dict[str, StableText | Translation | str] = dict.fromkeys(targets, "")
    known.update(translations)
    return tuple(_line(lang, text) for lang, text in known.items())


def _line(lang: str, text: StableText | Translation | str) -> CaptionLine:
    if isinstance(text, StableText):
        return CaptionLine(lang, text.text, text.stable)
    if isinstance(text, Translation):
        text = f"[{text.error.text}]" if text.error is not None else text.text
    return CaptionLine(lang, text, len(text))
