"""Times of day as they are said (``half past seven``, ``halb acht``) and as they are written (``7:30``)."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .cardinals import cardinal
from .quantities import Way

_HOURS = 12
_HALF = 30
_EVENING = 2
_PARTS = {
    "en": ("in the morning", "in the afternoon", "in the evening", "in the morning"),
    "es": ("de la mañana", "de la tarde", "de la noche", "de la madrugada"),
    "fr": ("du matin", "de l'après-midi", "du soir", "du matin"),
    "de": ("morgens", "nachmittags", "abends", "nachts"),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: hour 1 to 12, minute, the part of the day (0 morning, 1 afternoon, 2 evening, 3 night) or None.

    ``short`` writes a full hour without its minutes.
    """

    hour: int
    minute: int
    part: int | None
    short: bool

    @classmethod
    def drawn(cls, rng: random.Random) -> Clock:
        """Draw a time, full and half hours more often, every other with its part of the day."""
        part = rng.choice((None, None, None, 0, 1, 2, 3))
        hour = rng.choice({None: range(1, 13), 0: range(6, 12), 1: range(1, 6), 2: range(7, 11), 3: range(1, 6)}[part])
        minute = rng.choice((0, 0, 30, 30, 15, 45, 5 * rng.randrange(12), rng.randrange(60)))
        return cls(hour, minute, part, part is not None or rng.random() < 0.5)  # noqa: PLR2004 -- every other

    def said(self, language: str, form: str, way: Way, rng: random.Random) -> str:
        """Return the time after *at*, *a*, *à* or *um*; ``its`` is the whole of *It is seven* in Spanish."""
        in_letters = way.spoken and (self.minute % 5 == 0 or not way.target)
        time = self._letters(language, way, rng) if in_letters else self._digits(language)
        part = "" if self.part is None else f" {self._part(language, in_letters)}"
        if language == "es":
            return self._spanish(time + part, form)
        return time + part

    def _spanish(self, time: str, form: str) -> str:
        verb = {"its": ("Es ", "Son ")}.get(form, ("", ""))
        one = time.startswith(("una", "1 ", "1:")) or time == "1"
        return f"{verb[0]}la {time}" if one else f"{verb[1]}las {time}"

    def _part(self, language: str, in_letters: bool) -> str:  # noqa: FBT001 -- private
        part = self.part or 0
        if language == "en" and not in_letters:
            return ("a.m.", "p.m.", "p.m.", "a.m.")[part]
        if language == "es" and part == _EVENING and self.hour < 8:  # noqa: PLR2004 -- it begins later there
            return _PARTS[language][_EVENING - 1]
        return _PARTS[language][part]

    def _digits(self, language: str) -> str:
        if self.minute or not self.short:
            return f"{self.hour}:{self.minute:02}" + (" Uhr" if language == "de" else "")
        after = {"en": "" if self.part is not None else " o'clock", "es": "", "de": " Uhr"}
        return f"{self.hour}" + after.get(language, " heure" if self.hour == 1 else " heures")

    def _letters(self, language: str, way: Way, rng: random.Random) -> str:
        as_row = not way.target and (self.minute % 5 or (language != "es" and rng.random() < 0.3))  # noqa: PLR2004
        if as_row and self.minute:
            return self._row(language)
        return {"en": self._in_english, "es": self._in_spanish, "fr": self._in_french, "de": self._in_german}[
            language
        ]()

    def _row(self, language: str) -> str:
        hour = cardinal(self.hour, language, {"de": "m"}.get(language, "f"))
        minute = cardinal(self.minute, language)
        if language == "en":
            return f"{hour} {'oh ' if self.minute < 10 else ''}{minute}"  # noqa: PLR2004 -- two digits
        return f"{hour} {self._link(language)} {minute}"

    def _link(self, language: str) -> str:
        return {"es": "y", "fr": "heure" if self.hour == 1 else "heures", "de": "Uhr"}[language]

    @property
    def _next(self) -> int:
        return self.hour % _HOURS + 1

    def _minutes(self, language: str, quarter: str) -> str:
        """Return the minutes since the hour or, in the second half, until the next."""
        count = min(self.minute, 60 - self.minute)
        return quarter if count == 15 else cardinal(count, language)  # noqa: PLR2004 -- a quarter

    def _in_english(self) -> str:
        hour = cardinal(self.hour, "en")
        if not self.minute:
            return hour if self.part is not None else f"{hour} o'clock"
        if self.minute == _HALF:
            return f"half past {hour}"
        minutes = self._minutes("en", "quarter")
        return f"{minutes} past {hour}" if self.minute < _HALF else f"{minutes} to {cardinal(self._next, 'en')}"

    def _in_spanish(self) -> str:
        hour = cardinal(self.hour, "es", "f")
        if not self.minute:
            return hour
        if self.minute == _HALF:
            return f"{hour} y media"
        minutes = self._minutes("es", "cuarto")
        return f"{hour} y {minutes}" if self.minute < _HALF else f"{cardinal(self._next, 'es', 'f')} menos {minutes}"

    def _in_french(self) -> str:
        after = self.minute > _HALF
        hour = self._next if after else self.hour
        name = f"{cardinal(hour, 'fr', 'f')} {'heure' if hour == 1 else 'heures'}"
        if not self.minute:
            return name
        if self.minute == _HALF:
            return f"{name} et demie"
        return (
            f"{name} moins {self._minutes('fr', 'le quart')}" if after else f"{name} {self._minutes('fr', 'et quart')}"
        )

    def _in_german(self) -> str:
        hour, following = cardinal(self.hour, "de"), cardinal(self._next, "de")
        if not self.minute:
            return f"{cardinal(self.hour, 'de', 'm')} Uhr"
        if self.minute == _HALF:
            return f"halb {following}"
        if abs(self.minute - _HALF) == 5:  # noqa: PLR2004 -- five to half past
            return f"fünf {'vor' if self.minute < _HALF else 'nach'} halb {following}"
        minutes = self._minutes("de", "Viertel")
        return f"{minutes} nach {hour}" if self.minute < _HALF else f"{minutes} vor {following}"
