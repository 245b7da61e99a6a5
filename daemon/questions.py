"""Tells which sentences ask something, by a recognizer's words alone, where that can be told.

English begins a question with a verb or a question word. Spanish says its yes-or-no questions as it says statements;
its question words have accents that the words which only join do not have, and recognizers write them.
"""

from __future__ import annotations

from daemon.language_tags import base

#: Said before a question; the sentence's own first word comes after.
_OPENERS = frozenset(
    {"and", "but", "so", "well", "okay", "ok", "oh", "now", "then", "hello", "hi", "hey", "please", "sorry", "excuse"}
    | {"me", "um", "uh", "yes", "no"}
)
_WH = frozenset({"what", "who", "whom", "where", "when", "how", "which"})
_ALWAYS_ASK = frozenset({"why", "whose", "what's", "where's", "who's", "how's", "when's", "why's", "what're", "who're"})
_WIDE = frozenset({"is", "are", "was", "were", "do", "does", "did", "can", "could", "will", "would", "should"})
_NARROW = frozenset({"am", "may", "shall", "might", "must", "have", "has"})
_NEGATED = frozenset({f"{verb}n't" for verb in _WIDE - {"can", "will"}} | {"can't", "won't", "hasn't", "haven't"})
_NOT = frozenset({"not", "never", "nobody", "nothing"})
_PRONOUNS = frozenset({"i", "you", "he", "she", "it", "we", "they"})
_ANYBODY = frozenset(
    {"anybody", "anyone", "anything", "somebody", "someone", "something", "everybody", "everyone", "everything"}
)
_SUBJECTS = _PRONOUNS | frozenset(
    {"this", "that", "these", "those", "there", "the", "a", "an", "my", "your", "his", "her", "our", "their", "any"}
    | _ANYBODY
)
#: "do the dishes", "do it", "do this" are orders.
_DO_SUBJECTS = _PRONOUNS - {"it"} | {"those", "these"}
_WH_REACH = 4
#: "how long", "how far": they ask unless somebody follows who does it, "how long it takes".
_HOW_FAR = frozenset({"long", "far", "often", "late", "early", "old", "soon"})
#: After a question word these leave no doubt.
_ASK_AFTER = {
    "how": frozenset({"much", "many", "about"}),
    "what": frozenset({"about", "for", "if", "else", "happened", "happens", "made", "caused", "causes"}),
}
_BEFORE_WH = frozenset({"at", "by", "for", "from", "in", "of", "on", "since", "to", "until", "till", "under", "with"})
#: No subjects, after a verb that comes first: it went before, or was not heard. "Is not far", "would like a coffee".
_NO_SUBJECTS = frozenset(
    {"not", "very", "really", "too", "so", "still", "also", "always", "never", "only", "just", "quite", "almost", "now"}
    | {
        "already",
        "actually",
        "usually",
        "probably",
        "definitely",
        "maybe",
        "rather",
        "as",
        "about",
        "able",
        "more",
        "much",
    }
    | {"fine", "ok", "okay", "right", "wrong", "good", "better", "best", "great", "nice", "beautiful", "ready"}
    | {
        "happy",
        "sorry",
        "possible",
        "here",
        "out",
        "up",
        "down",
        "near",
        "close",
        "open",
        "broken",
        "born",
        "gone",
        "done",
    }
    | {"to", "in", "at", "on", "for", "of", "with", "by", "from", "like", "going", "coming", "being", "getting", "been"}
    | {"be", "love", "do", "have", "get", "go", "see", "take", "come", "pay", "call", "try", "say", "need", "help"}
    | {"prefer", "make", "give", "tell", "show", "bring", "wait", "stay", "and", "or", "but", "is", "was", "has"}
)
_PLURALS = frozenset({"people", "children", "kids", "men", "women"})
_NO_PLURALS = frozenset({"things", "dishes", "exercises", "always", "sometimes", "as", "yes", "sports"})
_PARTICIPLES = frozenset(
    {"been", "gone", "left", "come", "begun", "had", "done", "made", "taken", "seen", "paid", "sent", "eaten", "met"}
)
#: Shorter ones in -ed are seldom participles: "red wine".
_PARTICIPLE = 5
#: The words after a verb of a question with a subject that is not known, at least: "breakfast included".
_SUBJECT_AND_MORE = 2
#: Spanish words that ask, with the accent that tells them from those that only join.
_ASK_IN_SPANISH = frozenset(
    {"qué", "dónde", "adónde", "cuándo", "cómo", "cuál", "cuáles", "quién", "quiénes"}
    | {"cuánto", "cuánta", "cuántos", "cuántas"}
)
_BEFORE_THEM = frozenset({"a", "con", "de", "desde", "en", "hacia", "hasta", "para", "por", "sobre"})
#: Said before a Spanish question, and a part of it.
_SPANISH_LINKS = frozenset({"y", "e", "o", "pero", "entonces"})
#: Said before a Spanish question.
_SPANISH_OPENERS = _SPANISH_LINKS | frozenset(
    {"pues", "bueno", "vale", "hola", "oiga", "oye", "perdone", "perdona", "perdón", "disculpe", "disculpa", "por"}
    | {"favor", "buenos", "buenas", "días", "tardes", "noches", "eh", "ah", "sí", "no"}
)
#: After ``qué`` these cry out; and so does the whole of the others.
_EXCLAIMED = frozenset(
    {"alegría", "asco", "bien", "bonita", "bonito", "buena", "bueno", "calor", "divertido", "frío", "guapa", "guapo"}
    | {"horror", "ilusión", "interesante", "lástima", "pena", "raro", "rica", "rico", "sorpresa", "suerte", "va"}
    | {"vergüenza"}
)
_CRIES = (["cómo", "no"], ["quién", "sabe"], ["cuánto", "lo", "siento"], ["cuánto", "me", "alegro"])


