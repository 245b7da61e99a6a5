"""Carries what must not be translated through a translator: a mark takes its place and is replaced again.

A mark that does not come out exactly once was not carried; then what stands between the phrases is translated piece by
piece. So a phrase is in the translation as often as in the text, whatever the translator does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from daemon.phrases import MARK, MARKS, Phrases
from daemon.translators.base import Translated

Translate = Callable[[str], Translated]

#: What is written to the end of a name, in German.
_GENITIVE = re.compile(r"s(?![^\W_])")
#: After these there is an apostrophe in its place.
_SIBILANTS = "sßxz"

#: German words that are no nouns, and begin what is left of a sentence more often than others.
_NO_NOUNS = frozenset(
    {"ab", "aber", "am", "an", "auf", "aus", "bei", "beim", "bis", "das", "dem", "den", "der", "die", "durch", "ein"}
    | {"eine", "einem", "einen", "einer", "fährt", "für", "gehört", "gibt", "haben", "hat", "hatte", "heute", "hier"}
    | {"hält", "ich", "im", "in", "ins", "ist", "kann", "kommt", "können", "liegt", "mit", "muss", "möchte", "nach"}
    | {"nicht", "oder", "ohne", "schließt", "sehr", "sich", "sind", "und", "unter", "vom", "von", "vor", "war", "waren"}
    | {"werden", "wie", "wir", "wird", "wo", "wurde", "zu", "zum", "zur", "öffnet", "über"}
)


def carried(text: str, phrases: Phrases, translate: Translate, target: str) -> Translated:
    """Return the translation of a text into the target (ISO 639) in which phrases stand as they are.

    Raises what `translate` raises.
    """
    pieces = phrases.parts(text)
    if len(pieces) == 1:
        return translate(text)
    marks = [MARK.format(number) for number in range(1, len(pieces) // 2 + 1)]
    made = translate("".join(_laid_out(pieces[::2], marks)))
    found = MARKS.findall(made.text)
    if sorted(found) != sorted(marks):
        return _piecewise(pieces, made, translate, target)
    kept = dict(zip(marks, pieces[1::2], strict=True))
    return replace(made, text=_joined(_laid_out(MARKS.split(made.text), [kept[mark] for mark in found])))


def _laid_out(between: Sequence[str], kept: Sequence[str]) -> list[str]:
    return [part for pair in zip(between, [*kept, ""], strict=True) for part in pair]


def _piecewise(pieces: Sequence[str], whole: Translated, translate: Translate, target: str) -> Translated:
    """Translate what is between the phrases by itself; it is as sure as the least sure piece, and as the whole."""
    made = [Translated(piece) if at % 2 else _alone(piece, translate, target) for at, piece in enumerate(pieces)]
    sure = [each.confidence for each in (whole, *made) if each.confidence is not None]
    return replace(whole, text=_joined([each.text for each in made]), confidence=min(sure, default=None))


def _alone(piece: str, translate: Translate, target: str) -> Translated:
    if not any(map(str.isalnum, piece)):
        return Translated(piece)
    before, after = (" " if piece[at].isspace() else "" for at in (0, -1))
    alone = piece.strip()
    made = translate(alone)
    text = made.text.strip()
    if alone[0].islower() and (target != "de" or text.split(" ")[0].lower() in _NO_NOUNS):
        text = text[:1].lower() + text[1:]  # a translator takes it for the beginning of a sentence
    return replace(made, text=f"{before}{text}{after}")


def _joined(pieces: Sequence[str]) -> str:
    """Join pieces of which every second is a phrase; letters do not touch one, but for a genitive's: ``Annas Haus``."""
    text = ""
    for piece in pieces:
        touches = bool(text and piece and text[-1].isalnum() and piece[0].isalnum())
        if touches and _GENITIVE.match(piece):
            text += f"\u2019{piece[1:]}" if text[-1].lower() in _SIBILANTS else piece
        else:
            text += f" {piece}" if touches else piece
    return text
