"""What must not get lost in a translation."""

from __future__ import annotations

import itertools
import random

import pytest

from daemon.translators import _essentials
from scripts.lib.translator import phrases


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        (
            "en",
            "de",
            "it's the third street on the left, 200 metres from here",
            "Die dritte Straße, 200 Meter.",
            1,
        ),
        ("en", "de", "it's the third street on the left, 200 metres from here", "Die dritte Straße links.", 0),
        ("en", "es", "turn left at the lights and it's on your right", "Gire a la izquierda en el semáforo.", 1),
        ("en", "es", "turn left at the lights and it's on your right", "Gire en el semáforo.", 2),
        ("en", "es", "Turn left.", "Gire a la derecha.", 1),
        ("en", "es", "Turn right after the bridge, then left.", "Gire a la derecha tras el puente, y se fue.", 1),
        ("en", "fr", "Take the left, and then right at the bank.", "Prenez la banque.", 2),
        ("es", "en", "la comisaría está a la izquierda", "The police station is on the left.", 0),
        ("fr", "en", "tournez à droite", "Turn left.", 1),
        ("en", "es", "Can I get a water with no ice?", "¿Puedo tomar un agua con hielo?", 1),
        ("en", "es", "Can I get a water with no ice?", "¿Puedo tomar un agua sin hielo?", 0),
        ("en", "fr", "don't drink the water from the tap", "Buvez l'eau du robinet.", 1),
        ("en", "fr", "don't drink the water from the tap", "Ne buvez pas l'eau du robinet.", 0),
        ("de", "en", "Sie dürfen hier nicht parken.", "You may park here.", 1),
        ("es", "en", "no tome alcohol", "Drink alcohol.", 1),
        ("en", "es", "half a kilo of tomatoes", "Un kilo de tomates.", 1),
        ("en", "es", "half a kilo of tomatoes", "Medio kilo de tomates.", 0),
        ("es", "en", "nos vemos en media hora", "See you in an hour.", 1),
    ],
)
def test_left_right_and_no_that_a_translation_lacks_are_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation"),
    [
        ("en", "es", "You're right.", "Tiene razón."),
        ("en", "es", "He left right after lunch.", "Se fue justo después de comer."),
        ("en", "es", "He took the money and left.", "Cogió el dinero y se fue."),
        ("en", "fr", "There are two seats left.", "Il reste deux places."),
        ("en", "es", "Go right now.", "Vaya ahora mismo."),
        ("en", "de", "The museum doesn't open until ten.", "Das Museum öffnet um zehn."),
        ("en", "es", "Isn't it cold?", "¿Hace frío?"),
        ("en", "es", "Why don't we go by train?", "¿Y si vamos en tren?"),
        ("en", "es", "The lift isn't working.", "El ascensor está averiado."),
        ("en", "de", "It's half past two.", "Es ist 14:30 Uhr."),
        ("es", "en", "Tiene derecho a un abogado.", "You are entitled to a lawyer."),
        ("fr", "en", "Il fait froid, n'est-ce pas ?", "It's cold."),
    ],
)
def test_what_is_said_otherwise_elsewhere_is_not_lost(source, target, text, translation):
    assert _essentials.lost(text, translation, source, target) == 0


def test_nothing_is_counted_for_languages_that_are_not_known():
    assert _essentials.lost("No ice on the left.", "Gel a l'esquerra.", "en", "ca") == 0
    assert _essentials.lost("Sense gel.", "With ice.", "ca", "en") == 0


def test_all_languages_know_of_the_same_things():
    known = _essentials._known()
    assert set(known) == set(phrases.LANGUAGES)
    assert len({frozenset(essentials) for essentials in known.values()}) == 1


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(phrases.LANGUAGES, 2)))
def test_what_people_translate_loses_next_to_nothing(source, target):
    said = phrases.pairs(random.Random(1), source, target, 1_000)
    assert sum(_essentials.lost(*pair, source, target) for pair in said) < 15
