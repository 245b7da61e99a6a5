"""What a model was taught of single words: which it knows, what each comes to in the other language, which are none.

A small neural translator fails in two ways that can be seen without knowing the language: a word of the source has left
no trace in the translation, and the translation has a word that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['\u2019-][^\W\d_]+)*(?!\w)")
#: A stop, a comma or a sign, and not what joins the parts of a figure.
_MARK = re.compile(r"[.,;:!?…¡¿()\"«»](?!\w)|[¡¿(\"«]")
#: Between the words that French writes as one: ``l'hôtel``, ``qu'elle``, ``avez-vous``, ``a-t-il``.
_JOINT = re.compile(
    r"(?<=\b[cdjlmnst]['\u2019])|(?<=\bqu['\u2019])"
    r"|-(?=(?:t|je|tu|ils?|elles?|nous|vous|moi|toi|lui|leur|ce)(?![^\W\d_]))",
    re.IGNORECASE,
)
#: German denies a thing in another word than what one does, of which the forms are too many for the traces.
_NO_THING, _NOT = re.compile(r"kein(?:e[mnrs]?)?"), "nicht"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words in lower case. Empty: nothing is known, and nothing is found wanting."""

    #: Source word → target words, a blank between them, of which at least one stands in nearly every translation; none
    #: where that is not so. Each in a set of its own takes twice the memory of all else.
    traces: Mapping[str, str] = field(default_factory=dict)
    target_words: frozenset[str] = frozenset()

    def knows(self, word: str) -> bool:
        """Tell whether the model was taught a source word."""
        return not self.traces or folded(word) in self.traces

    def stays(self, word: str) -> bool:
        """Tell whether a source word is often the same in the other language, as most names are."""
        return folded(word) in self.traces.get(folded(word), "").split()

    def unknown(self, source: str) -> int:
        """Count the source words that the model was not taught."""
        return sum(not self.knows(word) for word in words(source)) if self.traces else 0

    def untraced(self, source: str, translated: str) -> int:
        """Count the source words that have left no trace in the translation."""
        there = set(map(lowered, words(translated)))
        if any(map(_NO_THING.fullmatch, there)):
            there.add(_NOT)
        wanted = (self.traces.get(folded(word), "").split() for word in words(source))
        return sum(bool(traces) and there.isdisjoint(traces) for traces in wanted)

    def invented(self, source: str, translated: str) -> int:
        """Count the words of the translation that are none in its language, nor taken over from the source."""
        taken = set(map(lowered, words(source)))
        made = map(lowered, words(translated)) if self.target_words else ()
        return sum(word not in self.target_words and word not in taken for word in made)


def of_folder(folder: Path) -> Lexicon:
    """Read what `scripts/train_translator.py` writes; an empty one where it did not make the model.

    ``lexicon.tsv`` has ``word TAB trace trace …``, ``target_words.txt`` a word a line. Raises OSError, UnicodeError.
    """
    traces, target_words = folder / "lexicon.tsv", folder / "target_words.txt"
    if not traces.is_file():
        return Lexicon()
    with traces.open(encoding="utf-8") as lines:
        rows = (line.rstrip("\n").partition("\t") for line in lines)
        known = {word: found for word, _, found in rows}
    return Lexicon(known, frozenset(target_words.read_text(encoding="utf-8").split()))


def uncapitalized(text: str, lexicon: Lexicon) -> str:
    """Return a sentence without a mark without the capital that it begins with, too, where that word was taught.

    A model of ours was taught sentences with both and with neither, and is worse at what has one of them.
    """
    found = _WORD.match(text)
    first = found.group() if found else ""
    if not lexicon.traces or not first.istitle() or not lexicon.knows(first) or _MARK.search(text):
        return text
    return text[0].lower() + text[1:]


def words(text: str) -> list[str]:
    """Return the words of a text, without figures and stops."""
    return [word for written in _WORD.findall(text) for word in _JOINT.split(written)]


def lowered(word: str) -> str:
    """Return a word as it stands in ``target_words.txt`` and among the traces."""
    return word.replace("\u2019", "'").lower()


def folded(word: str) -> str:
    """Return a source word as it stands in the lexicon."""
    return lowered(word).removesuffix("'s")
