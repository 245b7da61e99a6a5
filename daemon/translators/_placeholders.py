"""Carries names, numbers and marks through a model: placeholders that it was taught stand for them, and come out once.

Only what the model does not know is hidden: figures, capitalized words that it was not taught, and whatever the caller
marked. What is hidden is never invented anew, and no name is lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.translators._lexicon import Lexicon

#: A number as people write it, with what belongs to it: ``7:30 p.m.``, ``1,250.50``, ``25%``, ``+44 207 123``; not the
#: digit in ``B2B``.
_NUMBER = re.compile(r"(?<![\w.,:+])(?:\+?\d{2,}(?: \d{3,4})+|\+?\d+(?:[.,:]\d+)*(?: [ap]\.m\.)?)(?!\w)%?")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?!\w)")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A sentence with placeholders, and what each stands for."""

    text: str
    originals: tuple[tuple[str, str], ...] = ()

    def shown(self, translated: str) -> str | None:
        """Return a translation with the originals put back; None if one did not come out exactly once."""
        if any(translated.count(placeholder) != 1 for placeholder, _ in self.originals):
            return None
        original = dict(self.originals)
        # All at once: what a placeholder stood for may look like another one. ``p.m.`` ends a sentence by its own stop.
        places = re.compile(rf"({'|'.join(map(re.escape, original)) or '(?!)'})(\.?)")
        return places.sub(lambda found: original[found[1]].removesuffix(found[2] or "\0") + found[2], translated)


def hide(sentence: str, placeholders: Sequence[str], lexicon: Lexicon, marks: re.Pattern[str]) -> Hidden:
    """Hide as much as there are placeholders for: first what is marked, then numbers, then unknown names."""
    spans = [found.span() for found in marks.finditer(sentence)]
    spans += [found.span() for found in _NUMBER.finditer(sentence)]
    spans += [found.span() for found in _WORD.finditer(sentence) if _is_unknown_name(found, lexicon)]
    chosen: list[tuple[int, int]] = []
    for begin, end in spans:
        if len(chosen) < len(placeholders) and all(end <= other[0] or begin >= other[1] for other in chosen):
            chosen.append((begin, end))
    return _replaced(sentence, sorted(chosen), placeholders)


def _replaced(sentence: str, spans: list[tuple[int, int]], placeholders: Sequence[str]) -> Hidden:
    text, at, originals = "", 0, []
    for (begin, end), placeholder in zip(spans, placeholders, strict=False):
        text += sentence[at:begin] + placeholder
        originals.append((placeholder, sentence[begin:end]))
        at = end
    return Hidden(text + sentence[at:], tuple(originals))


def _is_unknown_name(found: re.Match[str], lexicon: Lexicon) -> bool:
    """Tell whether it is a name by its capital, and not the first word or one that the model was taught."""
    word = found.group()
    return word[0].isupper() and found.start() > 0 and not lexicon.knows(word)
