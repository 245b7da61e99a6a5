"""Panels on the other end of a serial port, written from their instruction sets and knowing nothing of the drivers.

Each takes bytes as the panel would and holds what is to be seen. An instruction that the real one does not know, or
that writes where there is nothing, is an `AssertionError`: it would be seen as rubbish.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Protocol

from wcwidth import wcwidth

SPACE = 0x20


class Decoder(Protocol):
    """One of them."""

    def feed(self, data: bytes) -> bytes:
        """Take what was sent; return what the panel answers."""

    @property
    def state(self) -> Any:
        """Everything that can be seen."""

    @property
    def text(self) -> str:
        """What can be read, characters beyond ASCII as the panel's codes."""

    @property
    def backlight(self) -> int | None:
        """Percent; None where there is none, or nothing was said of it."""


class _Cells:
    """A grid of character codes."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.clear()

    def clear(self) -> None:
        self.cells = [[SPACE] * self.columns for _ in range(self.rows)]

    @property
    def state(self) -> Any:
        return [bytes(row) for row in self.cells]

    @property
    def text(self) -> str:
        shown = ("".join(chr(code) if SPACE <= code < 0x7F else f"\\x{code:02x}" for code in row) for row in self.cells)
        return "\n".join(line.rstrip() for line in shown)


class MatrixOrbital(_Cells):
    """LK204-25: text at the cursor, instructions after FE."""

    ARGUMENTS: ClassVar = {0x42: 1, 0x44: 0, 0x47: 2, 0x4B: 0, 0x4E: 9, 0x52: 0, 0x54: 0, 0x58: 0, 0x99: 1}

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self.backlight: int | None = None
        self.glyphs: dict[int, bytes] = {}
        self._at = (0, 0)
        self._instruction = bytearray()

    def feed(self, data: bytes) -> bytes:
        for byte in data:
            if self._instruction:
                self._instruction.append(byte)
                self._obey()
            elif byte == 0xFE:
                self._instruction.append(byte)
            else:
                self._print(byte)
        return b""

    def _obey(self) -> None:
        number, arguments = self._instruction[1], bytes(self._instruction[2:])
        if number == SPACE:  # no instruction: it ends one that was cut off
            self._instruction.clear()
            return
        assert number in self.ARGUMENTS, f"no instruction {number:02x}"
        if len(arguments) < self.ARGUMENTS[number]:
            return
        self._instruction.clear()
        if number == 0x58:
            self.clear()
            self._at = (0, 0)
        elif number == 0x47:
            assert 1 <= arguments[0] <= self.columns, arguments
            assert 1 <= arguments[1] <= self.rows, arguments
            self._at = (arguments[1] - 1, arguments[0] - 1)
        elif number == 0x4E:
            self.glyphs[arguments[0]] = arguments[1:]
        elif number == 0x99:
            self.backlight = round(arguments[0] * 100 / 255)

    def _print(self, code: int) -> None:
        row, column = self._at
        if column >= self.columns:
            assert code == SPACE, "text beyond the end of a line"
            return
        assert code >= SPACE or code in self.glyphs, f"character {code:02x} has no pixels"
        self.cells[row][column] = code
        self._at = (row, column + 1)


class SerLcd(_Cells):
    """OpenLCD: text at the cursor, HD44780 instructions after FE, settings after 7C."""

    LINES = (0x00, 0x40, 0x14, 0x54)

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self.backlight: int | None = None
        self._address = 0
        self._waiting = bytearray()

    def feed(self, data: bytes) -> bytes:
        for byte in data:
            if self._waiting or byte in (0xFE, 0x7C):
                self._waiting.append(byte)
                self._obey()
            else:
                self._print(byte)
        return b""

    def _obey(self) -> None:
        if len(self._waiting) == 1:
            return
        kind, number = self._waiting[:2]
        if (kind, number) == (0x7C, 0x2B):
            if len(self._waiting) < 5:
                return
            self.backlight = round(self._waiting[2] * 100 / 255)
        elif (kind, number) == (0x7C, 0x2D):
            self.clear()
            self._address = 0
        elif kind == 0xFE and number & 0x80:
            self._address = number & 0x7F
        else:
            assert (kind, number) in ((0xFE, 0x0C), (0xFE, 0x28), (0x7C, 0x2F), (0x7C, 0x28)), self._waiting.hex()
        self._waiting.clear()

    def _print(self, code: int) -> None:
        assert code >= SPACE, f"{code:02x} is no character"
        starts = [start for start in self.LINES[: self.rows] if start <= self._address < start + 20]
        assert starts, f"there is no place {self._address:02x}"
        row, column = self.LINES.index(starts[0]), self._address - starts[0]
        assert column < self.columns, "text beyond the end of a line"
        self.cells[row][column] = code
        self._address += 1


class Crystalfontz(_Cells):
    """CFA-635: packets; refuses, or lies silent as the real one, what is none."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self.backlight: int | None = None
        self.glyphs: dict[int, bytes] = {}
        self.packets = 0
        self.refuse_next = False
        #: So many packets that come next are damaged on the way: they have no effect, and no answer.
        self.loses = 0
        self._heard = b""

    def feed(self, data: bytes) -> bytes:
        self._heard += data
        answers = b""
        while len(self._heard) >= 4 and len(self._heard) >= 4 + self._heard[1]:
            end = 2 + self._heard[1]
            body, checksum = self._heard[:end], self._heard[end : end + 2]
            assert x25(body) == int.from_bytes(checksum, "little"), "wrong CRC"
            self._heard = self._heard[end + 2 :]
            if self.loses:
                self.loses -= 1
                continue
            answers += self._answer(body[0], body[2:])
        return answers

    def _answer(self, command: int, data: bytes) -> bytes:
        self.packets += 1
        if self.refuse_next:
            self.refuse_next = False
            return framed(0xC0 | command)
        assert len(data) <= 22
        if command == 6:
            self.clear()
        elif command == 9:
            self.glyphs[data[0]] = data[1:]
            assert len(data) == 9
        elif command == 14:
            (self.backlight,) = data
        elif command == 31:
            self._print(data[0], data[1], data[2:])
        else:
            assert (command, len(data)) in ((12, 1), (23, 2)), f"command {command} with {len(data)} bytes"
        return framed(0x40 | command)

    def _print(self, column: int, row: int, codes: bytes) -> None:
        assert column + len(codes) <= self.columns, "text beyond the end of a line"
        assert all(code >= 0x10 or code in self.glyphs for code in codes)
        self.cells[row][column : column + len(codes)] = codes


