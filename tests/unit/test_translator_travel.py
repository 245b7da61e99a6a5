import functools
import random
import re

import pytest

from scripts.lib.translator import phrases, travel
from scripts.lib.translator.nouns import Noun

SLOT = re.compile(r"\{(?P<name>[a-z]+)\d?(?:\([^)]*\))?(?:\.\w+)?(?:\?(?P<agree>[^}]*))?\}")
QUESTIONS = travel.load()
ARTICLES = "a|an|the|this|these|some|el|la|los|las|al|del|un|una|unos|unas|mi|mis|su|sus|de|este|esta|estos|estas"


@functools.cache
def pattern(way, language, fill):
    """Return what matches every sentence that a template makes, without case and stops."""
    found, end = [], 0
    for slot in SLOT.finditer(way):
        found += [re.escape(phrases.normalised(way[end : slot.start()])), fill(slot, language)]
        end = slot.end()
    return re.compile(r"\s*".join([*found, re.escape(phrases.normalised(way[end:]))]))


def anything(_slot, _language):
    return ".*"


def from_its_table(slot, language):
    if slot["agree"] is not None:
        return "(?:" + "|".join(slot["agree"].split(":")).lower() + ")"
    if slot["name"] in {"name", "surname"}:
        return r"\w+"
    if slot["name"] not in phrases.load_tables():
        return row_of(said_in(slot["name"], language))
    return rf"(?:(?:{ARTICLES}) )*(?:{written(slot['name'], language)})"


@functools.cache
def written(name, language):
    """Return whatever a table has in a language, as one pattern."""
    return "|".join(sorted({word for row in phrases.load_table(name) for word in words(row[language])}))


def words(entry):
    said = (entry.word, entry.plural) if isinstance(entry, Noun) else (entry,)
    return [re.escape(phrases.normalised(word)) for word in said]


def row_of(vocabulary):
    one = "(?:" + "|".join(sorted(vocabulary)) + ")"
    return f"{one}(?: {one})*"


@functools.cache
def said_in(name, language):
    """Return the words that numbers, times and dates are said in, found by saying many."""
    template = phrases.Template(dict.fromkeys(phrases.LANGUAGES, (f"{{{name}}}",)))
    rng = random.Random(1)
    sentences = (phrases.expand(template, rng, language, "fr")[0] for _ in range(1000))
    return frozenset(
        r"\d+" if word.isdigit() else word for each in sentences for word in phrases.normalised(each).split()
    )


@functools.cache
def written_out(way):
    """Return the words of a template that touch no slot."""
    return frozenset(phrases.normalised(re.sub(r"\S*\{[^}]*\}\S*", " ", way)).split())


@functools.cache
def heard(sentence):
    """Return a sentence without case and stops, and its words."""
    said = phrases.normalised(sentence)
    return said, frozenset(said.split())


def is_made(sentence, way, language):
    said, its_words = heard(sentence)
    return written_out(way) <= its_words and all(
        pattern(way, language, fill).fullmatch(said) for fill in (anything, from_its_table)
    )


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_template_makes_a_sentence_of_the_list(language):
    asked = {question.sentence for question in QUESTIONS if question.source_language == language}
    ways = {
        way for template in phrases.load_templates() for way in template.ways[language] if SLOT.sub("", way).strip(".")
    }
    assert [(way, sentence) for way in ways for sentence in asked if is_made(sentence, way, language)] == []


def test_the_check_finds_what_a_template_makes():
    way = "We have a room under the name {surname} for {duration(night)}."
    assert is_made("we have a room under the name Smith for two nights", way, "en")
    assert is_made("Is the pharmacy open tomorrow?", "Is the {place} open {when}?", "en")
    assert not is_made("Is the aquarium open tomorrow?", "Is the {place} open {when}?", "en")


def test_every_reference_has_what_must_be_there():
    assert [
        (reference, question.must.pattern)
        for question in QUESTIONS
        for reference in question.references
        if not question.has_all(reference)
    ] == []


def test_a_dangerous_translation_is_marked():
    question = next(
        each for each in QUESTIONS if "left at the lights" in each.sentence and each.target_language == "es"
    )
    assert not question.has_all("Siga recto y gire a la derecha en el semáforo.")


def test_there_are_enough_of_every_kind():
    english = {question.sentence: question.kind for question in QUESTIONS if question.source_language == "en"}
    spanish = {question.sentence for question in QUESTIONS if question.source_language == "es"}
    assert len(english) >= 70
    assert len(spanish) >= 30
    for kind in ("allergy", "direction", "price", "time", "negation", "medicine", "name", "number"):
        assert sum(each == kind for each in english.values()) >= 5
