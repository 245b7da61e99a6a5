"""Carries names, numbers and marks through a model: placeholders that it was taught stand for them, and come out once.

Only what the model does not know is hidden: figures, capitalized words that it was not taught, and whatever the caller
marked. What is hidden is never invented anew, and no name is lost. Other words that it was not taught may be hidden,
too: a foreign word in a translation says more than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.translators._lexicon import Lexicon

#: A number as people write it, with what belongs to it (``7:30 p.m.``, ``$1,250.50``, ``25%``, ``-10``,
#: ``+44 207 123``), and a code: ``B12``, ``BA-204``, ``14C``, ``3D``.
_FIGURES = r"\+?\d{2,}(?: \d{3,4})+|\+?\d+(?:[.,:]\d+)*(?: [ap]\.m\.)?"
_CODE = r"[A-Z]{1,3}-?\d+[A-Z]?|\d+[A-Z]{1,2}"
_NUMBER = re.compile(rf"(?<![\w.,:+$€£])(?:[$€£] ?|[-\u2212])?(?:{_CODE}|{_FIGURES})(?!\w)(?:%| ?[$€£](?!\w))?")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?!\w)")
_POSSESSIVE = re.compile(r"['\u2019]s$")
#: A word in lower case that is shorter and was not taught is a slip rather than a name.
_LONG = 4


@dataclass(frozen=True, slots=True)
class Hidden:
    """A sentence with placeholders, and what each stands for."""

    text: str
    originals: tuple[tuple[str, str], ...] = ()
    #: Words that are hidden for nothing but that they were not taught.
    untaught: int = 0

    def shown(self, translated: str) -> str | None:
        """Return a translation with the originals put back; None if one did not come out exactly once."""
        if any(translated.count(placeholder) != 1 for placeholder, _ in self.originals):
            return None
        original = dict(self.originals)
        # All at once: what a placeholder stood for may look like another one. ``p.m.`` ends a sentence by its own stop.
        places = re.compile(rf"({'|'.join(map(re.escape, original)) or '(?!)'})(\.?)")
        return places.sub(lambda found: original[found[1]].removesuffix(found[2] or "\0") + found[2], translated)


def hide(
    sentence: str, placeholders: Sequence[str], lexicon: Lexicon, marks: re.Pattern[str], *, untaught: bool = False
) -> Hidden:
    """Hide as much as there are placeholders for: what is marked, numbers, names; if wanted, other unknown words."""
    words = [found for found in _WORD.finditer(sentence) if not lexicon.knows(found.group())]
    spans = [found.span() for found in marks.finditer(sentence)]
    spans += [found.span() for found in _NUMBER.finditer(sentence)]
    spans += [_bare(found) for found in words if _is_name(found)]
    others = [_bare(found) for found in words if untaught and _is_long(found.group())]
    chosen: list[tuple[int, int]] = []
    for begin, end in spans + others:
        if len(chosen) < len(placeholders) and all(end <= other[0] or begin >= other[1] for other in chosen):
            chosen.append((begin, end))
    return _replaced(sentence, sorted(chosen), placeholders, len(set(chosen) & set(others)))


def _replaced(sentence: str, spans: list[tuple[int, int]], placeholders: Sequence[str], untaught: int) -> Hidden:
    text, at, originals = "", 0, []
    for (begin, end), placeholder in zip(spans, placeholders, strict=False):
        text += sentence[at:begin] + placeholder
        originals.append((placeholder, sentence[begin:end]))
        at = end
    return Hidden(text + sentence[at:], tuple(originals), untaught)


def _is_name(found: re.Match[str]) -> bool:
    """Tell whether a word that was not taught is a name by its capital, which the first word always has."""
    return found.group()[0].isupper() and any(map(str.isalnum, found.string[: found.start()]))


def _is_long(word: str) -> bool:
    return word.islower() and len(word) >= _LONG


def _bare(found: re.Match[str]) -> tuple[int, int]:
    """Return where a word stands, without the ``'s`` of a possessive, which a translator has to see."""
    return found.start(), found.start() + len(_POSSESSIVE.sub("", found.group()))
