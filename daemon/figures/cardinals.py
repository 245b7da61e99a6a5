"""Reads cardinal numbers, digits and ordinals off a list of words. Pure.

Each function takes the words (folded, see `daemon.figures.tables.fold`) and where to begin, and returns what it read
and where that ends, or None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daemon.figures.tables import Table

_HUNDRED = 100
_TEN = 10
#: Above every scale.
_NO_LIMIT = 10**15


class Read(NamedTuple):
    """A value, and where the words go on."""

    value: int
    end: int


class Reader:
    """Reads the words of one text."""

    def __init__(self, table: Table, words: Sequence[str], heard: Sequence[str] = ()) -> None:
        self.table = table
        self.words = words
        #: The same words as they were heard.
        self.heard = heard or words
        #: What was read already, by where it begins: every pattern asks.
        self._cardinals: dict[int, Read | None] = {}

    def at(self, begin: int) -> str:
        """Return the word there; empty before the beginning and after the end."""
        return self.words[begin] if 0 <= begin < len(self.words) else ""

    def phrase(self, phrases: Sequence[str], begin: int) -> int:
        """Return where one of these phrases ends that begins there; -1 if none does."""
        for phrase in phrases:
            parts = phrase.split()
            if list(self.words[begin : begin + len(parts)]) == parts:
                return begin + len(parts)
        return -1

    def below_hundred(self, begin: int, *, article: bool = False) -> Read | None:
        """Read 1 to 99; an article counts as one if asked for."""
        word, table = self.at(begin), self.table
        if word in table.tens:
            return self._tens(table.tens[word], begin + 1)
        value = table.ones.get(word) or table.teens.get(word)
        if value is None and article and word in table.articles:
            value = 1
        return None if value is None else Read(value, begin + 1)

    def _tens(self, value: int, begin: int) -> Read:
        links = self.table.tens_links
        if links and self.at(begin) not in links:
            return Read(value, begin)
        ones = begin + 1 if links else begin
        word = self.at(ones)
        one = self.table.ones.get(word) or (1 if links and word in self.table.articles else 0)
        return Read(value + one, ones + 1) if one else Read(value, begin)

    def below_thousand(self, begin: int) -> Read | None:
        """Read 1 to 999, or hundreds above: "twelve hundred"."""
        hundreds = self.table.hundreds.get(self.at(begin))
        if hundreds is not None:
            return self._rest(hundreds, begin + 1)
        read = self.below_hundred(begin, article=True)
        if read is None or self.at(read.end) not in self.table.hundred:
            return read
        if read.value >= _TEN and not read.value % _TEN:
            return read
        return self._rest(read.value * _HUNDRED, read.end + 1)

    def _rest(self, hundreds: int, begin: int) -> Read:
        """Read what comes after hundreds, unless that is hundreds again: "two hundred and three hundred"."""
        start = begin + (self.at(begin) in self.table.links)
        rest = self.below_hundred(start, article=self._is_one(start))
        if rest is None or self.at(rest.end) in self.table.hundred:
            return Read(hundreds, begin)
        return Read(hundreds + rest.value, rest.end)

    def _is_one(self, begin: int) -> bool:
        """Tell whether an article after hundreds is a one: "ciento una personas", but "doscientos una noche"."""
        after, table = self.at(begin + 1), self.table
        many = not after or after in table.scales or after.endswith(table.plural)
        return bool(table.tens_links) and (many or self.at(begin - 1) in table.unfinished)

    def cardinal(self, begin: int) -> Read | None:
        """Read a cardinal number; zero, too, but no bare article."""
        if begin not in self._cardinals:
            self._cardinals[begin] = self._cardinal(begin)
        return self._cardinals[begin]

    def _cardinal(self, begin: int) -> Read | None:
        if self.at(begin) in self.table.articles and self.at(begin - 1) in self.table.fractions:
            return None  # half a million
        if self.at(begin) == self.table.zeros[0]:
            return Read(0, begin + 1)
        total, end, limit = 0, begin, _NO_LIMIT
        while part := self._part(end, limit, first=end == begin):
            value, end, limit = part
            total += value
            if limit == 1:
                break
        return None if end == begin else Read(total, end)

    def _part(self, begin: int, limit: int, *, first: bool) -> tuple[int, int, int] | None:
        """Read a multiple of a scale below `limit`, or what is below thousand; return it, its end, and its scale."""
        start = begin + (not first and self.at(begin) in self.table.links)
        word = self.at(start)
        if word in self.table.bare_scales and self.table.scales[word] < limit:
            return self.table.scales[word], start + 1, self.table.scales[word]
        read = self.below_thousand(start)
        if read is None or (first is False and word in self.table.articles):
            return None
        scale = self.table.scales.get(self.at(read.end), 0)
        if scale and scale < limit:
            return read.value * scale, read.end + 1, scale
        alone = read.end == start + 1 and word in self.table.articles
        return None if alone or scale or read.value >= limit else (read.value, read.end, 1)

    def digit_words(self, begin: int) -> Iterator[tuple[str, int]]:
        """Yield digits said one by one, and where the words go on after each; "double five" are two at once."""
        end = begin
        while True:
            repeat = self.table.repeats.get(self.at(end), 1)
            digit = self.table.digits.get(self.at(end + (repeat > 1)))
            if digit is None or (repeat == 1 and self.is_more(end)):
                return
            end += 1 + (repeat > 1)
            yield str(digit) * repeat, end

    def is_more(self, begin: int) -> bool:
        """Tell whether the digit there begins a longer number: "two hundred"."""
        read = self.cardinal(begin)
        return read is not None and read.end > begin + 1

    def ordinal(self, begin: int) -> Read | None:
        """Read an ordinal number: "twenty third", "two hundredth", "a hundred and first"."""
        return self._ordinal_below_hundred(begin) or self._ordinal_of_hundreds(begin)

    def _ordinal_of_hundreds(self, begin: int) -> Read | None:
        hundreds = self.below_hundred(begin, article=True)
        if hundreds is None or hundreds.value >= _TEN:
            return None
        value, word = hundreds.value * _HUNDRED, self.at(hundreds.end)
        if self.table.ordinals.get(word) == _HUNDRED:
            return Read(value, hundreds.end + 1)
        start = hundreds.end + 1
        linked = self.at(start) in self.table.links
        rest = self._ordinal_below_hundred(start + linked) if word in self.table.hundred else None
        # "two hundred first class tickets" are no 201st.
        return Read(value + rest.value, rest.end) if rest and (linked or rest.value >= _TEN) else None

    def _ordinal_below_hundred(self, begin: int) -> Read | None:
        word, ordinals = self.at(begin), self.table.ordinals
        if word in ordinals:
            return Read(ordinals[word], begin + 1)
        tens = self.table.tens.get(word)
        unit = ordinals.get(self.at(begin + 1), _TEN)
        return Read(tens + unit, begin + 2) if tens and unit < _TEN else None
