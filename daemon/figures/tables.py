"""What is known of a language's numbers: a file of data each, ``daemon/data/figures_<language>.toml``."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache, cached_property
from importlib import resources

import msgspec

from daemon.language_tags import base

#: The accents that recognizers may leave out; the tilde of ñ is none of them.
_ACUTE = "\u0301"


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that are written as figures.

    `say`: what is said, element by element. ``half`` is that word, ``past|after`` one of those, ``the?`` may be
    missing, ``<h12>`` is a slot (see `daemon.figures.slots`). `write`: what is written, with the names that the slots
    give; ``{word}`` is which of several words was said, the last time. The conditions are words and sets (``@at``): the
    word before must be in `before` and neither it nor its last character in `not_before`, the one before that in
    `led` and not in `unless`, the one after it in `next` and not in `not_next`; ``-`` is none: the text begins or ends
    there. What they name is no part of the pattern, so that the unfinished text that ends with it is shown.
    """

    say: str
    write: str
    before: str = ""
    not_before: str = ""
    led: str = ""
    unless: str = ""
    next: str = ""
    not_next: str = ""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Words and what they are worth; see the files. `dict` is for what is computed of them."""

    decimal: str
    group: str
    point: list[str]
    #: Between hundreds and the rest (English), or between tens and ones (Spanish: `tens_links`).
    links: list[str]
    halves: list[str]
    plus: list[str]
    #: They are worth one before hundreds and `scales`, alone nothing.
    articles: list[str]
    zeros: list[str]
    ones: dict[str, int]
    teens: dict[str, int]
    tens: dict[str, int]
    scales: dict[str, int]
    written_scales: dict[str, str]
    months: dict[str, str]
    sets: dict[str, str]
    pattern: list[Pattern]
    #: Words that make a part of what follows: half a million.
    fractions: list[str] = []
    tens_links: list[str] = []
    #: Hundreds that are a word each.
    hundreds: dict[str, int] = {}
    #: Hundreds that are never said alone: an article after them is a one.
    unfinished: list[str] = []
    #: After other hundreds an article is a one where what it counts ends so: "doscientas una habitaciones".
    plural: str = ""
    #: The word that makes hundreds of what is before it.
    hundred: list[str] = []
    #: Scales that need nothing before them.
    bare_scales: list[str] = []
    repeats: dict[str, int] = {}
    forenoon: list[str] = []
    afternoon: list[str] = []
    ordinals: dict[str, int] = {}
    ordinal_endings: dict[str, str] = {}
    decades: dict[str, int] = {}

    @cached_property
    def digits(self) -> dict[str, int]:
        """Words for one digit."""
        return self.ones | dict.fromkeys(self.zeros, 0)

    @cached_property
    def named(self) -> dict[str, frozenset[str]]:
        """The sets, by name."""
        return {name: frozenset(fold(words).split()) for name, words in self.sets.items()}

    @cached_property
    def number_words(self) -> frozenset[str]:
        """Every word that can be in a number."""
        values = (self.digits, self.teens, self.tens, self.hundreds, self.scales, self.repeats, self.decades)
        lists = (self.links, self.tens_links, self.halves, self.point, self.articles, self.hundred, self.plus)
        clock = (self.forenoon, self.afternoon)
        spoken = [word for each in (*values, self.ordinals) for word in each]
        return frozenset(word for each in (*lists, *clock, spoken) for phrase in each for word in phrase.split())

    def words_of(self, names: str) -> frozenset[str]:
        """Return the words that a condition names; ``@set`` stands for all of that set, ``-`` for no word."""
        found: set[str] = set()
        for name in names.split():
            found |= self.named[name[1:]] if name.startswith("@") else {"" if name == "-" else fold(name)}
        return frozenset(found)


def fold(word: str) -> str:
    """Return a word as the tables have it: lower case, without acute accents."""
    parted = unicodedata.normalize("NFD", word.lower()).replace(_ACUTE, "")
    return unicodedata.normalize("NFC", parted)


def _folded(value: object) -> object:
    """Return a table's content with its keys and the words of its lists folded."""
    if isinstance(value, dict):
        return {fold(key): _folded(inner) for key, inner in value.items()}
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [fold(each) for each in value]
    return [_folded(each) for each in value] if isinstance(value, list) else value


@cache
def table(language: str) -> Table | None:
    """Return the table of a BCP-47 language; None where there is none."""
    code = base(language)
    file = resources.files("daemon.data") / f"figures_{code}.toml"
    if not code.isalpha() or not file.is_file():
        return None
    return msgspec.convert(_folded(tomllib.loads(file.read_text(encoding="utf-8"))), Table)
