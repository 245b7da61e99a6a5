"""Carries what must not be translated through a translator: a mark takes its place and is replaced again.

A mark that does not come out exactly once was not carried; then what stands between the phrases is translated piece by
piece. So a phrase is in the translation as often as in the text, whatever the translator does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from daemon.phrases import MARK, MARKS, Phrases

#: A translator, text to text.
Translate = Callable[[str], str]


def carried(text: str, phrases: Phrases, translate: Translate) -> str:
    """Return the translation of a text in which phrases stand as they are. Raises what `translate` raises."""
    pieces = phrases.parts(text)
    if len(pieces) == 1:
        return translate(text)
    marks = [MARK.format(number) for number in range(1, len(pieces) // 2 + 1)]
    translated = translate(_laid(pieces, marks))
    if sorted(MARKS.findall(translated)) != sorted(marks):
        return _joined([piece if at % 2 else _alone(piece, translate) for at, piece in enumerate(pieces)])
    kept = dict(zip(marks, pieces[1::2], strict=True))
    between = MARKS.split(translated)
    return _joined(_laid_out(between, [kept[mark] for mark in MARKS.findall(translated)]))


def _laid(pieces: Sequence[str], marks: Sequence[str]) -> str:
    """Return the text with marks in the places of phrases."""
    return "".join(_laid_out(pieces[::2], marks))


def _laid_out(between: Sequence[str], kept: Sequence[str]) -> list[str]:
    return [part for pair in zip(between, [*kept, ""], strict=True) for part in pair]


def _alone(piece: str, translate: Translate) -> str:
    """Translate what stands between two phrases by itself."""
    if not any(map(str.isalnum, piece)):
        return piece
    before, after = (" " if piece[at].isspace() else "" for at in (0, -1))
    alone = piece.strip()
    translated = translate(alone).strip()
    if alone[0].islower():  # a translator takes it for the beginning of a sentence
        translated = translated[:1].lower() + translated[1:]
    return f"{before}{translated}{after}"


def _joined(pieces: Sequence[str]) -> str:
    """Join pieces of which every second is a phrase; letters do not touch one."""
    text = ""
    for piece in pieces:
        touches = text and piece and text[-1].isalnum() and piece[0].isalnum()
        text += f" {piece}" if touches else piece
    return text
