"""Sentence pairs, and how they are shown to a translator that learns.

A device translates what a recognizer wrote, so half of the sources are shown as one writes: lower case, no stops, now
and then a filler. The target is always as a person writes it. Names and numbers that stand on both sides become
placeholders every other time: the translator learns to carry them, whatever they hide.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: What stands for a name or a number. `daemon.translators` uses the same.
PLACEHOLDERS = tuple(f"⟪{number}⟫" for number in range(1, 7))

#: Shares of the sources.
_AS_RECOGNIZED = 0.4
_CASED_BY_RULE = 0.12
_FILLED = 0.05
_JOINED = 0.15
_HIDDEN = 0.5

_FILLERS = {
    "en": ("um", "uh", "er", "well", "so"),
    "es": ("eh", "este", "pues", "bueno"),
    "fr": ("euh", "ben", "alors"),
    "de": ("äh", "ähm", "also"),
}
_EVERYDAY = Path(__file__).with_name("everyday.tsv")
_STOPS = re.compile(r"[^\w\s'\u2019⟪⟫-]|(?<!\w)['\u2019-]|['\u2019-](?!\w)")
_NAME_OR_NUMBER = re.compile(r"(?<![\w'\u2019])(?:[A-ZÁÉÍÓÚÑÄÖÜ][\w]+|\d+(?:[.,:]\d+)*)(?![\w'\u2019])")


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation. Languages are ISO 639 codes."""

    source: str
    target: str
    source_language: str
    target_language: str


def tag(language: str) -> str:
    """Return the source token that names the target language, spelled as in the multilingual OPUS-MT models."""
    return f">>{language}<<"


def read(folder: Path, source: str, target: str, part: str) -> list[Pair]:
    """Return the pairs of a direction; `part` is ``train`` or ``dev``. One of the languages is English."""
    other = target if source == "en" else source
    lines = (folder / f"en-{other}.{part}.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t")[:2] for line in lines if "\t" in line)
    if source == "en":
        return [Pair(english, translated, source, target) for english, translated in rows]
    return [Pair(translated, english, source, target) for english, translated in rows]


def everyday(source: str, target: str) -> list[Pair]:
    """Return what people say on the way and at home, a pair for each of its translations; nothing learns from these."""
    rows = (line.split("\t") for line in _EVERYDAY.read_text(encoding="utf-8").splitlines()[1:])
    return [
        Pair(sentence, translated, source, target)
        for spoken, sentence, wanted, references in rows
        if (spoken, wanted) == (source, target)
        for translated in references.split(" | ")
    ]


def shown(pairs: list[Pair], rng: random.Random) -> Iterator[Pair]:
    """Yield each pair once as the translator sees it this time, some joined with the one after it."""
    order = list(pairs)
    rng.shuffle(order)
    waiting: dict[tuple[str, str], Pair] = {}
    for pair in order:
        direction = pair.source_language, pair.target_language
        if direction in waiting:
            pair = _joined(waiting.pop(direction), pair)  # noqa: PLW2901 -- the pair that goes on
        elif rng.random() < _JOINED:
            waiting[direction] = pair
            continue
        yield _disguised(_hidden(pair, rng), rng)
    yield from waiting.values()


def as_recognized(text: str) -> str:
    """Return a sentence as a recognizer writes it: lower case, no stops."""
    return " ".join(_STOPS.sub(" ", text).lower().split())


def _joined(first: Pair, second: Pair) -> Pair:
    return Pair(
        f"{first.source} {second.source}",
        f"{first.target} {second.target}",
        first.source_language,
        first.target_language,
    )


def _hidden(pair: Pair, rng: random.Random) -> Pair:
    """Hide names and numbers that are written the same on both sides, once each."""
    source, target = pair.source, pair.target
    names = [
        word
        for word in dict.fromkeys(_NAME_OR_NUMBER.findall(source))
        if len(re.findall(_whole(word), source)) == 1 == len(re.findall(_whole(word), target))
    ]
    places = list(PLACEHOLDERS)
    rng.shuffle(places)
    for word, place in zip(names, places, strict=False):
        if rng.random() < _HIDDEN:
            source, target = (re.sub(_whole(word), place, text) for text in (source, target))
    return Pair(source, target, pair.source_language, pair.target_language)


def _whole(word: str) -> str:
    return rf"(?<![\w'\u2019⟪]){re.escape(word)}(?![\w'\u2019⟫])"


def _disguised(pair: Pair, rng: random.Random) -> Pair:
    fate = rng.random()
    source = pair.source
    if fate < _AS_RECOGNIZED + _CASED_BY_RULE:
        source = as_recognized(source)
        if rng.random() < _FILLED:
            source = f"{rng.choice(_FILLERS[pair.source_language])} {source}"
        if fate > _AS_RECOGNIZED:
            source = source[:1].upper() + source[1:] + ("?" if pair.source.endswith("?") else ".")
    return Pair(source, pair.target, pair.source_language, pair.target_language)


def batches(
    examples: Iterator[tuple[list[int], list[int]]], tokens: int, rng: random.Random, pool: int = 20_000
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """Cut a stream of token pairs into batches of about so many tokens, of like lengths, in random order."""
    gathered: list[tuple[list[int], list[int]]] = []
    for example in examples:
        gathered.append(example)
        if len(gathered) == pool:
            yield from _cut(gathered, tokens, rng)
            gathered = []
    yield from _cut(gathered, tokens, rng)


def _cut(
    examples: list[tuple[list[int], list[int]]], tokens: int, rng: random.Random
) -> list[list[tuple[list[int], list[int]]]]:
    made: list[list[tuple[list[int], list[int]]]] = [[]]
    longest = 0
    for example in sorted(examples, key=lambda each: (len(each[1]), len(each[0]))):
        longest = max(longest, *map(len, example))
        if made[-1] and (len(made[-1]) + 1) * longest > tokens:
            made.append([])
            longest = max(map(len, example))
        made[-1].append(example)
    rng.shuffle(made)
    return [each for each in made if each]


#: Makes the pairs of one pass.
Maker = Callable[[random.Random], list[Pair]]
