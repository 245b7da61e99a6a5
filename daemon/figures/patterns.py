"""Compiles the patterns of a language's file, and finds the one that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from daemon.figures.cardinals import Reader
from daemon.figures.filled import Filled, Values
from daemon.figures.slots import SLOTS
from daemon.figures.tables import Pattern, Table, fold, table


@dataclass(frozen=True, slots=True)
class _Element:
    """One of what a pattern says: words, or a slot."""

    words: frozenset[str]
    slot: str
    optional: bool


class Compiled:
    """A pattern, ready to be tried."""

    def __init__(self, pattern: Pattern, language: Table) -> None:
        self.write = pattern.write
        self.elements = tuple(_element(part) for part in pattern.say.split())
        self._table = language
        self._before, self._not_before = language.words_of(pattern.before), language.words_of(pattern.not_before)
        self._led, self._unless = language.words_of(pattern.led), language.words_of(pattern.unless)
        self._next, self._not_next = language.words_of(pattern.next), language.words_of(pattern.not_next)

    @cached_property
    def openers(self) -> frozenset[str] | None:
        """The words that it can begin with; None: any."""
        found: set[str] = set()
        for element in self.elements:
            words = self._words(element)
            if words is None:
                return None
            found |= words
            if not element.optional:
                break
        return frozenset(found)

    @property
    def vocabulary(self) -> frozenset[str]:
        """Its words, and those of its sets."""
        return frozenset().union(*(self._words(element) or () for element in self.elements))

    def match(self, reader: Reader, begin: int) -> Filled | None:
        """Return what it writes for the words there, under ``text``, and where they end."""
        before = reader.at(begin - 1)
        fits = (not self._before or before in self._before) and self._not_before.isdisjoint((before, before[-1:]))
        leading = reader.at(begin - 2)
        if not fits or leading in self._unless - {""} or (self._led and leading not in self._led):
            return None
        for values, end in self._ways(reader, begin, 0, {}):
            after = reader.at(end)
            if (not self._next or after in self._next) and after not in self._not_next:
                return Filled({"text": _format(self.write, values)}, end)
        return None

    def _ways(self, reader: Reader, begin: int, at: int, values: Values) -> Iterator[tuple[Values, int]]:
        """Yield each way in which the elements from `at` on fit, the fullest first."""
        if at == len(self.elements):
            yield values, begin
            return
        element = self.elements[at]
        filled = _fill(element, reader, begin, values)
        if filled is not None:
            yield from self._ways(reader, filled.end, at + 1, {**values, **filled.values})
        if element.optional:
            yield from self._ways(reader, begin, at + 1, values)

    def _words(self, element: _Element) -> frozenset[str] | None:
        if not element.slot:
            return element.words
        if element.slot in ("letters", "spelled", "letter_after"):
            return None
        named = self._table.named
        if element.slot in ("month", "clear_month"):
            return frozenset(self._table.months)
        if element.slot in ("units", "euros"):
            return named["unit"] | named["currency"] | named["time_unit"]
        return self._table.number_words if element.slot in SLOTS else named[element.slot]


def _element(part: str) -> _Element:
    optional = part.endswith("?")
    part = part.removesuffix("?")
    if part.startswith("<"):
        return _Element(frozenset(), part.strip("<>"), optional)
    return _Element(frozenset(fold(part).split("|")), "", optional)


def _fill(element: _Element, reader: Reader, begin: int, values: Values) -> Filled | None:
    if element.slot in SLOTS:
        return SLOTS[element.slot](reader, begin, values)
    word = reader.at(begin)
    if element.slot:
        known = word in reader.table.named[element.slot]
        return Filled({element.slot: reader.heard[begin]}, begin + 1) if known else None
    if word not in element.words:
        return None
    return Filled({"word": reader.heard[begin]} if len(element.words) > 1 else {}, begin + 1)


def _format(write: str, values: Values) -> str:
    """Fill the template; what an optional slot did not give is left out."""
    given = {name: values.get(name, "") for name in _names(write)}
    return " ".join(write.format_map(given).split())


@cache
def _names(write: str) -> tuple[str, ...]:
    return tuple(part.partition("}")[0] for part in write.split("{")[1:])


class Patterns:
    """All patterns of a language."""

    def __init__(self, language: Table) -> None:
        self._all = tuple(Compiled(pattern, language) for pattern in language.pattern)
        #: Those that may begin with any word, and with that one.
        self._free = tuple(each for each in self._all if each.openers is None)
        self._by_word: dict[str, list[Compiled]] = {}
        self._openers = frozenset().union(*(each.openers or () for each in self._all)) | language.number_words
        self._words = frozenset().union(*(each.vocabulary for each in self._all)) | language.number_words
        for word in self._openers:
            self._by_word[word] = [each for each in self._all if each.openers is None or word in each.openers]

    def match(self, reader: Reader, begin: int) -> Filled | None:
        """Return what the first pattern that fits writes there."""
        for each in self._by_word.get(reader.at(begin), self._free):
            filled = each.match(reader, begin)
            if filled is not None and filled.end > begin:
                return filled
        return None

    def opens(self, word: str) -> bool:
        """Tell whether a pattern or a number may begin with a word."""
        return word in self._openers or _is_letter(word)

    def goes_on(self, word: str) -> bool:
        """Tell whether a word may be in a pattern or a number."""
        return word in self._words or _is_letter(word)


def _is_letter(word: str) -> bool:
    return len(word.rstrip(".")) == 1


@cache
def patterns(language: str) -> Patterns:
    """Return the patterns of a language that has a table (ISO 639)."""
    known = table(language)
    if known is None:
        raise KeyError(language)
    return Patterns(known)
