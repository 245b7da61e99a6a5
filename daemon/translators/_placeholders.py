"""Carries names, numbers and marks through a model: placeholders that it was taught stand for them, and come out once.

Only what the model does not know is hidden: figures and codes, e-mail addresses, capitalized words that it was not
taught, and whatever the caller marked. What is hidden is never invented anew, and no name is lost. A name of several
words is one: of three in a row, *Doña Carmen Ruiz*, the model loses one. Other words that it was not taught may be
hidden, too: a foreign word in a translation says more than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from daemon.figures.units import UNITS
from daemon.translators._lexicon import Lexicon

#: The signs of all currencies: what a model was not taught comes out as a question mark.
_SIGN = r"[$\u00a2-\u00a5\u20a0-\u20c0\uffe5]"
#: Endings of figures that a model knows how to write: ``2nd``, ``1980s``, ``1er``, ``3ra``.
_ENDINGS = "st|nd|rd|th|s|er|o|[rdtmvn][oa]"
#: A half, a quarter, two thirds … in one letter.
_PART = "[\u00bc-\u00be\u2150-\u215e]"
#: Figures, or a word with some, which is a code or has its unit: ``12``, ``B12``, ``221b``, ``aB3xY9``, ``5kg``.
_RUN = rf"(?!\d+(?:{_ENDINGS})\b)[A-Za-z]*\d[A-Za-z\d]*{_PART}?"
#: One number, fraction, date, time or price: ``1,250.50``, ``1/2``, ``05/06/2026``, ``7:30 p.m.``, ``5'50``.
_ONE = rf"(?:{_RUN}(?:[.,:/'\u2019]{_RUN})*(?: [ap]\.m\.)?|{_PART})"
_TELEPHONE = r"\(\d{2,5}\)[ -]?\d{3,}(?: \d{3,4})*|\d{2,}(?: \d{3,4})+"
#: And what is joined to it: ``1-2``, ``5%-10%``, ``555-123-4567``, ``BA-204``, ``120km/h``.
_FIGURES = rf"\+?(?:{_TELEPHONE}|(?:[A-Z]{{1,3}}-)?{_ONE})(?:%?[-\u2013]{_SIGN}?{_ONE})*(?:/[A-Za-z]{{1,2}})?"
#: What is written alike everywhere: ``25%``, ``39°``, ``5 kg``.
_UNIT = rf" ?%|°[CF]?(?!\w)| (?:{UNITS}|°[CF])(?!\w)"
#: What stands before a number: ``US$``, ``-``, ``±``, ``No.``, ``n.º``.
_BEFORE = rf"[A-Z]{{0,3}}{_SIGN} ?|[-\u2212\u00b1]|\+/-|N[or]\. ?|[nN]\.?[º°] ?|# ?"
#: A number as people write it, with what belongs to it: ``$1,250.50``, ``US$5``, ``25%``, ``-10``, ``+44 207 123``.
_NUMBER = re.compile(rf"(?<![\w.,:+]|{_SIGN})(?:{_BEFORE})?{_FIGURES}(?!\w)(?:{_UNIT}| ?{_SIGN}(?!\w))?")
#: A page, an e-mail address, or the name of somebody's account.
_ADDRESS = re.compile(r"(?:https?://|\bwww\.)[^\s<>]*[\w/]|(?<![\w.+-])[\w.+-]*@[\w.-]*\w")
#: Letters of other scripts, and pictures: of these the models that ship know none, and make figures or nothing of them.
_STRANGE = (
    "[\u0370-\u1dbf\u1f00-\u1fff\u2600-\u27bf\u2b00-\u2bff\u2e80-\ud7ff\uf900-\ufaff\ufe00-\ufe0f\uff66-\uffdc"
    "\U0001f000-\U0001faff\U00020000-\U0003ffff\u200d\u20e3]"
)
_STRANGERS = re.compile(rf"{_STRANGE}+(?:[ \d]*{_STRANGE}+)*")
_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['\u2019][^\W\d_]+)*(?!\w)")
#: A bare hour or two, or how many, and what is written of the clock around what is none, for which the sign stands.
_HOUR = r"\d+(?:[.,:/h]\d+)?[\u00bc-\u00be]?(?: ?[ap]\.?m\.?)?"
_HOURS = re.compile(rf"{_HOUR}(?: ?[-\u2013] ?{_HOUR})?")
_OTHER = "\ufffc"
_CLOCK = {
    "de": re.compile(rf"{_OTHER} Uhr\b"),
    "en": re.compile(rf"{_OTHER} (?:o['\u2019]clock|[ap]\.m\b)", re.IGNORECASE),
    "es": re.compile(rf"\b(?:a|desde|hasta) las {_OTHER}(?! \w)", re.IGNORECASE),
    "fr": re.compile(rf"{_OTHER} heures?\b"),
}
#: A name has its hyphens: *Jean-Luc*, *Aix-en-Provence*.
_HYPHENATED = re.compile(r"(?<!\w)[^\W\d_]+(?:['\u2019-][^\W\d_]+)*(?!\w)")
#: What stands before a person's name, in the languages that models ship for, and more than the longest of that.
_CALLED_MOST = 20
_CALLED = re.compile(
    r"(?:name is|\b(?:is|are|was|were) called|\bnamed|\b(?:me|te|se) llam[oa]s?|(?:nombre|apellido) es|[ms]'appelle"
    r"|under (?:the )?name(?: of)?|a nombre de|au nom de|auf den Namen"
    r"|nom est|\bheiß[et]|name ist|\bM(?:rs?|s)\.?|\bseñor(?:a|ita)?|\b(?-i:Miss)|\bdon|\bdoña) $",
    re.IGNORECASE,
)
#: Beside these a word that was not taught is a name, though it be written without its capital …
_TITLES = r"doctora?|dr|professor|profesora?|mister|mrs?|se[ñn]or(?:a|ita)?|do[nñ]a?|monsieur|madame|herrn?|frau"
_SURNAMES = r"name|nombre|nom|namen|surname|apellido"
_PLACES = (
    r"hot[eé]l|hostal|hostel|guesthouse|pension|restaurante?|bar|caf[eé]|hospital|cl[ií]nica?|clinique"
    r"|museo|museum|mus[eé]e|estaci[oó]n|gare|aeropuerto|playa|plage|calle|avenida|plaza|rue|avenue|place|plat[zs]"
)
#: … but what one of several is like (*a seedy bar*), and what it or somebody does: *the hotel refunds*.
_NOT_ONE = "".join(rf"(?<!\b{one} )" for one in ("a", "an", "any", "un", "una", "une", "ein", "eine"))
_NOT_THIS = "".join(rf"(?<!\b{this} )" for this in ("the", "my", "our", "mi"))
_NOT_FIRST = "".join(rf"(?<!^{it} )" for it in ("the", "my", "our", "el", "la", "mi", "le", "der", "die", "das"))
_NAMED_BEFORE = re.compile(
    rf"{_NOT_ONE}(?:{_NOT_THIS}\b(?:{_TITLES})|{_NOT_FIRST}\b(?:{_SURNAMES}|{_PLACES}))"
    r" (?:(?:of|de|del|la|el|du) )?$",
    re.IGNORECASE,
)
_NAMED_BEGINS = re.compile(rf"{_NOT_ONE}\b", re.IGNORECASE)
_NAMED_AFTER = re.compile(rf" (?:{_PLACES}|street|road|square|station|airport|beach)\b", re.IGNORECASE)
_NAMED_MOST = 20
_POSSESSIVE = re.compile(r"['\u2019]s$")
#: Within names; the others only where they are not words of the language.
_PARTICLES = frozenset({"da", "do", "dos", "das", "della", "di", "du", "van", "von", "der", "zu"})
_PARTICLES_OR_WORDS = frozenset({"de", "del", "la", "las", "los", "le", "al"})
#: A word in lower case that is shorter and was not taught is a slip rather than a name.
_LONG = 4
#: A word that is shorter is no part of a name for being the same in both languages: *a*, *no*.
_NAME_LONG = 3


@dataclass(frozen=True, slots=True)
class Hidden:
    """A sentence with placeholders, and what each stands for."""

    text: str
    originals: tuple[tuple[str, str], ...] = ()
    #: Words that are hidden for nothing but that they were not taught.
    untaught: int = 0

    def shown(self, translated: str) -> str | None:
        """Return a translation with the originals put back; None if one did not come out exactly once."""
        if any(translated.count(placeholder) != 1 for placeholder, _ in self.originals):
            return None
        original = dict(self.originals)
        # All at once: what a placeholder stood for may look like another one. ``p.m.`` ends a sentence by its own stop.
        places = re.compile(rf"({'|'.join(map(re.escape, original)) or '(?!)'})(\.?)")
        return places.sub(lambda found: original[found[1]].removesuffix(found[2] or "\0") + found[2], translated)

    def is_clocked(self, translated: str, language: str) -> bool:
        """Tell whether a translation makes an hour of the clock of something else: ``10 ml heures``, *um Rom Uhr*."""
        clock = _CLOCK.get(language)
        for placeholder, original in self.originals:
            if clock and not _HOURS.fullmatch(original) and clock.search(translated.replace(placeholder, _OTHER)):
                return True
        return False


def is_strange(text: str) -> bool:
    """Tell whether a text has no letter and no figure that can be read."""
    return not any(map(str.isalnum, _STRANGERS.sub("", text)))


def hide(
    sentence: str,
    placeholders: Sequence[str],
    lexicon: Lexicon,
    marks: re.Pattern[str],
    *,
    untaught: bool = False,
    first: bool = True,
) -> Hidden:
    """Hide as much as there are placeholders for: marks, addresses, numbers, what no model reads, names.

    If wanted, other unknown words, too. The `first` is among these only where it is a name as often as a form of a
    word: Spanish begins with verbs.
    """
    names = list(_names(sentence, lexicon))
    spans = [found.span() for found in marks.finditer(sentence)]
    spans += [found.span() for pattern in (_ADDRESS, _NUMBER, _STRANGERS) for found in pattern.finditer(sentence)]
    spans += names
    unknown = [found for found in _WORD.finditer(sentence) if untaught and not lexicon.knows(found.group())]
    others = [_bare(found) for found in unknown if _is_long(found.group()) and (first or found.group().islower())]
    chosen: list[tuple[int, int]] = []
    for begin, end in spans + others:
        if len(chosen) < len(placeholders) and all(end <= other[0] or begin >= other[1] for other in chosen):
            chosen.append((begin, end))
    named = {(begin, end) for begin, end in others if _is_named(sentence, begin, end)}
    return _replaced(sentence, sorted(chosen), placeholders, len(set(chosen) & set(others) - set(names) - named))


def _replaced(sentence: str, spans: list[tuple[int, int]], placeholders: Sequence[str], untaught: int) -> Hidden:
    text, at, originals = "", 0, []
    for (begin, end), placeholder in zip(spans, placeholders, strict=False):
        text += sentence[at:begin] + placeholder
        originals.append((placeholder, sentence[begin:end]))
        at = end
    return Hidden(text + sentence[at:], tuple(originals), untaught)


def _names(sentence: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield where names stand: capitalized words of which one was not taught, with what stands between them."""
    run: list[re.Match[str]] = []
    for found in [*_HYPHENATED.finditer(sentence), None]:
        joined = found and run and sentence[run[-1].end() : found.start()] == " " and not _owns(run[-1])
        if found and (joined or not run) and (_may_be_of_name(found, lexicon) or (run and _joins(run, found, lexicon))):
            run.append(found)
            continue
        yield from _name_of(run, lexicon)
        run = [found] if found and _may_be_of_name(found, lexicon) else []


