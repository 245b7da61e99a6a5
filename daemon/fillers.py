"""What people say while they look for a word: *uh*, *um*, *eh*. It means nothing; a translator makes a word of it."""

from __future__ import annotations

import re

from daemon.figures.tables import fold, table

#: By ISO 639. Not those that mean something there: *um* is German for *at*, and Portuguese for *one*.
_FILLERS = {
    "ca": frozenset({"eh", "ehm", "mmm"}),
    "de": frozenset({"äh", "ähm", "öh", "öhm", "hm", "hmm"}),
    "en": frozenset({"uh", "uhm", "um", "umm", "er", "erm", "hm", "hmm"}),
    "es": frozenset({"eh", "ehm", "em", "mmm"}),
    "fr": frozenset({"euh", "heu", "hum", "hm", "hmm"}),
    "it": frozenset({"ehm", "uhm", "mmm"}),
}
#: Those that mean something in capitals, by ISO 639: the ER is a part of a hospital.
MEANT_IN_CAPITALS = {"en": frozenset({"ER"})}
#: Those that may be that where nobody cares for capitals, but for behind a pause: "take me to the er".
_AFTER_PAUSE = frozenset({"er"})
#: ``uh huh`` and ``mm hmm`` are a yes, ``uh oh`` is a fright.
_MEANT_BEFORE, _MEANT_AFTER = frozenset({"huh", "oh"}), frozenset({"mm"})
#: Words that a pause sets apart: "yes, um, please" keeps a comma, and "I, um, would like" has none.
_APART = frozenset({"yes", "no", "okay", "ok", "well", "si", "bueno", "vale", "oui", "non", "ja", "nein"})
_PARTS = re.compile(r"([¿¡]*)(.*?)([,;:.!?…]*)", re.DOTALL)
_STOPS = (".", "!", "?", "…")


def left_out(text: str, language: str) -> str:
    """Return a text without its fillers and the commas around them; itself if it is nothing else (ISO 639)."""
    known, words = _FILLERS.get(language), text.split()
    if known is None or not any(_is_filler(words, at, known) for at in range(len(words))):
        return text
    rest: list[str] = []
    opening, capital = "", False
    for at, word in enumerate(words):
        if _is_filler(words, at, known):
            before, filler, after = _parted(word)
            opening, capital = opening + before, capital or filler[0].isupper()
            _close(rest, after, words[at + 1 :], language)
        else:
            rest.append(opening + (word[0].upper() + word[1:] if capital else word))
            opening, capital = "", False
    return " ".join(rest) if rest else text


def _is_filler(words: list[str], at: int, known: frozenset[str]) -> bool:
    _, word, after = _parted(words[at])
    if word.lower() not in known or "?" in after or "!" in after:
        return False  # "¿eh?" asks
    if word.lower() in _AFTER_PAUSE and at and not words[at - 1].endswith((*_STOPS, ",")):
        return False
    begins = at == 0 or words[at - 1].endswith(_STOPS) or word != words[at]
    cased = word.islower() or (begins and word.istitle())  # not `MEANT_IN_CAPITALS`
    return cased and not (_core(words, at + 1) in _MEANT_BEFORE or _core(words, at - 1) in _MEANT_AFTER)


def _close(rest: list[str], after: str, following: list[str], language: str) -> None:
    """Let what comes before a filler end as if there was none."""
    if not rest:
        return
    last = rest[-1]
    if after.endswith(_STOPS) and (not following or following[0][0].isupper()):
        rest[-1] = last.rstrip(",") + after
    elif last.endswith(",") and after and not _set_apart([last, *following[:1]], language):
        rest[-1] = last.rstrip(",")


def _set_apart(words: list[str], language: str) -> bool:
    """Tell whether a comma between words has to stay: "two, um, three" is not 23, and who knows in other languages."""
    known = table(language)
    if known is None:
        return True
    several = {word for word, value in (known.ones | known.teens | known.tens).items() if value > 1}  # "un" is "a", too
    cores = {fold(_parted(word)[1]) for word in words}
    return not cores.isdisjoint(_APART | several) or any(core[:1].isdecimal() for core in cores)


def _core(words: list[str], at: int) -> str:
    return _parted(words[at])[1].lower() if 0 <= at < len(words) else ""


def _parted(word: str) -> tuple[str, str, str]:
    """Return what opens a word, the word, and what closes it."""
    found = _PARTS.fullmatch(word)
    return (found[1], found[2], found[3]) if found else ("", word, "")
