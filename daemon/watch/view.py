"""What is seen of a device: lines of styled text that fit. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from daemon.watch.device import Device, Item
from daemon.watch.heard import Interim, Said, Words
from daemon.watch.sequence import Missing
from hw.text import Glyph, Line, glyphs, sign, wrap

#: Columns of time or language before a text, and the narrowest text beside them.
_MARGIN, _NARROWEST = 6, 16
#: Name by which the words themselves, not a translation, are asked for.
SOURCE = "source"


class Style(StrEnum):
    """What a piece of text is."""

    TIME = "time"
    LANG = "lang"
    SOURCE = "source"
    FINAL = "final"
    #: Words that may have been misheard.
    UNSURE = "unsure"
    #: Parts of an interim: what stays, and what may still change.
    SETTLED = "settled"
    OPEN = "open"
    MISSING = "missing"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style


def wanted(words: Words, langs: Sequence[str]) -> bool:
    """Whether a translation is to be shown: `es` means all of its regions. No wish means all."""
    return not langs or any(f"{words.lang}-".startswith(f"{lang}-") for lang in langs)


def chosen(said: Said | Interim, langs: Sequence[str]) -> list[Words]:
    """Return the texts to be shown: with languages given only those, the source among them if it is named."""
    source = [said.source] if not langs or SOURCE in langs else []
    return source + [words for words in said.translations if wanted(words, langs)]


def lines(device: Device, columns: int, rows: int, langs: Sequence[str] = ()) -> list[list[Span]]:
    """Return the newest lines of a device, `rows` at most, each of `columns` at most."""
    found: list[list[Span]] = []
    for block in _blocks(device, langs):
        found[:0] = _block(block, columns)
        if len(found) >= rows:
            break
    return found[-rows:] if rows > 0 else []


class _Part(NamedTuple):
    """A text of a block, with what stands before its first line."""

    label: Span
    words: str
    stable: int | None
    settled: Style
    open: Style = Style.OPEN
    unsure: tuple[tuple[int, int], ...] = ()
    doubtful: bool = False


def _blocks(device: Device, langs: Sequence[str]) -> Iterator[list[_Part]]:
    """Yield what is to be seen, the newest first."""
    if device.interim is not None:
        yield _interim(device.interim, langs)
    for said in reversed(device.waiting):
        yield _item(said, langs)
    if device.gap:
        many = f"{device.gap} missing, asked for" if device.online is not False else f"{device.gap} missing"
        yield [_Part(Span("…", Style.MISSING), many, None, Style.MISSING)]
    for item in reversed(device.items):
        yield _item(item, langs)


def _interim(interim: Interim, langs: Sequence[str]) -> list[_Part]:
    texts = chosen(interim, langs)
    labels = [Span("▸", Style.SETTLED), *(Span(words.lang, Style.LANG) for words in texts[1:])]
    return [
        _Part(label, words.text, words.stable or 0, Style.SETTLED)
        for label, words in zip(labels, texts, strict=False)
        if words.text
    ]


def _item(item: Item, langs: Sequence[str]) -> list[_Part]:
    if isinstance(item, Missing):
        return [_Part(Span("…", Style.MISSING), missing(item), None, Style.MISSING)]
    parts = []
    for at, words in enumerate(chosen(item, langs)):
        label = Span(clock(item.at), Style.TIME) if at == 0 else Span(words.lang, Style.LANG)
        style = Style.SOURCE if words is item.source else Style.MISSING if words.failed else Style.FINAL
        parts.append(_Part(label, words.text, None, style, unsure=words.unsure, doubtful=words.doubtful))
    return parts


def missing(item: Missing) -> str:
    """Return what to say of finals that cannot be had."""
    if item.from_seq == item.to_seq:
        return f"final {item.from_seq} is missing: {item.why}"
    return f"finals {item.from_seq} to {item.to_seq} are missing: {item.why}"


def clock(at: str) -> str:
    """Return a time of RFC 3339 as hours and minutes here; nothing if it is none."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%H:%M")
    except (ValueError, OverflowError, OSError):  # the last for years that the C library does not know
        return ""


def _block(parts: list[_Part], columns: int) -> list[list[Span]]:
    margin = _MARGIN if columns >= _MARGIN + _NARROWEST else 0
    found = []
    for part in parts:
        text = sign(doubtful=part.doubtful) + glyphs(part.words, part.stable, part.unsure)
        for row, line in enumerate(wrap(text, max(2, columns - margin))):
            label = part.label.text[: _MARGIN - 1] if row == 0 else ""
            found.append([Span(f"{label:>{margin - 1}} ", part.label.style)] if margin else [])
            found[-1] += _spans(line, part)
    return found


def _spans(line: Line, part: _Part) -> list[Span]:
    """Return a line in pieces of one style each."""

    def style(glyph: Glyph) -> Style:
        if not glyph.settled:
            return part.open
        return Style.UNSURE if glyph.unsure else part.settled

    return [Span("".join(glyph.text for glyph in run), look) for look, run in itertools.groupby(line, style)]
