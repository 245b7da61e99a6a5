"""How a language writes and says figures: ``daemon/data/figures_spoken.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from daemon.language_tags import base


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers that agree with what they count; `hundreds` by their first figure."""

    nouns: str
    numbers: dict[str, str]
    hundreds: dict[str, str] = {}


class Manners(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See the file. What is empty is read right as it stands."""

    decimal: str
    group: str
    #: The sign, with a blank before it where it has one.
    percent: str
    #: Currencies whose sign stands before an amount, and those where it stands behind, with the blank of `percent`.
    signs_before: str = ""
    signs_behind: str = ""
    #: What a number of a house, a bus or a room is written with.
    numbered: str = ""
    #: Marks that have an unbreakable blank before them, and those that have one after them.
    apart_before: str = ""
    apart_after: str = ""
    #: The afternoon's hours are written 13 to 24.
    afternoon: bool = False
    minus: str = ""
    plus_minus: str = ""
    early: str = ""
    full: str = ""
    late: str = ""
    #: A time that is neither.
    other: str = ""
    #: A word after a time that is said with it anyway.
    clock: str = ""
    hours: dict[str, str] = {}
    #: And what a full hour is not written without before a part of the day: of one, of several.
    hour: tuple[str, str] | None = None
    #: Words before an hour of the clock, which is else a score, a room or a dose; as a regular expression.
    before_hour: str = ""
    #: Parts of the day as they are said after a time → the hours of 24 from which and to which they are.
    parts: dict[str, tuple[int, int]] = {}
    #: What is wrong of times in translations, and what is right: `daemon.figures.times`.
    times: tuple[tuple[str, str], ...] = ()
    #: And what is said for times without minutes, that are right as they stand.
    said_times: tuple[tuple[str, str], ...] = ()
    #: Patterns: what stands before the time that something is at, that a span of time may be said, and minutes to an
    #: hour.
    at: str = ""
    span: str = ""
    minutes_before: str = ""
    #: What translators put before the time that something is at, and what stands there.
    misread_at: tuple[str, str] | None = None
    decades: list[str] = []
    #: Currency or unit → its name for one, and for several.
    signs: dict[str, tuple[str, str]] = {}
    units: dict[str, tuple[str, str]] = {}
    #: Thousands and millions → what stands between them and a currency; and how that is elided.
    scales: dict[str, str] = {}
    elided: tuple[str, str] = ("", "")
    #: Of what else there may be millions: a long number before it is no telephone's.
    many: str = ""
    #: The months, as they are written; how a day of one is, and what stands before its year.
    months: str = ""
    date: str = "{day} {month}"
    before_year: str = " "
    #: What translators make of May, as a regular expression: what one may do, and what may be.
    may: str = ""
    #: The month may stand before its day.
    month_first: bool = False
    #: What translators put before a year by itself, and what stands there: ``né à 1999``, ``né en 1999``.
    in_year: tuple[str, str] | None = None
    #: What is wrong of dates, ordinals and decades in translations, and what is right: `daemon.figures.forms`.
    forms: tuple[tuple[str, str], ...] = ()
    #: How the first day of a month is written, where other days are bare numbers.
    first: str = ""
    #: The words for two, three, … twelve, each of which may have several.
    small: list[str] = []
    #: What the ordinals from one to twelve begin with; each may have several.
    ordinals: list[str] = []
    #: Ordinals from one on as they are said: words, with what is said of those after them; or stems up to nineteen,
    #: with those of the tens and what stands before these, and the nouns beside months that they are said of.
    places: str = ""
    place_word: str = ""
    ones: str = ""
    tens: str = ""
    place_nouns: dict[str, str] = {}
    counted: list[Counted] = []


def manners(language: str) -> Manners | None:
    """Return the manners of a BCP-47 language; None where they are not known."""
    return _all().get(base(language))


@cache
def _all() -> dict[str, Manners]:
    text = (resources.files("daemon.data") / "figures_spoken.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Manners])
