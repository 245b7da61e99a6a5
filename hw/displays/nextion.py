r"""Nextion and TJC panels: their own processor draws a page that was made in the Nextion Editor; texts are filled in.

Numbers in brackets are those of the Nextion Instruction Set (nextion.tech/instruction-set). Instructions are ASCII and
end with three bytes FF (1.1, 1.2): ``t0.txt="…"``, ``t0.txt+="…"``, ``t0.txt-=3`` (three characters off the end; 2.1 to
2.3), ``t0.pco=…`` (colour of the writing, RGB 565; 1.13), ``dim=…`` (backlight, percent; 6.2). In a text a quote, a
backslash and a line break are escaped, and nothing else is (1.11); the first firmware knew ``\r`` only.

The panel answers with a code and three FF (7). Touches are ``65 page component 01`` or ``00`` (7.21). With ``bkcmd=2``
(6.13) it answers what it does not understand or has no place for, be it for a byte that was damaged or a name that is
not on the page, and does nothing then; after ``24`` what was sent before is lost (7.20). ``sendme`` is always answered,
with ``66 page`` (3.7, 7.22), but in its sleep: then it obeys nothing that is sent here (6.12). That it fell asleep or
woke by itself it says (7.27, 7.28); asleep because the page's own code said so, it is merely silent.

The page needs a text component for what was said, one for each translation and one for the status.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from hw.api import Caption, CaptionLine, KeyEvent
from hw.charset import CharacterSet
from hw.nextion_charset import ENCODINGS, SEVERAL_BYTES, characters
from hw.options import Conflict, option
from hw.text import ELLIPSIS, Line, clip, glyphs, part, sign, width, wrap

#: A component's name, and what it is in words.
_NAME = r"[A-Za-z]\w*"
_NAME_WORDS = 'a component\'s name such as "t0": letters, digits and _, a letter first'
_NAME_OR_NONE = f'{_NAME_WORDS}; or ""'
_END = b"\xff\xff\xff"
#: Ends a component's line; the panel makes two bytes of it, so that it is never taken off again by ``-=``.
_LINE_BREAK = "\r"
_ESCAPES = {"\\": rb"\\", '"': rb"\"", _LINE_BREAK: rb"\r"}
#: Longest instruction, bytes: it is obeyed at its end (1.10), and the panel's buffer holds 1024 bytes in all (1.16).
#: No manual says how long one may be.
_INSTRUCTION_MAX = 512
#: Longest answer that is taken for one, bytes.
_HEARD_MAX = 64
_TOUCH, _TOUCH_BYTES = 0x65, 4
#: What a panel says that has just been switched on and has lost all, by a ``printh`` in its Program.s (7.19, 7.29),
#: or that has woken by itself and has obeyed nothing meanwhile; and one that falls asleep.
_BEGINS, _SLEEPS = (b"\0\0\0", b"\x88", b"\x87"), b"\x86"
#: Answers of one byte that say that an instruction had no effect (7.1 to 7.20): all of their range but success.
_REFUSALS = frozenset(range(0x25)) - {0x01}
#: The question which page it is on, and the answer's code.
_ASK, _PAGE = b"sendme" + _END, 0x66
#: Other answers (success, the page, coordinates, a new page from a card, raw data) and their lengths, bytes.
_ANSWER_BYTES = {0x01: 1, _PAGE: 2, 0x67: 6, 0x68: 6, 0x89: 1, 0xFD: 1, 0xFE: 1}


@dataclass(frozen=True, slots=True)
class Settings:
    """The page in the panel."""

    source: str = option(
        "t0", "Text component for what was said; empty: none.", pattern=f"|{_NAME}", words=_NAME_OR_NONE
    )
    targets: tuple[str, ...] = option(
        ("t1",),
        "Text components for the translations, in the order of languages.targets.",
        pattern=_NAME,
        words=_NAME_WORDS,
    )
    status: str = option("t2", "Text component for the status; empty: none.", pattern=f"|{_NAME}", words=_NAME_OR_NONE)
    columns: int = option(24, "Characters that surely fit in a line of a text component.", minimum=8, maximum=80)
    rows: int = option(3, "Lines of a text component; its txt_maxl must hold them.", minimum=1, maximum=20)
    encoding: str = option(
        "iso-8859-1", "Encoding of the page, as the Nextion Editor has it.", choices=tuple(ENCODINGS)
    )
    answers: bool = option(default=True, doc="Its TX is connected, so that its silence is a fault.")
    final_color: int = option(65_535, "Colour of what is final, RGB 565; white by default.", minimum=0, maximum=65_535)
    interim_color: int = option(
        65_504, "Colour of what may still change, RGB 565; yellow by default.", minimum=0, maximum=65_535
    )

    def conflicts(self) -> Iterator[Conflict]:
        """Yield components that are named again: the text that is written last would be all that is seen."""
        named = [("source", self.source), *(("targets", target) for target in self.targets), ("status", self.status)]
        again = [one for at, one in enumerate(named) if one[1] and one[1] in (name for _, name in named[:at])]
        for key, component in dict.fromkeys(again):
            yield key, "duplicate", f'has "{component}" again; source, targets and status take a component each'


SETTINGS = Settings
#: What its keys are called, and how that is told.
KEYS = r"\d+\.\d+", "PAGE.COMPONENT, in numbers, such as 0.3"


class Nextion:
    """The panel. Remembers each attribute as the panel has it."""

    def __init__(self, settings: Settings) -> None:
        self.columns = settings.columns
        self.rows = settings.rows
        self.places = len(settings.targets)
        self.brightness = 100
        self.replaced = 0
        self.ignored = 0
        self.refused = 0
        self.unanswered = False
        self._settings = settings
        self._characters: CharacterSet = characters(settings.encoding)
        self._one_byte = settings.encoding not in SEVERAL_BYTES
        self._shown: dict[str, str | int] = {}
        #: Instructions that wait for the next `show`, which sends them first.
        self._waiting: deque[bytes] = deque()
        #: What a caption and a brightness want, laid out once however many pieces it is sent in.
        self._laid_out: tuple[tuple[Caption, int], list[tuple[str, str | int]]] | None = None
        #: The caption and brightness that are on the screen as a whole, and have not to be compared again.
        self._settled: tuple[Caption, int] | None = None
        self._heard = bytearray()
        self._sleeps = False
        #: What is touched now.
        self._touched: set[str] = set()

    def reset(self) -> bytes:
        """Forget what is on the screen; return the end of a half instruction."""
        self._sleeps = False
        self.refresh()
        self._heard.clear()
        self._touched.clear()
        return _END

    def refresh(self) -> None:
        """Have everything sent again, and that errors alone be answered; see `hw.api.Panel`."""
        self._shown.clear()
        self._settled = None
        self._waiting = deque((b"bkcmd=2" + _END,))
        self._ask()

    def check(self) -> None:
        """Have everything sent again: a panel whose Program.s was changed does not say that it was switched on."""
        self.refresh()

    def _ask(self) -> None:
        if self._settings.answers and not self._sleeps:
            self._waiting.append(_ASK)
            self.unanswered = True

    def show(self, caption: Caption, limit: int | None = None) -> bytes:
        """Return what must be sent for this caption to be on the screen; see `hw.api.Panel`."""
        wanted = (caption, self.brightness)
        if wanted == self._settled and not self._waiting:
            return b""
        self._settled = None
        sent = bytearray()
        while self._waiting and (not sent or limit is None or len(sent) + len(self._waiting[0]) <= limit):
            sent += self._waiting.popleft()
        if self._waiting:
            return bytes(sent)
        for attribute, value in self._layout(wanted):
            while self._shown.get(attribute) != value:
                room = _INSTRUCTION_MAX if limit is None else min(_INSTRUCTION_MAX, limit - len(sent))
                data, shown = self._step(attribute, value, room)
                if sent and len(data) > room:
                    return bytes(sent)
                sent += data
                self._shown[attribute] = shown
        self._settled = wanted
        return bytes(sent)

    def pages(self, caption: Caption) -> int:
        """Return how many pages the longest text fills."""
        fitted, _ = self._characters.fit(caption)
        texts = [self._lines(line) for line in (fitted.source, *fitted.translations) if line is not None]
        return max((-(-len(lines) // self.rows) for lines in texts), default=1)

    def can_show(self, lang: str) -> bool:
        """Tell whether the page's encoding has the letters of a language; its font must have them, too."""
        return self._characters.covers(lang)

    def shows_source(self, translations: int) -> bool:  # noqa: ARG002 -- it has a component of its own
        """Tell whether what was said has one."""
        return bool(self._settings.source)

    def hear(self, data: bytes) -> list[KeyEvent]:
        """Return what was touched, by ``page.component``. Refusals are counted, other answers passed over."""
        events = []
        for byte in data:
            self._heard.append(byte)
            if self._heard.endswith(_END):
                events += self._understand(bytes(self._heard[: -len(_END)]))
                self._heard.clear()
            elif len(self._heard) > _HEARD_MAX:
                del self._heard[0]
                self.ignored += 1
        return events

    def _understand(self, answer: bytes) -> list[KeyEvent]:
        if answer == _SLEEPS:
            self._sleeps, self.unanswered = True, False
            return []
        if answer in _BEGINS:
            self._sleeps = False
            self.refresh()
            # It will not say of what was touched before that it came up.
            return [self._touch(key, down=False) for key in sorted(self._touched)]
        if len(answer) == 1 and answer[0] in _REFUSALS:
            self.refused += 1
            self.unanswered = False
            return []
        if answer[:1] == bytes([_PAGE]):
            self.unanswered = False
        if len(answer) == _ANSWER_BYTES.get(answer[0] if answer else -1):
            return []
        # Noise may stand before a touch: that it came up must not be missed.
        noise, touch = answer[:-_TOUCH_BYTES], answer[-_TOUCH_BYTES:]
        if len(touch) == _TOUCH_BYTES and touch[0] == _TOUCH and touch[3] <= 1:
            self.ignored += len(noise)
            return [self._touch(f"{touch[1]}.{touch[2]}", down=touch[3] == 1)]
        self.ignored += len(answer) + len(_END)
        return []

    def _touch(self, key: str, *, down: bool) -> KeyEvent:
        (self._touched.add if down else self._touched.discard)(key)
        return KeyEvent(key, down)

    def _layout(self, wanted: tuple[Caption, int]) -> list[tuple[str, str | int]]:
        if self._laid_out is None or self._laid_out[0] != wanted:
            self._laid_out = (wanted, list(self._wanted(wanted[0])))
        return self._laid_out[1]

    def _wanted(self, caption: Caption) -> Iterator[tuple[str, str | int]]:
        """Yield each attribute and its value; what a reader waits for first."""
        fitted, self.replaced = self._characters.fit(caption)
        yield "dim", self.brightness
        color = self._settings.final_color if caption.final else self._settings.interim_color
        texts = dict(zip(self._settings.targets, fitted.translations, strict=False))
        lines: dict[str, CaptionLine | None] = {**dict.fromkeys(self._settings.targets), **texts}
        if self._settings.source:
            lines[self._settings.source] = fitted.source
        for component, line in lines.items():
            yield f"{component}.pco", color
            shown = self._page(line, caption.page) if line else []
            yield f"{component}.txt", self._text(_LINE_BREAK.join(map(_written, shown)))
        if self._settings.status:
            yield f"{self._settings.status}.txt", self._text(_written(clip(glyphs(fitted.status), self.columns)))

    def _page(self, line: CaptionLine, page: int | None) -> list[Line]:
        """Return what is to be seen of a text, with its doubt in front. A component has one colour: none for a word."""
        first, *others = part(self._lines(line), self.rows, page)
        return [sign(doubtful=line.doubtful) + first, *others]

    def _lines(self, line: CaptionLine) -> list[Line]:
        return wrap(glyphs(line.text), self.columns - width(sign(doubtful=line.doubtful)))

    def _text(self, laid_out: str) -> str:
        """Return a text without what the layout added that the panel lacks."""
        return laid_out if self._characters.covers_text(laid_out) else laid_out.replace(ELLIPSIS, ".")

    def _step(self, attribute: str, value: str | int, room: int) -> tuple[bytes, str | int]:
        """Return an instruction that brings an attribute nearer to a value, and what it is then."""
        if isinstance(value, int):
            return f"{attribute}={value}".encode() + _END, value
        shown = self._shown.get(attribute)
        if not isinstance(shown, str):
            return self._write(attribute, "", value, room)
        common = _common_beginning(shown, value)
        gone = shown[common:]
        if not gone:
            return self._write(attribute, shown, value, room)
        if common and self._one_byte and _LINE_BREAK not in gone:
            return f"{attribute}-={len(gone)}".encode() + _END, value[:common]
        return self._write(attribute, "", value, room)

    def _write(self, attribute: str, before: str, value: str, room: int) -> tuple[bytes, str]:
        """Return the instruction that adds as much of a text to its beginning as there is room for."""
        head = f'{attribute}{"+=" if before else "="}"'.encode()
        written = bytearray()
        count = 0
        for char in value[len(before) :]:
            encoded = _ESCAPES.get(char) or self._characters.encode(char)
            if count and len(head) + len(written) + len(encoded) + 1 + len(_END) > room:
                break
            written += encoded
            count += 1
        return head + bytes(written) + b'"' + _END, value[: len(before) + count]


def open(settings: Settings) -> Nextion:  # noqa: A001 -- what every driver's constructor is called
    """Return the panel."""
    return Nextion(settings)


def _written(line: Line) -> str:
    return "".join(glyph.text for glyph in line)


def _common_beginning(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
