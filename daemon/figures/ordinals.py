"""Ordinals as they are said: ``am 21. Mai`` is *am einundzwanzigsten Mai*, ``le 23e étage`` *le vingt-troisième étage*.

espeak-ng 1.51 ends a German sentence at the stop, and says the French letter by itself. Pure.
"""

from __future__ import annotations

import re
from functools import cache

from daemon.figures.manners import Manners

#: German: after these words an ordinal ends in -en, and after those that end so, too.
_WEAK = frozenset("am vom zum zur dem den des bis ab seit beim im".split())  # noqa: SIM905 -- a sentence's worth of words
_WEAK_ENDINGS = ("em", "en", "nes", "res")
#: And after these it shows what its noun is, as it does where nothing is before it.
_BARE = frozenset("ein mein dein sein ihr unser euer kein".split())  # noqa: SIM905
_ENDINGS = {"m": "er", "f": "e", "n": "es"}
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

    def say(found: re.Match[str]) -> str:
        value, before = int(found["value"]), found["before"] or ""
        if not 1 <= value <= len(stems):
            return found.group()
        return f"{before}{stems[value - 1]}{_ending(before.strip().lower(), genders[found['noun']])} "

    return _pattern(tuple(genders)).sub(say, text)


def _ending(before: str, gender: str) -> str:
    if before in _WEAK or before.endswith(_WEAK_ENDINGS) or (gender == "f" and before.endswith("er")):
        return "en"
    return _ENDINGS[gender] if before in _BARE else "e"


@cache
def _pattern(nouns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?P<before>\b\w+ )?(?<![\d.,:])(?P<value>\d\d?)\. (?=(?P<noun>{'|'.join(nouns)})(?:e?s)?\b)")


@cache
def _stems(first: str, ones: str, tens: str) -> list[str]:
    """Return the stems of the ordinals from one to 99; those to nineteen are a word each."""
    return first.split() + [f"{one}{ten}" for ten in tens.split() for one in ["", *ones.split()]]