def txt_maxl(encoding: str, columns: int, rows: int) -> int:
    """Return the bytes that docs/hardware.md tells people to give a text component."""
    bytes_each = {"utf-8": 3, "gb2312": 2, "big5": 2, "shift-jis": 2, "ks_c_5601-1987": 2}.get(encoding, 1)
    return bytes_each * columns * rows + 2 * rows


class Nextion:
    """A page with text components of `longest` bytes and `columns` in a line, under the Nextion Instruction Set."""

    END = b"\xff\xff\xff"
    #: Bytes of its buffer (6.25): an instruction that does not end in it is lost, with all that came before.
    BUFFER = 1024
    #: What it says when it is switched on.
    STARTED = b"\0\0\0" + END + b"\x88" + END

    def __init__(self, *components: str, encoding: str, longest: int, columns: int | None = None) -> None:
        self.components = {name: {"txt": "newtxt", "pco": "0"} for name in components}
        self.backlight: int | None = None
        #: Set before an instruction comes that is no whole one: it is answered with an error, and that is all.
        self.torn = False
        #: Answers errors, as the real one does, where they else fail the test.
        self.answers_errors = False
        #: The next instruction with these bytes in it arrives without them.
        self.loses = b""
        #: Obeys nothing of what is sent here (6.12).
        self.sleeps = False
        self._encoding = encoding
        self._longest = longest
        self._columns = columns
        self._heard = b""

    def feed(self, data: bytes) -> bytes:
        *instructions, self._heard = (self._heard + data).split(self.END)
        assert all(len(each + self.END) < self.BUFFER for each in (*instructions, self._heard)), "buffer overflow"
        return b"" if self.sleeps else b"".join(map(self._obey, filter(None, instructions)))

    def _obey(self, instruction: bytes) -> bytes:
        if self.loses and self.loses in instruction:
            instruction, self.loses = instruction.replace(self.loses, b"", 1), b""
        if instruction == b"sendme":
            return b"\x66\x00" + self.END
        match = re.fullmatch(rb"(?:(\w+)\.)?(\w+)(=|\+=|-=)(?:(\d+)|\"(.*)\")", instruction, re.DOTALL)
        if not match and self.torn:
            self.torn = False
            return b""
        if not match and self.answers_errors:
            return b"\x00" + self.END
        assert match, f"invalid instruction {instruction!r}"
        component, attribute, operator, number, text = match.groups()
        if component is None:
            assert attribute in (b"dim", b"bkcmd"), attribute
            assert operator == b"="
            if attribute == b"dim":
                self.backlight = int(number)
            return b""
        if self.answers_errors and not {component.decode()} <= self.components.keys():
            return b"\x1a" + self.END
        assert component.decode() in self.components, f"no component {component!r}"
        self._assign(self.components[component.decode()], attribute.decode(), operator, text, number)
        return b""

    def _assign(
        self, of: dict[str, str], attribute: str, operator: bytes, text: bytes | None, number: bytes | None
    ) -> None:
        if attribute == "pco":
            assert (operator, text) == (b"=", None)
            of["pco"] = number.decode()
        elif operator == b"-=":
            assert 0 < int(number) <= len(of["txt"])
            of["txt"] = of["txt"][: -int(number)]
        else:
            assert attribute == "txt"
            of["txt"] = (of["txt"] if operator == b"+=" else "") + self._written(text)
            assert len(of["txt"].encode(self._encoding)) <= self._longest, "longer than txt_maxl"
            assert self._fits(of["txt"]), f"a line of {of['txt']!r} is too long"

    def _fits(self, text: str) -> bool:
        widths = (sum(map(wcwidth, line)) for line in text.split("\r\n"))
        return self._columns is None or max(widths) <= self._columns

    def _written(self, text: bytes) -> str:
        assert not re.search(rb'(?<!\\)(?:\\\\)*"', text), f"a quotation mark ends {text!r} too early"
        assert not re.search(rb"[\x00-\x1f\x7f]", text), f"control character in {text!r}"
        meaning = {b"r": b"\r\n", b'"': b'"', b"\\": b"\\"}
        return re.sub(rb"\\(.)", lambda match: meaning[match.group(1)], text, flags=re.DOTALL).decode(self._encoding)

    @property
    def state(self) -> Any:
        return {name: dict(component) for name, component in self.components.items()}

    @property
    def text(self) -> str:
        return "\n".join(component["txt"].replace("\r\n", "\n") for component in self.components.values())


def x25(data: bytes) -> int:
    """CRC-16 of X.25 by ISO 3309, a bit at a time with the highest power first, then turned round."""
    register = 0xFFFF
    for bit in (byte >> at & 1 for byte in data for at in range(8)):
        high = register >> 15
        register = register << 1 & 0xFFFF
        if high ^ bit:
            register ^= 0x1021
    return int(f"{register ^ 0xFFFF:016b}"[::-1], 2)


def framed(kind: int, data: bytes = b"") -> bytes:
    """Return a Crystalfontz packet."""
    body = bytes((kind, len(data))) + data
    return body + x25(body).to_bytes(2, "little")
