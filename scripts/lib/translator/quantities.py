"""What is counted and measured in speech: prices, times of day, dates, durations, telephone numbers.

Each is drawn once and then said in any language, in letters or in digits. A display shows prices, dates, telephone
and room numbers always in digits; times of day keep the way in which they were said.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from .cardinals import cardinal, ordinal

#: Up to here a number in letters stays in letters.
LETTERS_TO = 12

Words = dict[str, str]


def by_language(line: str) -> Words:
    """Split ``en | es | fr | de``."""
    return dict(zip(("en", "es", "fr", "de"), (part.strip() for part in line.split("|")), strict=True))


@dataclass(frozen=True, slots=True)
class Way:
    """How one side is written: as the target, or as a source said in letters."""

    target: bool
    spoken: bool


def number(value: int, language: str, form: str, way: Way, rng: random.Random) -> str:
    """Return a number of things, ``form`` m or f before a noun."""
    if not way.spoken or (way.target and value > LETTERS_TO):
        return str(value)
    word = cardinal(value, language, form)
    if language == "en" and not way.target and rng.random() < 0.3:  # noqa: PLR2004 -- as Americans say it
        word = word.replace(" and ", " ")
    return word


def year(value: int, language: str, way: Way) -> str:
    """Return a year, which is said in hundreds: ``nineteen forty-five``, ``neunzehnhundertfünf``."""
    if way.target or not way.spoken:
        return str(value)
    hundreds, rest = divmod(value, 100)
    if language == "de" and hundreds % 10:
        return f"{cardinal(hundreds, 'de')}hundert{cardinal(rest, 'de') if rest else ''}"
    if language == "en" and rest > 9:  # noqa: PLR2004 -- nineteen oh five is said, two thousand and five more often
        return f"{cardinal(hundreds, 'en')} {cardinal(rest, 'en')}"
    return cardinal(value, language)


def code(value: int, language: str, way: Way, rng: random.Random) -> str:
    """Return a number that names something, as a room: in digits, or said whole or digit by digit."""
    if way.target or not way.spoken:
        return str(value)
    if value > 99 and rng.random() < 0.5:  # noqa: PLR2004 -- every other of three digits and more
        return digits(str(value), language, rng)
    return cardinal(value, language)


def digits(text: str, language: str, rng: random.Random) -> str:
    """Return a row of digits said one by one."""
    said = " ".join(cardinal(int(digit), language) for digit in text if digit.isdigit())
    return said.replace("zero", "oh") if language == "en" and rng.random() < 0.5 else said  # noqa: PLR2004


def telephone(rng: random.Random) -> str:
    """Return a telephone number in groups of three, the last of up to four."""
    length = rng.choice((6, 7, 9, 9, 10))
    row = "".join(str(rng.randrange(10)) for _ in range(length))
    cut = [row[start : start + 3] for start in range(0, length, 3)]
    return " ".join(cut) if len(cut[-1]) > 1 else " ".join([*cut[:-2], cut[-2] + cut[-1]])


CURRENCIES = (
    ("euros", "m", by_language("euros | euros | euros | Euro")),
    ("dollars", "m", by_language("dollars | dólares | dollars | Dollar")),
    ("pounds", "f", by_language("pounds | libras | livres | Pfund")),
    ("francs", "m", by_language("francs | francos | francs | Franken")),
    ("pesos", "m", by_language("pesos | pesos | pesos | Pesos")),
)


@dataclass(frozen=True, slots=True)
class Price:
    """So many of a currency; ``cents`` None for a round price."""

    whole: int
    cents: int | None
    currency: int

    @classmethod
    def drawn(cls, rng: random.Random) -> Price:
        """Draw a price that things have."""
        whole = rng.choice((rng.randint(2, 30), rng.randint(2, 100), 5 * rng.randint(4, 200), rng.randint(100, 2500)))
        odd = whole < 100 and rng.random() < 0.3  # noqa: PLR2004 -- nobody says cents of hundreds
        return cls(
            whole, rng.choice((20, 25, 50, 75, 80, 90, 95, 99)) if odd else None, rng.choice((0, 0, 0, 1, 2, 3, 4))
        )

    def said(self, language: str, way: Way, rng: random.Random) -> str:
        """Return the price with its currency."""
        _, gender, names = CURRENCIES[self.currency]
        if self.cents is None:
            return f"{number(self.whole, language, gender, way, rng)} {names[language]}"
        if way.target or not way.spoken:
            return f"{self.whole}{'.' if language == 'en' else ','}{self.cents} {names[language]}"
        joint = {"en": "", "es": "con ", "fr": "", "de": ""}[language]
        whole, cents = cardinal(self.whole, language, gender), cardinal(self.cents, language)
        return f"{whole} {names[language]} {joint}{cents}"


MONTHS = tuple(
    by_language(line)
    for line in (
        "January | enero | janvier | Januar",
        "February | febrero | février | Februar",
        "March | marzo | mars | März",
        "April | abril | avril | April",
        "May | mayo | mai | Mai",
        "June | junio | juin | Juni",
        "July | julio | juillet | Juli",
        "August | agosto | août | August",
        "September | septiembre | septembre | September",
        "October | octubre | octobre | Oktober",
        "November | noviembre | novembre | November",
        "December | diciembre | décembre | Dezember",
    )
)
_THIRTY = {3, 5, 8, 10}


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the year: month 0 to 11, day 1 to 31."""

    month: int
    day: int

    @classmethod
    def drawn(cls, rng: random.Random) -> Date:
        """Draw any day but 29 February."""
        month = rng.randrange(12)
        return cls(month, rng.randint(1, 28 if month == 1 else 30 if month in _THIRTY else 31))

    def said(self, language: str, form: str, way: Way, rng: random.Random) -> str:
        """Return the date with its article where it has one: ``el 23 de mayo``, but in German ``23. Mai``.

        ``form`` names another article (al, del, au, du), or ``der`` for the German nominative.
        """
        month = MONTHS[self.month][language]
        in_letters = way.spoken and not way.target
        day = ordinal(self.day, language) if in_letters else str(self.day)
        if language == "en":
            return self._english(day if in_letters else None, month, way, rng)
        if language == "es":
            return f"{form or 'el'} {day} de {month}"
        if language == "fr":
            return f"{form or 'le'} {day if in_letters or self.day > 1 else '1er'} {month}"
        if in_letters:
            return f"{day.removesuffix('n') if form == 'der' else day} {month}"
        return f"{day}. {month}"

    def _english(self, word: str | None, month: str, way: Way, rng: random.Random) -> str:
        if not word and not way.target and rng.random() < 0.5:  # noqa: PLR2004 -- as `daemon.figures` writes it
            return f"{self.day} {month}"
        ending = {1: "st", 2: "nd", 3: "rd"}.get(self.day % 10 if self.day // 10 != 1 else 0, "th")
        day = word or f"{self.day}{ending}"
        if way.target or rng.random() < 0.5:  # noqa: PLR2004 -- both are usual
            return f"{month} {day}"
        return f"the {day} of {month}"


#: Unit, gender, one, more; German also the dative of more.
UNITS = {
    name: (genders, by_language(one), by_language(more))
    for name, genders, one, more in (
        ("minute", "mmff", "minute | minuto | minute | Minute", "minutes | minutos | minutes | Minuten"),
        ("hour", "mfff", "hour | hora | heure | Stunde", "hours | horas | heures | Stunden"),
        ("day", "mmmm", "day | día | jour | Tag", "days | días | jours | Tage"),
        ("night", "mfff", "night | noche | nuit | Nacht", "nights | noches | nuits | Nächte"),
        ("week", "mfff", "week | semana | semaine | Woche", "weeks | semanas | semaines | Wochen"),
        ("month", "mmmm", "month | mes | mois | Monat", "months | meses | mois | Monate"),
        ("year", "mmmn", "year | año | an | Jahr", "years | años | ans | Jahre"),
    )
}
_MOST = {"minute": 59, "hour": 24, "day": 30, "night": 21, "week": 12, "month": 18, "year": 60}


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of a unit, one or more."""

    count: int
    unit: str

    @classmethod
    def drawn(cls, rng: random.Random, units: list[str]) -> Duration:
        """Draw a duration in one of the units, short ones more often."""
        unit = rng.choice(units or list(UNITS))
        most = _MOST[unit]
        return cls(rng.choice((1, rng.randint(2, min(most, 12)), rng.randint(2, most))), unit)

    def said(self, language: str, form: str, way: Way, rng: random.Random) -> str:
        """Return the duration; ``form`` ``dat`` is the German dative."""
        genders, one, more = UNITS[self.unit]
        gender = genders[("en", "es", "fr", "de").index(language)]
        if self.count == 1:
            return self._single(language, gender, one[language], form, way, rng)
        name = more[language]
        if form == "dat" and not name.endswith("n"):
            name += "n"
        return f"{number(self.count, language, gender, way, rng)} {name}"

    def _single(self, language: str, gender: str, name: str, form: str, way: Way, rng: random.Random) -> str:
        if not way.spoken:
            return f"1 {name}"
        if language == "en" and (way.target or rng.random() < 0.5):  # noqa: PLR2004 -- "an hour", "one hour"
            return f"an {name}" if name == "hour" else f"a {name}"
        if language == "de":
            article = {"m": ("einen", "einem"), "f": ("eine", "einer"), "n": ("ein", "einem")}[gender]
            return f"{article[form == 'dat']} {name}"
        return f"{cardinal(1, language, gender)} {name}"
