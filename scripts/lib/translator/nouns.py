"""Nouns and their forms: articles, plurals, contractions and cases, in English, Spanish, French and German.

A noun is written as ``f farmacia/farmacias``: gender, singular, plural where the rule does not give it (``/-n`` adds
letters, ``/=`` adds none). ``fp gafas`` has no singular, ``f* agua`` takes the article of its sound (*el agua*; in
French, *le hall*, no elision). In English no gender is written, but ``p glasses`` and ``u luggage``, which is not
counted, in no language.

A form is named by its masculine example: ``le`` is *la* before a feminine noun, ``einen`` the German accusative.
``los``, ``les``, ``des``, ``aux`` speak of the kind: all of them if it is counted, else the stuff (*los ajos*, *la
leche*).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_NOTATION = {
    "en": re.compile(r"(?:(?P<mark>[pu]) )?(?P<word>[^/]+)(?:/(?P<plural>.+))?"),
    "": re.compile(r"(?P<mark>[mfn]p?\*?|p) (?P<word>[^/]+)(?:/(?P<plural>.+))?"),
}
_VOWEL_SOUND = re.compile(r"[aeiouàâéèêëîïôœh]", re.IGNORECASE)
_ENGLISH_A = re.compile(r"(?:uni|eu|one|us[ae])")
_ENGLISH_AN = re.compile(r"(?:[aeiou]|hour|X-ray|MP)")
_LINKS = {
    "de",
    "del",
    "à",
    "en",
    "para",
    "con",
    "sin",
    "a",
    "al",
    "du",
    "d'eau",
    "pour",
    "y",
    "sur",
    "contre",
    "au",
    "avec",
}


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun in one language with everything that its forms are made of."""

    language: str
    gender: str
    word: str
    plural: str
    counted: bool
    only_plural: bool
    other_article: bool = False

    def agreeing(self, choices: list[str], *, kind: bool = False) -> str:
        """Pick by number from two (singular, plural), by gender from three (m, f, n), by both from four (m, f, mp, fp).

        With `kind`, what is counted agrees as its plural.
        """
        plural = self.only_plural or (kind and self.counted)
        if len(choices) == 2:  # noqa: PLR2004 -- by number
            return choices[plural]
        if len(choices) == 3:  # noqa: PLR2004 -- by gender
            return choices["mfn".index(self.gender)]
        return choices[2 * plural + (self.gender == "f")]

    def form(self, name: str) -> str:
        """Return a form by its name; KeyError if the language has none of that name."""
        if not name:
            return self.word
        if name == "pl":
            return self.plural
        return _FORMS[self.language](self, name)


def parse(written: str, language: str, *, counted: bool = True) -> Noun:
    """Read a noun as the tables write it; ValueError if it is not written so."""
    found = _NOTATION.get(language, _NOTATION[""]).fullmatch(written)
    if not found:
        raise ValueError(f"{written!r} is not a noun of {language}")
    mark = found["mark"] or ""
    counted = counted and mark != "u"
    only_plural = "p" in mark
    single = only_plural or not counted
    plural = found["word"] if single else _plural(found["word"], found["plural"], language)
    return Noun(language, mark.strip("pu*"), found["word"], plural, counted, only_plural, "*" in mark)


def _plural(word: str, written: str | None, language: str) -> str:
    if written:
        return word if written == "=" else word + written[1:] if written.startswith("-") else written
    if language in {"es", "fr"} and " " in word:
        first, second, *rest = word.split(" ")
        linked = second in _LINKS or second.startswith("d'")
        return " ".join([_RULES[language](first), second if linked else _RULES[language](second), *rest])
    return _RULES[language](word)


def _english_plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ies"
    return f"{word}es" if re.search(r"(?:s|x|ch|sh)$", word) else f"{word}s"


def _spanish_plural(word: str) -> str:
    if re.search(r"[aeiouéá]$", word):
        return f"{word}s"
    if word.endswith("z"):
        return f"{word[:-1]}ces"
    for stressed, plain in zip("áéíóú", "aeiou", strict=True):
        if re.search(f"{stressed}[ns]$", word):
            return word[:-2] + plain + word[-1] + "es"
    return f"{word}es"


def _french_plural(word: str) -> str:
    if re.search(r"[sxz]$", word):
        return word
    if word.endswith("al"):
        return f"{word[:-2]}aux"
    return f"{word}x" if re.search(r"eau$|eu$", word) else f"{word}s"


_RULES: dict[str, Callable[[str], str]] = {
    "en": _english_plural,
    "es": _spanish_plural,
    "fr": _french_plural,
    "de": lambda word: word,
}


def _pick(noun: Noun, masculine: str, feminine: str, plural: str, neuter: str | None = None) -> str:
    if noun.only_plural:
        return plural
    if noun.gender == "n" and neuter is not None:
        return neuter
    return feminine if noun.gender == "f" else masculine


def _english(noun: Noun, name: str) -> str:
    if name == "a":
        if noun.only_plural or not noun.counted:
            return f"some {noun.word}"
        vowel = _ENGLISH_AN.match(noun.word) and not _ENGLISH_A.match(noun.word)
        return f"{'an' if vowel else 'a'} {noun.word}"
    if name == "this":
        return f"{'these' if noun.only_plural else 'this'} {noun.word}"
    if name == "that":
        return f"{'those' if noun.only_plural else 'that'} {noun.word}"
    raise KeyError(name)