def _name_of(run: list[re.Match[str]], lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield where the name stands that words in a row are; nothing if they are none."""
    while run and run[-1].group()[0].islower():
        run = run[:-1]
    unknown = [found for found in run if found.group()[0].isupper() and _is_strange(found.group(), lexicon)]
    unknown += [found for found in run[:1] if _is_called(found)]
    if unknown and (len(run) > 1 or not _begins(unknown[0])):
        yield run[0].start(), _bare(run[-1])[1]


def _may_be_of_name(found: re.Match[str], lexicon: Lexicon) -> bool:
    """Tell whether a word is a name or stands in one: it was not taught, or is the same in the other language."""
    word = found.group()
    stays = len(word) >= _NAME_LONG and lexicon.stays(word)
    return word[0].isupper() and (stays or _is_strange(word, lexicon) or _is_called(found))


def _is_called(found: re.Match[str]) -> bool:
    """Tell whether somebody is said to have that name, though it may be a word: *my surname is Young*."""
    word = found.group()
    before = max(0, found.start() - _CALLED_MOST)
    is_name = len(word) > 1 and word[0].isupper()
    return is_name and bool(_CALLED.search(found.string, before, found.start()))


def _is_named(sentence: str, begin: int, end: int) -> bool:
    """Tell whether a word says which street, hotel or doctor it is."""
    before = max(0, begin - _NAMED_MOST)
    follows = _NAMED_BEGINS.match(sentence, begin) and _NAMED_AFTER.match(sentence, end)
    return bool(follows or _NAMED_BEFORE.search(sentence, before, begin))


def _is_strange(word: str, lexicon: Lexicon) -> bool:
    """Tell whether a word was not taught, nor made of words that are translated: *Jean-Luc*, and no *X-ray*."""
    parts = [part for part in word.split("-") if part[0].isupper() and (len(part) > 1 or part == word)]
    known = (lexicon.knows(part) and not (part != word and lexicon.stays(part)) for part in parts)
    return not lexicon.knows(word) and not all(known)


def _joins(run: list[re.Match[str]], found: re.Match[str], lexicon: Lexicon) -> bool:
    word = found.group()
    if word[0].isupper():
        return len(word) > 1 and _is_called(run[0])
    return word in _PARTICLES or (word in _PARTICLES_OR_WORDS and (not lexicon.knows(word) or lexicon.stays(word)))


def _begins(found: re.Match[str]) -> bool:
    """Tell whether it is the first word, which always has a capital."""
    return not any(map(str.isalnum, found.string[: found.start()]))


def _owns(found: re.Match[str]) -> bool:
    return bool(_POSSESSIVE.search(found.group()))


def _is_long(word: str) -> bool:
    return word[1:].islower() and len(word) >= _LONG


def _bare(found: re.Match[str]) -> tuple[int, int]:
    """Return where a word stands, without the ``'s`` of a possessive, which a translator has to see."""
    return found.start(), found.start() + len(_POSSESSIVE.sub("", found.group()))
