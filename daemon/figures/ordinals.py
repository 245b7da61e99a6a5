"""Ordinals as they are said: ``am 21. Mai`` is *am einundzwanzigsten Mai*, ``le 23e étage`` *le vingt-troisième étage*.

espeak-ng 1.51 ends a German sentence at the stop, and says the French letter by itself. Pure.
"""

from __future__ import annotations

import re
from functools import cache

from daemon.figures.manners import Manners

#: German: after these words an ordinal ends in -en; before what is feminine, after the others, too. Many a verb and
#: noun ends as they do: *Wir fahren 1. Klasse*.
_WEAK = re.compile(
    r"am|vom|zum|zur|bis|ab|seit|gegen|beim|im|(?:d|dies|jed|jen|[mdsk]?ein|ihr|unse?r|eue?r)e[mn]"
    r"|(?:d|[mdsk]?ein|ihr|unse?r|eue?r)es"
)
_WEAK_FEMININE = re.compile(r"(?:d|dies|jed|jen|[mdsk]?ein|ihr|unse?r|eue?r)er")
#: And after these it shows what its noun is.
_BARE = frozenset("ein mein dein sein ihr unser euer kein".split())  # noqa: SIM905 -- a sentence's worth of words
_ENDINGS = {"m": "er", "f": "e", "n": "es"}
#: The second of two ends as the first, and the first has the noun of the second: ``am 4. und 5. Juli``.
_AS_BEFORE = frozenset({"und", "oder"})
_SECOND = r"(?:(?:bis|und|oder)(?: (?:zum|dem|den|der))? \d\d?\. )?"
_MONTH = "m"


def said(text: str, known: Manners) -> str:
    """Return the text with its ordinals in words, in the languages that have them in figures."""
    if known.place_word:
        text = re.sub(r"(?<![\w.,:-])(\d{1,3})e\b", lambda found: _named(int(found[1]), known), text)
    return _declined(text, known) if known.place_nouns else text


def _named(value: int, known: Manners) -> str:
    names = known.places.split()
    return names[value - 1] if 1 <= value <= len(names) else known.place_word.format(n=value)


def _declined(text: str, known: Manners) -> str:
    """Write what German has before a month, or before what is counted so: ``im 3. Stock``."""
    genders = {noun: gender for gender, nouns in known.place_nouns.items() for noun in nouns.split()}
    genders |= dict.fromkeys(known.months.split(), _MONTH)
    stems = _stems(known.places, known.ones, known.tens)

    ending = "e"

    def say(found: re.Match[str]) -> str:
        nonlocal ending
        value, before = int(found["value"]), found["before"] or ""
        if not 1 <= value <= len(stems):
            return found.group()
        if before.strip() not in _AS_BEFORE:
            ending = _ending(before.strip().lower(), genders[found["noun"]])
        return f"{before}{stems[value - 1]}{ending} "

    return _pattern(tuple(genders)).sub(say, text)


def _ending(before: str, gender: str) -> str:
    if _WEAK.fullmatch(before) or (gender == "f" and _WEAK_FEMININE.fullmatch(before)):
        return "en"
    return _ENDINGS[gender] if before in _BARE else "e"


@cache
def _pattern(nouns: tuple[str, ...]) -> re.Pattern[str]:
    noun = rf"{_SECOND}(?P<noun>{'|'.join(nouns)})(?:e?s)?\b"
    return re.compile(rf"(?P<before>\b\w+ )?(?<![\d.,:])(?P<value>\d\d?)\. (?={noun})")


@cache
def _stems(first: str, ones: str, tens: str) -> list[str]:
    """Return the stems of the ordinals from one to 99; those to nineteen are a word each."""
    return first.split() + [f"{one}{ten}" for ten in tens.split() for one in ["", *ones.split()]]