_SPANISH = {
    "el": ("el", "la", "los", "las"),
    "al": ("al", "a la", "a los", "a las"),
    "del": ("del", "de la", "de los", "de las"),
    "este": ("este", "esta", "estos", "estas"),
    "ese": ("ese", "esa", "esos", "esas"),
    "otro": ("otro", "otra", "otros", "otras"),
    "un": ("un", "una", "unos", "unas"),
    "mi": ("mi", "mi", "mis", "mis"),
    "su": ("su", "su", "sus", "sus"),
    "ningun": ("ningún", "ninguna", "", ""),
}


def _spanish(noun: Noun, name: str) -> str:
    if name in {"los", "alos"}:
        return _spanish_kind(noun, {"los": "el", "alos": "al"}[name])
    if name == "unos":  # one, or some
        return noun.word if noun.only_plural else _spanish(noun, "un")
    if name == "un" and not noun.counted:
        return noun.word
    choices = _SPANISH[name]
    index = (noun.gender == "f") + 2 * noun.only_plural
    if noun.other_article and name in {"el", "al", "del", "un"} and not noun.only_plural:
        index = 0
    return f"{choices[index]} {noun.word}"


def _spanish_kind(noun: Noun, name: str) -> str:
    if not noun.counted:
        return _spanish(noun, name)
    return f"{_SPANISH[name][2 + (noun.gender == 'f')]} {noun.plural}"


_FRENCH = {
    "le": ("le ", "la ", "les ", "l'"),
    "au": ("au ", "à la ", "aux ", "à l'"),
    "du": ("du ", "de la ", "des ", "de l'"),
    "de": ("de ", "de ", "de ", "d'"),
    "mon": ("mon ", "ma ", "mes ", "mon "),
    "votre": ("votre ", "votre ", "vos ", "votre "),
    "ce": ("ce ", "cette ", "ces ", "cet "),
    "un": ("un ", "une ", "des ", ""),
}
_FRENCH_KINDS = {"les": ("les", "le"), "aux": ("aux", "au"), "des": ("des", "du"), "d": ("de", "de")}


def _french(noun: Noun, name: str) -> str:
    if name in _FRENCH_KINDS:
        return _french_kind(noun, name)
    if name == "dun":
        return _french(noun, "de") if noun.only_plural or not noun.counted else f"d'{_french(noun, 'un')}"
    if name == "un" and not noun.counted:
        name = "du"
    masculine, feminine, plural, elided = _FRENCH[name]
    vowel = bool(_VOWEL_SOUND.match(noun.word)) and not noun.other_article
    if name == "ce" and noun.gender == "f":
        vowel = False
    if vowel and elided and (not noun.only_plural or name == "de"):
        return elided + noun.word
    return _pick(noun, masculine, feminine, plural) + noun.word


def _french_kind(noun: Noun, name: str) -> str:
    many, stuff = _FRENCH_KINDS[name]
    if not noun.counted:
        return _french(noun, stuff)
    kind = Noun("fr", noun.gender, noun.plural, noun.plural, counted=True, only_plural=True)
    return _french(Noun(*_fields(kind), noun.other_article), {"les": "le", "aux": "au", "des": "un"}.get(many, many))


def _fields(noun: Noun) -> tuple[str, str, str, str, bool, bool]:
    return noun.language, noun.gender, noun.word, noun.plural, noun.counted, noun.only_plural


#: Masculine, feminine, plural, neuter.
_GERMAN = {
    "der": ("der", "die", "die", "das"),
    "den": ("den", "die", "die", "das"),
    "dem": ("dem", "der", "den", "dem"),
    "ein": ("ein", "eine", "", "ein"),
    "einen": ("einen", "eine", "", "ein"),
    "einem": ("einem", "einer", "", "einem"),
    "mein": ("mein", "meine", "meine", "mein"),
    "meinen": ("meinen", "meine", "meine", "mein"),
    "meinem": ("meinem", "meiner", "meinen", "meinem"),
    "dieser": ("dieser", "diese", "diese", "dieses"),
    "diesen": ("diesen", "diese", "diese", "dieses"),
    "ihren": ("Ihren", "Ihre", "Ihre", "Ihr"),
    "kein": ("kein", "keine", "keine", "kein"),
    "keinen": ("keinen", "keine", "keine", "kein"),
    "zum": ("zum", "zur", "zu den", "zum"),
    "im": ("im", "in der", "in den", "im"),
    "am": ("am", "an der", "an den", "am"),
    "beim": ("beim", "bei der", "bei den", "beim"),
    "vom": ("vom", "von der", "von den", "vom"),
    "andere": ("anderen", "andere", "andere", "anderes"),
}


def _german(noun: Noun, name: str) -> str:
    if name in {"keine", "die"}:  # the kind
        return f"{name} {noun.plural}" if noun.counted else _german(noun, {"keine": "keinen", "die": "der"}[name])
    if name == "mit":
        return noun.plural if not (noun.counted or noun.only_plural) else _german_dative(noun.plural)
    if name in {"ein", "einen", "einem"} and not noun.counted:
        return noun.word
    article = _pick(noun, *_GERMAN[name])
    dative = noun.only_plural and name in {"dem", "meinem", "zum", "im", "am", "beim", "vom"}
    return f"{article} {_german_dative(noun.word) if dative else noun.word}".strip()


def _german_dative(plural: str) -> str:
    return plural if plural[-1] in "ns" else f"{plural}n"


_FORMS = {"en": _english, "es": _spanish, "fr": _french, "de": _german}
