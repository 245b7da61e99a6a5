"""When the display gets what: no faster than its line carries it, page after page, and again after a loss."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from hw.api import Caption

#: A frame is at least so long on the screen, seconds: nobody reads faster.
_FRAME_S = 0.05
#: Seconds before a port is opened again: doubled each time, up to the last; forgotten after half a minute of service.
_BACK_OFF_S = (0.5, 10.0)
_QUIET_S = 30.0
#: A panel that may have lost its power alone is looked after so often, seconds, when a caption has stood for a while.
_CHECK_S, _STOOD_S = 60.0, 3.0
#: Bits on the wire for a byte: start, eight, stop.
_BITS_PER_BYTE = 10
#: Shortest piece that is worth a frame, bytes: a move and some characters.
_PIECE_MIN = 16


class Pacer:
    """Says when the line has carried what was sent, so that nothing waits in a buffer and goes stale."""

    def __init__(self, baud: int, clock: Callable[[], float]) -> None:
        self._bytes_per_s = baud / _BITS_PER_BYTE
        self._clock = clock
        self._free_at = clock()

    @property
    def piece(self) -> int:
        """Bytes that the line carries in one frame: longer ones would keep a newer caption waiting."""
        return max(_PIECE_MIN, int(self._bytes_per_s * _FRAME_S))

    def sent(self, count: int) -> None:
        """Take note that so many bytes were handed over just now."""
        self._free_at = self._clock() + max(_FRAME_S, count / self._bytes_per_s)

    def wait_s(self) -> float:
        """Return the seconds until the next frame may go."""
        return max(0.0, self._free_at - self._clock())


class PageTurner:
    """Shows a final that is longer than the screen page after page, and round again; anything else by its newest part.

    `pages` counts those of a caption; each stays for `page_s` seconds.
    """

    def __init__(self, pages: Callable[[Caption], int], page_s: float, clock: Callable[[], float]) -> None:
        self._pages = pages
        self._page_s = page_s
        self._clock = clock
        self._caption = Caption()
        self._count = 1
        self._began_at = clock()

    def take(self, caption: Caption) -> None:
        """Show this caption from now on. If nothing but its status is new, the page stays."""
        if replace(caption, status="") != replace(self._caption, status=""):
            self._began_at = self._clock()
        self._caption = caption
        self._count = self._pages(caption) if caption.final else 1

    def current(self) -> Caption:
        """Return the caption with the page that is to be on the screen now."""
        if self._count == 1:
            return self._caption
        return replace(self._caption, page=int((self._clock() - self._began_at) / self._page_s) % self._count)

    def wait_s(self) -> float:
        """Return the seconds until the next page, without end where there is but one."""
        if self._count == 1:
            return float("inf")
        return self._page_s - (self._clock() - self._began_at) % self._page_s


class Checks:
    """Says when a panel is to be looked after that may have lost its power while its port stayed open."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._checked_at = self._changed_at = clock()

    def changed(self) -> None:
        """Take note that there is another caption."""
        self._changed_at = self._clock()

    def due(self) -> bool:
        """Return whether it is time; if so, the next time is a minute later."""
        now_s = self._clock()
        if now_s - self._checked_at < _CHECK_S or now_s - self._changed_at < _STOOD_S:
            return False
        self._checked_at = now_s
        return True


class Retry:
    """Jittered back-off, forgotten after the port has served for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = _BACK_OFF_S[0]
        self._opened_at: float | None = None

    def opened(self) -> None:
        """Take note that the port is open."""
        self._opened_at = self._clock()

    def next_s(self) -> float:
        """Return the seconds to wait before it is opened again."""
        if self._opened_at is not None and self._clock() - self._opened_at > _QUIET_S:
            self._next = _BACK_OFF_S[0]
        self._opened_at = None
        limit = self._next
        self._next = min(limit * 2, _BACK_OFF_S[1])
        return limit * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads retries, keeps no secret