def begin(words: list[str], language: str) -> int | None:
    """Return which of a sentence's words the question begins with; None where it asks nothing that can be told."""
    known = [word.lower().rstrip(",") for word in words]
    if base(language) == "en":
        return 0 if _asks_in_english(known) else None
    return _begins_in_spanish(known) if base(language) == "es" else None


def all_told(language: str) -> bool:
    """Tell whether every question of a BCP-47 language can be told from a statement, as well as words allow."""
    return base(language) == "en"


def _asks_in_english(words: list[str]) -> bool:
    start = next((at for at, word in enumerate(words) if word not in _OPENERS), 0)
    first, *rest = words[start:]
    if first in _ALWAYS_ASK:
        return True
    if first in _BEFORE_WH and rest and rest[:2] != ["which", "case"]:
        first, *rest = rest
        return first == "whose" or _asks_by_wh(first, rest)
    return _asks_by_wh(first, rest) or _inverted(first, rest) or _tagged(words)


def _asks_by_wh(first: str, rest: list[str]) -> bool:
    """Tell whether it is like ``what time is it``, ``how old is he``, ``who wants tea``; not ``when I was young …``."""
    if first not in _WH or (first == "what" and rest[:1] in (["a"], ["an"])):
        return False
    if not rest or first == "who":
        return True
    if rest[0] in _SUBJECTS or rest[0] == "to":
        return False
    if first == "how" and rest[0] in _HOW_FAR:
        return not _SUBJECTS.intersection(rest[1:2])
    return (
        first == "which"
        or rest[0] in _ASK_AFTER.get(first, ())
        or any(word in _WIDE | _NARROW | _NEGATED for word in rest[:_WH_REACH])
    )


def _inverted(first: str, rest: list[str]) -> bool:
    """Tell whether a verb that can come before its subject does: ``is the …``, ``could you …``, ``does tea …``."""
    subject = rest[0] if rest else ""
    if first == "do":
        return subject in _DO_SUBJECTS or _are_many(rest)
    if first == "has" and any(map(_is_participle, rest[1:_WH_REACH])):
        return subject not in _NO_SUBJECTS
    if first in _NARROW or first == "don't":
        return subject in _PRONOUNS or (first == "has" and subject in _ANYBODY)
    if (first in _WIDE or first in _NEGATED) and subject in _SUBJECTS:
        return True
    unknown = subject not in _NO_SUBJECTS and not _is_participle(subject)
    return first in _WIDE and unknown and len(rest) >= _SUBJECT_AND_MORE


def _are_many(rest: list[str]) -> bool:
    """Tell whether it asks about several, as ``do trains run on Sunday``; ``do exercises`` is an order."""
    if rest[:1] and rest[0] in _PLURALS:
        return len(rest) >= _SUBJECT_AND_MORE
    plural = rest[:1] and rest[0].endswith("s") and not rest[0].endswith(("ss", "us", "is")) and "'" not in rest[0]
    return bool(plural) and len(rest) > _SUBJECT_AND_MORE and rest[0] not in _NO_PLURALS


def _is_participle(word: str) -> bool:
    return word in _PARTICIPLES or (word.endswith("ed") and len(word) >= _PARTICIPLE)


def _tagged(words: list[str]) -> bool:
    """Tell whether it ends in a question: ``… isn't it``; ``… doesn't, does it``."""
    *said, verb, subject = ["", "", *words]
    if subject not in _PRONOUNS or not any(said):
        return False
    if [verb, subject] in (["do", "it"], ["did", "it"]):
        return False
    return verb in _NEGATED or (verb in _WIDE and any(word in _NOT or word in _NEGATED for word in said))


def _begins_in_spanish(words: list[str]) -> int | None:
    begins = 0
    for at, word in enumerate(words):
        asks = at + 1 if word in _BEFORE_THEM and words[at + 1 : at + 2] else at
        if words[asks] in _ASK_IN_SPANISH:
            return None if _cries(words[asks:]) else begins
        if word not in _SPANISH_OPENERS:
            return None
        begins = begins if word in _SPANISH_LINKS else at + 1
    return None


def _cries(words: list[str]) -> bool:
    """Tell whether it is like ``qué lástima``, ``cómo no``."""
    exclaimed = words[0] == "qué" and not _EXCLAIMED.isdisjoint(words[1:2])
    return exclaimed or any(words[: len(cry)] == cry for cry in _CRIES)
