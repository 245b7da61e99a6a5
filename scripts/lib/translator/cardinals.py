"""Whole numbers from 0 to 9999 in letters, in English, Spanish, French and German, as a recognizer writes them."""

from __future__ import annotations

_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SPANISH = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
]
_SPANISH_TENS = ["-", "-", "-", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_SPANISH_HUNDREDS = [
    "-",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
_FRENCH = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_FRENCH_TENS = [
    "-",
    "-",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
]
_GERMAN = [
    "null",
    "eins",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "sechs",
    "sieben",
    "acht",
    "neun",
    "zehn",
    "elf",
    "zwölf",
    "dreizehn",
    "vierzehn",
    "fünfzehn",
    "sechzehn",
    "siebzehn",
    "achtzehn",
    "neunzehn",
]
_GERMAN_TENS = ["-", "-", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]

LIMIT = 9999


def cardinal(number: int, language: str, form: str = "") -> str:
    """Return a number in letters; `form` ``m`` or ``f`` is the one before a noun of that gender.

    Raises ValueError below 0 and above 9999.
    """
    if not 0 <= number <= LIMIT:
        raise ValueError(f"{number} is not between 0 and {LIMIT}")
    return _LANGUAGES[language](number, form)


def ordinal(number: int, language: str) -> str:
    """Return how the day of a month is said, 1 to 31: an ordinal where the language has it so."""
    if language == "en":
        return _english_ordinal(number)
    if language == "de":
        return _german_ordinal(number)
    if number == 1:
        return {"es": "uno", "fr": "premier"}[language]
    return cardinal(number, language)


def _english(number: int, _form: str = "") -> str:
    if number < len(_ENGLISH):
        return _ENGLISH[number]
    if number < 100:  # noqa: PLR2004 -- the word for it follows
        tens, ones = divmod(number, 10)
        return _ENGLISH_TENS[tens] + (f"-{_ENGLISH[ones]}" if ones else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")  # noqa: PLR2004 -- the words say it
    many, rest = divmod(number, size)
    link = " and " if rest < 100 else " "  # noqa: PLR2004 -- "two thousand and five"
    return f"{_ENGLISH[many]} {name}" + (link + _english(rest) if rest else "")


def _english_ordinal(number: int) -> str:
    irregular = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}
    if number > 20 and number % 10:  # noqa: PLR2004 -- twenty-first
        return f"{_ENGLISH_TENS[number // 10]}-{_english_ordinal(number % 10)}"
    word = _english(number)
    return irregular.get(number) or (f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th")


def _spanish(number: int, form: str = "") -> str:
    if number >= 1000:  # noqa: PLR2004 -- mil
        thousands, rest = divmod(number, 1000)
        head = "mil" if thousands == 1 else f"{_SPANISH[thousands]} mil"
        return f"{head} {_spanish(rest, form)}" if rest else head
    if number > 100:  # noqa: PLR2004 -- ciento
        hundreds, rest = divmod(number, 100)
        head = _SPANISH_HUNDREDS[hundreds]
        head = f"{head[:-2]}as" if form == "f" and hundreds > 1 else head
        return f"{head} {_spanish(rest, form)}" if rest else head
    if number == 100:  # noqa: PLR2004 -- cien
        return "cien"
    tens, ones = divmod(number, 10)
    word = (
        _SPANISH[number] if number < len(_SPANISH) else _SPANISH_TENS[tens] + (f" y {_SPANISH[ones]}" if ones else "")
    )
    return _spanish_one(word, form)


def _spanish_one(word: str, form: str) -> str:
    if not word.endswith("uno") or not form:
        return word
    if form == "f":
        return f"{word[:-1]}a"
    return "veintiún" if word == "veintiuno" else word[:-1]


def _french(number: int, form: str = "") -> str:
    if number >= 100:  # noqa: PLR2004 -- cent
        size, name = (1000, "mille") if number >= 1000 else (100, "cent")  # noqa: PLR2004 -- the words say it
        many, rest = divmod(number, size)
        head = name if many == 1 else f"{_french(many)} {name}"
        if not rest:
            return f"{head}s" if name == "cent" and many > 1 else head
        return f"{head} {_french(rest, form)}"
    word = _french_below_hundred(number)
    return f"{word}e" if form == "f" and word.endswith("un") else word


def _french_below_hundred(number: int) -> str:
    if number < len(_FRENCH):
        return _FRENCH[number]
    tens = number // 10
    rest = number - (tens - tens % 2 if tens >= 6 else tens) * 10  # noqa: PLR2004 -- seventy is sixty-ten
    head = _FRENCH_TENS[tens]
    if not rest:
        return f"{head}s" if head == "quatre-vingt" else head
    linked = rest in {1, 11} and head != "quatre-vingt"
    return f"{head} et {_FRENCH[rest]}" if linked else f"{head}-{_FRENCH[rest]}"


def _german(number: int, form: str = "") -> str:
    if number == 1 and form:
        return "ein" if form == "m" else "eine"
    if number < len(_GERMAN):
        return _GERMAN[number]
    if number >= 100:  # noqa: PLR2004 -- hundert
        size, name = (1000, "tausend") if number >= 1000 else (100, "hundert")  # noqa: PLR2004 -- the words say it
        many, rest = divmod(number, size)
        return _german(many, "m") + name + (_german(rest) if rest else "")
    tens, ones = divmod(number, 10)
    return (f"{_german(ones, 'm')}und" if ones else "") + _GERMAN_TENS[tens]


def _german_ordinal(number: int) -> str:
    irregular = {1: "ersten", 3: "dritten", 7: "siebten", 8: "achten"}
    return irregular.get(number) or _german(number) + ("ten" if number < 20 else "sten")  # noqa: PLR2004 -- zwanzigsten


_LANGUAGES = {"en": _english, "es": _spanish, "fr": _french, "de": _german}
