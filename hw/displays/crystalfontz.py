"""Crystalfontz' intelligent displays with keys: CFA-633, CFA-635, CFA-735, CFA-835, over their packets.

A packet is type, length (at most 22), data and a CRC-16, the low byte first: the polynomial of X.25, reflected (8408),
begun with FFFF and inverted. The display answers each with its type and 40, or C0 where it refuses, and reports keys
by packets of type 80 (CFA-635 data sheet, "Host communications"). What it got damaged it does not answer: so a packet
goes when the one before is answered, and again where that has not come in the quarter of a second that it may take.
115200 baud over USB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hw.api import Caption, KeyEvent
from hw.grid import Change, CharacterPanel, Difference, spans
from hw.options import option
from hw.roms import A00, CFA635, ELLIPSIS_GLYPH

_CLEAR, _SET_GLYPH, _CURSOR_STYLE, _BACKLIGHT, _REPORT_KEYS, _WRITE = 6, 9, 12, 14, 23, 31
_DATA_MAX = 22
#: Bytes of a packet around its data: type, length, CRC.
_AROUND = 4
_KEY_ACTIVITY = 0x80
_ANSWER, _REFUSED = 0x40, 0xC0
#: So many looks for an answer take a quarter of a second: nobody looks twice in one frame of 50 ms.
_LOOKS = 5
#: A packet is sent so often; one that is not answered then may have left the screen in any state.
_TRIES = 2
_KEYS = ("up", "down", "left", "right", "enter", "exit")
_ALL_KEYS = 0b111111
#: A packet more costs as much as writing so many unchanged characters.
_CHEAP_GAP = 8
#: Model → columns, rows, characters.
_MODELS = {"633": (16, 2, A00), "635": (20, 4, CFA635), "735": (20, 4, CFA635), "835": (20, 4, CFA635)}


@dataclass(frozen=True, slots=True)
class Settings:
    """Which of them it is."""

    model: str = option("635", "Model: CFA-633, CFA-635, CFA-735 or CFA-835.", choices=tuple(_MODELS))
    answers: bool = option(default=True, doc="Its TX is connected, so that its silence is a fault.")


SETTINGS = Settings
#: What its keys are called, and how that is told.
KEYS = "|".join(_KEYS), ", ".join(_KEYS)


class Crystalfontz(CharacterPanel):
    """The panel."""

    alone = True

    def __init__(self, columns: int, rows: int, codes: dict[str, int], *, answers: bool) -> None:
        super().__init__(columns, rows, codes | {char: number for number, char in enumerate(ELLIPSIS_GLYPH)})
        self._heard = bytearray()
        self._answers = answers
        #: What is to be answered, how often it was sent, and how often the answer was looked for since.
        self._owed, self._tried, self._looked = b"", 0, 0

    def hear(self, data: bytes) -> list[KeyEvent]:
        """Return what the keys did; count refused packets."""
        self._heard += data
        events = []
        for kind, content in self._packets():
            if kind == _KEY_ACTIVITY and len(content) == 1 and 1 <= content[0] <= 2 * len(_KEYS):
                up, key = divmod(content[0] - 1, len(_KEYS))
                events.append(KeyEvent(_KEYS[key], down=not up))
            elif kind & _ANSWER:
                self.refused += kind & _REFUSED == _REFUSED
                self._answered(kind & ~_REFUSED)
        self._looked += 1
        return events

    def _answered(self, kind: int) -> None:
        if self._owed[:1] == bytes([kind]):
            self._owe(b"")

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        """Take the whole packets out of what was heard; what cannot begin one is counted and left out.

        A packet of which a part was lost would wait for bytes of the next: so it ends where a whole one begins.
        """
        while (found := self._first_whole()) is not None:
            begin, end = found
            frame = bytes(self._heard[begin:end])
            self._pass_over(begin)
            del self._heard[: end - begin]
            yield frame[0], frame[2:-2]
        may_begin = (at for at in range(len(self._heard)) if self._may_begin(at))
        self._pass_over(next(may_begin, len(self._heard)))

    def _first_whole(self) -> tuple[int, int] | None:
        for begin in range(len(self._heard) - _AROUND + 1):
            end = begin + _AROUND + self._heard[begin + 1]
            frame = bytes(self._heard[begin:end])
            if self._heard[begin + 1] <= _DATA_MAX and frame == packet(frame[0], frame[2:-2]):
                return begin, end
        return None

    def _may_begin(self, at: int) -> bool:
        """Whether a packet may begin there whose end is still to come."""
        if at + 1 == len(self._heard):
            return True
        length = self._heard[at + 1]
        return length <= _DATA_MAX and at + _AROUND + length > len(self._heard)

    def _pass_over(self, count: int) -> None:
        del self._heard[:count]
        self.ignored += count

    def reset(self) -> bytes:
        """Forget what is on the screen, and half a packet that was heard; see `hw.api.Panel`."""
        self._heard.clear()
        first = super().reset()
        self._owe(first)
        return first

    def show(self, caption: Caption, limit: int | None = None) -> bytes:
        """Return what is next; nothing while the answer to the last may come, which is looked for once in 50 ms."""
        if self._owed and self._looked:
            if self._looked < _LOOKS:
                return b""
            if self._tried < _TRIES:
                self._tried, self._looked = self._tried + 1, 0
                return self._owed
            self.refresh()
        sent = super().show(caption, limit)
        if sent:
            self._owe(sent)
        return sent

    def _owe(self, sent: bytes) -> None:
        """Take note of what is to be answered."""
        self._owed, self._tried, self._looked = sent if self._answers else b"", 1, 0
        self.unanswered = bool(self._owed)

    def _ready(self) -> list[bytes]:
        glyphs = [packet(_SET_GLYPH, bytes([number]) + p) for number, p in enumerate(ELLIPSIS_GLYPH.values())]
        keys = packet(_REPORT_KEYS, bytes((_ALL_KEYS, _ALL_KEYS)))
        return [packet(_CURSOR_STYLE, b"\0"), keys, *glyphs]

    def _clear(self) -> bytes:
        return packet(_CLEAR)

    def _brightness(self, percent: int) -> bytes:
        return packet(_BACKLIGHT, bytes([percent]))

    def _changes(self, differences: Iterator[Difference[int]]) -> Iterator[Change[int]]:
        for difference in differences:
            for first, last in spans(difference.columns, _CHEAP_GAP):
                codes = difference.new[first : last + 1]
                yield Change(packet(_WRITE, bytes((first, difference.row, *codes))), difference.row, first, codes)


def open(settings: Settings) -> Crystalfontz:  # noqa: A001 -- what every driver's constructor is called
    """Return the panel."""
    return Crystalfontz(*_MODELS[settings.model], answers=settings.answers)


def packet(kind: int, data: bytes = b"") -> bytes:
    """Return a packet with its checksum."""
    body = bytes((kind, len(data))) + data
    return body + _crc(body).to_bytes(2, "little")


def _crc(data: bytes) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF
