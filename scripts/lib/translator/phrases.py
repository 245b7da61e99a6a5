"""Sentence pairs made from templates: what a traveller says, with rare nouns, names, numbers, prices and times.

The files in ``templates`` hold each sentence in English, Spanish, French and German, one below the other, so that any
of them translates into any other. ``//`` parts ways to say the same: each may be a source, the first is the target. A
slot is ``{table.form}``, and says the same thing wherever it stands: ``{food}`` and ``{food2}`` are two foods,
``{n(2-12).f}`` a number, ``{body?hurts:hurt}`` words that agree. ``phrase_words.txt`` and ``phrase_nouns.txt`` hold
what fills the slots, ``phrase_variants.txt`` what things are called in other countries, for the sources. A further way
that denies what the other languages' first ways only mean (*it isn't open*, *está cerrado*) has no place: the device
doubts a translation that lost a no.
"""

from __future__ import annotations

import functools
import random
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .clock import Clock
from .nouns import Noun, parse
from .phrase_files import FOLDER, lines, sections
from .quantities import Date, Duration, Price, Way, by_language, code, digits, number, telephone, year
from .variants import said_elsewhere

LANGUAGES = ("en", "es", "fr", "de")

_SLOT = re.compile(
    r"\{(?P<name>[a-z]+)(?P<other>\d?)(?:\((?P<range>[^)]*)\))?(?:\.(?P<form>\w+))?(?:\?(?P<agree>[^}]*))?\}"
)
_VOWEL = re.compile(r"[aeiouàâéèê]", re.IGNORECASE)
#: What two words become together: Spanish *y* and *o* before their own sound, French *de une heure*.
_TOGETHER = {
    "es": (
        (re.compile(r"\by (?=i|í|hi(?!e))", re.IGNORECASE), "e "),
        (re.compile(r"\bo (?=h?[oó])", re.IGNORECASE), "u "),
    ),
    "fr": ((re.compile(r"\bde (?=une?\b)"), "d'"),),
}
#: Share of the sources in which numbers stand in letters.
_SPOKEN = 0.5
#: Share of the sources in the words of another country.
_ELSEWHERE = 0.4
#: Share of the names that are made up, so that any is carried.
_INVENTED = 0.4

Entry = dict[str, Noun] | dict[str, str]


