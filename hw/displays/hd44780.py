"""Character displays with an HD44780 (or its like) behind a serial port: Matrix Orbital LK, SparkFun SerLCD.

Both take text as the bytes of the display's character ROM, and instructions after ``FE``. The LK's are Matrix Orbital's
own (LK204-25 manual, "Command Summary"); the SerLCD (OpenLCD firmware 1.2) passes the HD44780's own on and has its
settings after ``7C``, the character ``|``. Which ROM it is stands in the display's data sheet: A00 or A02.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hw.grid import Change, CharacterPanel, Difference, spans
from hw.options import Conflict, option
from hw.roms import A00, A02, ELLIPSIS_GLYPH, SPANISH_GLYPHS

#: Rewriting so many unchanged characters costs no more than an instruction to go behind them.
_CHEAP_GAP = 3
_INSTRUCTION = 0xFE
#: Lines of an HD44780's memory; the third and fourth on the screen are these, from this column on.
_WHOLE_LINES, _HALF = 2, 0x14


@dataclass(frozen=True, slots=True)
class Settings:
    """Which one of them it is."""

    protocol: str = option(
        "matrix_orbital", "What the board behind the display speaks.", choices=("matrix_orbital", "serlcd")
    )
    columns: int = option(20, "Characters in a line.", minimum=8, maximum=40)
    rows: int = option(4, "Lines on the screen.", minimum=2, maximum=4)
    characters: str = option("A00", "Character ROM of the display.", choices=("A00", "A02"))

    def conflicts(self) -> Iterator[Conflict]:
        """Yield lines so long that they would run into each other."""
        if self.protocol == "serlcd" and self.rows > _WHOLE_LINES and self.columns > _HALF:
            yield "columns", "conflict", f"is {self.columns}; a serlcd of {self.rows} lines has {_HALF} at most"


SETTINGS = Settings


class SerialLcd(CharacterPanel):
    """What the boards here have in common: text runs on from where the last instruction put it."""

    def _changes(self, differences: Iterator[Difference[int]]) -> Iterator[Change[int]]:
        for difference in differences:
            for first, last in spans(difference.columns, _CHEAP_GAP):
                yield from self._write(difference.row, first, difference.new[first : last + 1])

    def _write(self, row: int, column: int, codes: Sequence[int]) -> Iterator[Change[int]]:
        """Yield a stretch, a character a change, the first one with the way there."""
        way = self._go_to(row, column)
        for at, code in enumerate(codes, column):
            yield Change(way + bytes([code]), row, at, [code])
            way = b""

    @abstractmethod
    def _go_to(self, row: int, column: int) -> bytes:
        """Return the instruction that puts the next character there."""


class MatrixOrbital(SerialLcd):
    """LK162, LK202, LK204 and what is compatible with them."""

    #: Ends an instruction that was cut off, whatever it is (the longest takes nine bytes more).
    _END = b" " * 10

    def __init__(self, columns: int, rows: int, codes: dict[str, int], glyphs: dict[str, bytes]) -> None:
        drawn = {char: number for number, char in enumerate(glyphs)}
        super().__init__(columns, rows, {char: code for char, code in codes.items() if code != _INSTRUCTION} | drawn)
        self._glyphs = list(glyphs.values())

    def _ready(self) -> list[bytes]:
        """Autoscroll (52), line wrap (44), cursors (4B, 54) off; custom characters (4E); backlight on (42)."""
        glyphs = [_instruction(0x4E, number) + pixels for number, pixels in enumerate(self._glyphs)]
        off = b"".join(map(_instruction, (0x52, 0x44, 0x4B, 0x54)))
        return [off, *glyphs, _instruction(0x42, 0)]

    def _clear(self) -> bytes:
        return _instruction(0x58)

    def _brightness(self, percent: int) -> bytes:
        return _instruction(0x99, round(percent * 255 / 100))

    def _go_to(self, row: int, column: int) -> bytes:
        """47, column, row, both from 1."""
        return _instruction(0x47, column + 1, row + 1)


class SerLcd(SerialLcd):
    """SparkFun's boards. They keep custom characters in EEPROM, slowly, so that none are used here."""

    _SETTING = 0x7C
    #: Where the lines begin in the display's memory; the firmware takes these addresses whatever the width.
    _LINES = (0x00, 0x40, _HALF, 0x40 + _HALF)
    #: Ends an instruction that was cut off: after FE "4 bits, 2 lines", after 7C "show custom character 5".
    _END = b"\x28"

    def __init__(self, columns: int, rows: int, codes: dict[str, int]) -> None:
        taken = (_INSTRUCTION, self._SETTING)
        super().__init__(columns, rows, {char: code for char, code in codes.items() if code not in taken})

    def _ready(self) -> list[bytes]:
        """7C 2F: no messages of its own (kept in EEPROM, written only if that is new). FE 0C: on, no cursor."""
        return [bytes((self._SETTING, 0x2F)) + _instruction(0x0C)]

    def _clear(self) -> bytes:
        return bytes((self._SETTING, 0x2D))

    def _brightness(self, percent: int) -> bytes:
        """7C 2B, red, green, blue (a white one listens to the first). Unlike 7C 80… it writes nothing on the screen."""
        return bytes((self._SETTING, 0x2B, *[round(percent * 255 / 100)] * 3))

    def _go_to(self, row: int, column: int) -> bytes:
        """HD44780 "set DDRAM address": the highest bit and the address."""
        return _instruction(0x80 | (self._LINES[row] + column))


def open(settings: Settings) -> SerialLcd:  # noqa: A001 -- what every driver's constructor is called
    """Return the panel."""
    codes = A00 if settings.characters == "A00" else A02
    if settings.protocol == "serlcd":
        return SerLcd(settings.columns, settings.rows, codes)
    glyphs = SPANISH_GLYPHS if settings.characters == "A00" else {}
    return MatrixOrbital(settings.columns, settings.rows, codes, glyphs | ELLIPSIS_GLYPH)


def _instruction(number: int, *arguments: int) -> bytes:
    return bytes((_INSTRUCTION, number, *arguments))
