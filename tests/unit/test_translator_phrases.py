import itertools
import random
import re

import pytest

from scripts.lib.translator import phrases
from scripts.lib.translator.cardinals import LIMIT, cardinal, ordinal
from scripts.lib.translator.nouns import Noun, parse
from scripts.lib.translator.quantities import LETTERS_TO

DIRECTIONS = list(itertools.permutations(phrases.LANGUAGES, 2))


def seeded(seed):
    return random.Random(seed)


def digits(text):
    return sorted(re.findall(r"\d+", text))


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_every_way_to_say_a_sentence_fills_in_every_direction(source, target):
    rng = seeded(1)
    for template in phrases.load_templates():
        for way in template.ways[source]:
            for side in phrases.expand(phrases.Template({**template.ways, source: (way,)}), rng, source, target):
                assert not re.search(r"[{}|]|//|  |\.\.", side), side
                assert side[-1] in ".?!", side
                assert side == side.strip()


@pytest.mark.parametrize(("source", "target"), DIRECTIONS)
def test_digits_come_through(source, target):
    for said, translated in phrases.pairs(seeded(3), source, target, 500):
        if digits(said):
            assert digits(said) == digits(translated), (said, translated)


def test_letters_become_digits_above_twelve():
    made = [pair for pair in phrases.pairs(seeded(4), "en", "es", 2000) if "euros" in pair[0]]
    spoken = [pair for pair in made if not digits(pair[0])]
    assert spoken
    for said, translated in spoken:
        assert all(int(found) > LETTERS_TO or "," in translated for found in digits(translated)), (said, translated)


def test_the_same_seed_gives_the_same_pairs():
    first, again = (phrases.pairs(seeded(5), "en", "de", 200) for _ in range(2))
    assert first == again
    assert first != phrases.pairs(seeded(6), "en", "de", 200)


def test_as_many_as_asked_for_and_none_twice():
    made = phrases.pairs(seeded(7), "es", "fr", 1000)
    assert len(set(made)) == len(made) == 1000


def test_what_is_held_back_is_not_made():
    held = {phrases.normalised(side) for pair in phrases.pairs(seeded(8), "en", "es", 200) for side in pair}
    kept = phrases.pairs(seeded(8), "en", "es", 200, without=held)
    assert kept
    assert not held & {phrases.normalised(side) for pair in kept for side in pair}


def test_there_is_enough_to_say():
    tables = phrases.load_tables()
    nouns = {row["en"].word for rows in tables.values() for row in rows if isinstance(row["en"], Noun)}
    assert len(phrases.load_templates()) >= 2_500
    assert len(nouns) >= 1_000


def test_no_sentence_stands_twice():
    firsts = [template.ways["en"][0] for template in phrases.load_templates()]
    assert sorted(firsts) == sorted(set(firsts))


@pytest.mark.parametrize(
    ("number", "language", "form", "word"),
    [
        (21, "es", "m", "veintiún"),
        (31, "es", "f", "treinta y una"),
        (200, "es", "f", "doscientas"),
        (1101, "es", "", "mil ciento uno"),
        (71, "fr", "", "soixante et onze"),
        (80, "fr", "", "quatre-vingts"),
        (97, "fr", "", "quatre-vingt-dix-sept"),
        (21, "fr", "f", "vingt et une"),
        (1, "de", "m", "ein"),
        (1231, "de", "", "eintausendzweihunderteinunddreißig"),
        (405, "en", "", "four hundred and five"),
        (LIMIT, "en", "", "nine thousand nine hundred and ninety-nine"),
    ],
)
def test_numbers_in_letters(number, language, form, word):
    assert cardinal(number, language, form) == word


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="10000"):
        cardinal(10000, "en")


def test_days_are_ordinals_where_they_are_said_so():
    assert [ordinal(day, "en") for day in (1, 12, 20, 23)] == ["first", "twelfth", "twentieth", "twenty-third"]
    assert [ordinal(day, "de") for day in (3, 7, 20)] == ["dritten", "siebten", "zwanzigsten"]
    assert [ordinal(1, "es"), ordinal(1, "fr"), ordinal(2, "fr")] == ["uno", "premier", "deux"]


@pytest.mark.parametrize(
    ("written", "language", "form", "word"),
    [
        ("f* agua", "es", "el", "el agua"),
        ("m jamón", "es", "al", "al jamón"),
        ("fp gafas", "es", "mi", "mis gafas"),
        ("m cinturón", "es", "pl", "cinturones"),
        ("f luz", "es", "los", "las luces"),
        ("m hôpital/hôpitaux", "fr", "au", "à l'hôpital"),
        ("m* hamburger", "fr", "le", "le hamburger"),
        ("f écharpe", "fr", "mon", "mon écharpe"),
        ("f écharpe", "fr", "ce", "cette écharpe"),
        ("fp enveloppes", "fr", "dun", "d'enveloppes"),
        ("m œuf", "fr", "d", "d'œufs"),
        ("f brosse à dents", "fr", "des", "des brosses à dents"),
        ("m Pilz/-e", "de", "mit", "Pilzen"),
        ("p Augen", "de", "im", "in den Augen"),
        ("n Ei/-er", "de", "keine", "keine Eier"),
        ("f Gabel/-n", "de", "einen", "eine Gabel"),
        ("umbrella", "en", "a", "an umbrella"),
        ("p glasses", "en", "a", "some glasses"),
    ],
)
def test_nouns_have_their_forms(written, language, form, word):
    assert parse(written, language).form(form) == word


def test_a_noun_written_wrong_is_refused():
    with pytest.raises(ValueError, match="farmacia"):
        parse("farmacia", "es")


def test_times_of_day():
    template = phrases.Template(dict.fromkeys(phrases.LANGUAGES, ("At {clock}.",)))
    made = {phrases.expand(template, seeded(seed), "en", "de") for seed in range(800)}
    assert ("At half past seven.", "At halb acht.") in made
    assert ("At quarter to nine.", "At Viertel vor neun.") in made
    assert ("At 7:30.", "At 7:30 Uhr.") in made
    assert any(said.endswith("p.m.") and "nachmittags" in translated for said, translated in made)


def test_sources_are_also_in_the_words_of_other_countries():
    template = phrases.Template({"en": ("There is a lift.",), "es": ("Hay un ascensor.",)})
    made = {phrases.expand(template, seeded(seed), "en", "es") for seed in range(50)}
    assert made == {(f"There is {word}.", "Hay un ascensor.") for word in ("a lift", "an elevator")}


@pytest.mark.parametrize(
    ("english", "elsewhere"),
    [
        ("Take the lift to the fourth floor.", "Take the elevator to the fourth floor."),
        ("Could you give me a lift to the station?", "Could you give me a lift to the station?"),
        ("I can't lift my arm.", "I can't lift my arm."),
        ("The tap is dripping.", "The faucet is dripping."),
        ("Is the tap water safe?", "Is the tap water safe?"),
    ],
)
def test_a_word_stays_where_it_means_what_is_called_the_same_everywhere(english, elsewhere):
    template = phrases.Template({"en": (english,), "es": ("Sí.",)})
    rng = seeded(13)
    assert {phrases.expand(template, rng, "en", "es")[0] for _ in range(50)} == {english, elsewhere}