def pairs(
    rng: random.Random, source: str, target: str, count: int, without: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Return up to ``count`` different pairs; ``without`` are sentences (`normalised`) that must not be among them."""
    made: dict[tuple[str, str], None] = {}
    templates, forbidden = load_templates(), set(without)
    for _ in range(3 * count):
        pair = expand(rng.choice(templates), rng, source, target)
        if not {normalised(pair[0]), normalised(pair[1])} & forbidden:
            made[pair] = None
        if len(made) == count:
            break
    return list(made)


def normalised(text: str) -> str:
    """Return a sentence without case, stops and doubled spaces, for comparison."""
    return " ".join(re.sub(r"[^\w\s]", " ", unicodedata.normalize("NFKC", text).casefold()).split())


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence: for each language the ways to say it, the usual one first."""

    ways: dict[str, tuple[str, ...]]


def expand(template: Template, rng: random.Random, source: str, target: str) -> tuple[str, str]:
    """Fill the slots of one template by chance, the same for both sides."""
    spoken = rng.random() < _SPOKEN
    filling = _Filling(rng)
    said = filling.fill(rng.choice(template.ways[source]), source, Way(target=False, spoken=spoken))
    if rng.random() < _ELSEWHERE:
        said = said_elsewhere(said, source)
    return said, filling.fill(template.ways[target][0], target, Way(target=True, spoken=spoken))


@dataclass(slots=True)
class _Filling:
    """What the slots of one pair hold, drawn when first met."""

    rng: random.Random
    _held: dict[str, object] = field(default_factory=dict)

    def fill(self, text: str, language: str, way: Way) -> str:
        filled = _SLOT.sub(lambda slot: self._said(slot, language, way), text)
        for sound, other in _TOGETHER.get(language, ()):
            filled = sound.sub(other, filled)
        filled = filled.replace("..", ".")  # a.m. at the end
        return re.sub(r"\w", lambda first: first[0].upper(), filled, count=1)

    def _said(self, slot: re.Match[str], language: str, way: Way) -> str:
        key = f"{slot['name']}{slot['other']}({slot['range'] or ''})"
        if key not in self._held:
            self._held[key] = self._draw(slot["name"], slot["range"] or "")
        held, form = self._held[key], slot["form"] or ""
        if isinstance(held, dict):
            return _worded(held[language], language, form, slot["agree"])
        return _SAYING[type(held)](held, language, form, way, self.rng)

    def _draw(self, name: str, span: str) -> object:
        if name in _DRAWING:
            return _DRAWING[name](self.rng, span)
        taken = {id(held) for held in self._held.values()}
        while id(entry := self.rng.choice(load_table(name))) in taken:
            pass
        return entry


def _worded(entry: Noun | str, language: str, form: str, agree: str | None) -> str:
    if isinstance(entry, Noun):
        return entry.agreeing(agree.split(":"), kind=form == "kind") if agree is not None else entry.form(form)
    if form == "de" and language == "fr":
        return f"d'{entry}" if _VOWEL.match(entry) else f"de {entry}"
    if form:
        raise KeyError(form)
    return entry


@dataclass(frozen=True, slots=True)
class _Number:
    value: int


@dataclass(frozen=True, slots=True)
class _Year:
    value: int


@dataclass(frozen=True, slots=True)
class _Code:
    value: int


@dataclass(frozen=True, slots=True)
class _Row:
    text: str


@dataclass(frozen=True, slots=True)
class _Name:
    text: str


def _between(span: str, low: int, high: int) -> tuple[int, int]:
    if not span:
        return low, high
    first, _, last = span.partition("-")
    return int(first), int(last)


_DRAWING: dict[str, Callable[[random.Random, str], object]] = {
    "n": lambda rng, span: _Number(rng.randint(*_between(span, 2, 12))),
    "year": lambda rng, span: _Year(rng.randint(*_between(span, 1930, 2029))),
    "code": lambda rng, span: _Code(rng.randint(*_between(span, 13, 999))),
    "phone": lambda rng, _: _Row(telephone(rng)),
    "price": lambda rng, _: Price.drawn(rng),
    "date": lambda rng, _: Date.drawn(rng),
    "clock": lambda rng, _: Clock.drawn(rng),
    "duration": lambda rng, span: Duration.drawn(rng, span.split()),
    "name": lambda rng, _: _Name(_name(rng, "given")),
    "surname": lambda rng, _: _Name(_name(rng, "family")),
}
_Saying = Callable[[object, str, str, Way, random.Random], str]
_SAYING: dict[type, Callable[..., str]] = {
    _Number: lambda held, language, form, way, rng: number(held.value, language, form, way, rng),
    _Year: lambda held, language, _, way, *__: year(held.value, language, way),
    _Code: lambda held, language, _, way, rng: code(held.value, language, way, rng),
    _Row: lambda held, language, _, way, rng: (
        held.text if way.target or not way.spoken else digits(held.text, language, rng)
    ),
    _Name: lambda held, language, form, *_: _worded(held.text, language, form if language == "fr" else "", None),
    Price: lambda held, language, _, way, rng: held.said(language, way, rng),
    Date: lambda held, language, form, way, rng: held.said(language, form, way, rng),
    Clock: lambda held, language, form, way, rng: held.said(language, form, way, rng),
    Duration: lambda held, language, form, way, rng: held.said(language, form, way, rng),
}

_ONSETS = [
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "y",
    "z",
]
_CORES = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ei", "ou", "ie"]
_CODAS = ["", "", "n", "r", "l", "s", "m", "k", "t", "nd", "rt", "ska", "v", "sen"]


def _name(rng: random.Random, table: str) -> str:
    if rng.random() > _INVENTED:
        entry = rng.choice(load_table(table))
        return str(entry["en"])
    syllables = rng.choice((1, 2, 2, 2, 3))
    name = "".join(rng.choice(_ONSETS) + rng.choice(_CORES) for _ in range(syllables)) + rng.choice(_CODAS)
    return name.capitalize()


@functools.cache
def load_templates() -> list[Template]:
    """Return all templates; ValueError where a block has not four lines."""
    files = sorted(path.relative_to(FOLDER) for path in (FOLDER / "templates").glob("*.txt"))
    blocks = [block for file in files for block in re.split(r"\n\s*\n", "\n".join(lines(file, keep_empty=True)))]
    return [_template(block.strip().splitlines()) for block in blocks if block.strip()]


def _template(lines: list[str]) -> Template:
    if len(lines) != len(LANGUAGES):
        raise ValueError(f"expected {len(LANGUAGES)} lines, found {lines}")
    ways = (tuple(way.strip() for way in line.split("//")) for line in lines)
    return Template(dict(zip(LANGUAGES, ways, strict=True)))


@functools.cache
def load_table(name: str) -> list[Entry]:
    """Return what fills a slot; KeyError if there is no such table."""
    return load_tables()[name]


@functools.cache
def load_tables() -> dict[str, list[Entry]]:
    """Return all that fills slots; ValueError where a noun is not written as `nouns` reads it."""
    nouns = {name: [_nouns(row) for row in rows] for name, rows in sections("phrase_nouns.txt")}
    words = {name: [_words(row) for row in rows] for name, rows in sections("phrase_words.txt")}
    return {**nouns, **words}


def _nouns(row: str) -> Entry:
    english, *others = by_language(row).items()
    noun = parse(english[1], "en")
    return {"en": noun, **{language: parse(written, language, counted=noun.counted) for language, written in others}}


def _words(row: str) -> Entry:
    return by_language(row) if "|" in row else dict.fromkeys(LANGUAGES, row)
