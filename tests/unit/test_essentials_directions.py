"""What must not get lost in a translation: left and right, one step after the other, and a no that means it."""

from __future__ import annotations

import pytest

from daemon.translators import _essentials


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
        ("en", "fr", "go straight on then right", "Continuez tout droit.", 1),
        ("en", "fr", "go straight on then right", "Continuez tout droit, puis à droite.", 0),
        ("en", "es", "Take the 3rd right.", "Siga todo derecho.", 1),
        ("en", "es", "Take the 3rd right.", "Tome la tercera a la derecha.", 0),
        ("en", "de", "take a right at the bank", "Gehen Sie zur Bank.", 1),
        ("es", "en", "Gire a la derecha.", "Turn right now.", 0),
        ("es", "en", "Gire a la derecha.", "Leave right now.", 1),
        ("es", "en", "Está a la izquierda.", "He left.", 1),
        ("en", "fr", "The train leaves from platform 4.", "Le train part à 4 heures.", 1),
        ("en", "es", "which platform is it", "¿Qué andén es?", 0),
        ("es", "en", "sale del andén 3", "It leaves at 3.", 1),
    ],
)
def test_left_right_and_no_that_a_translation_lacks_are_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "fr", "turn left then right", "Tournez à gauche à droite.", 1),
        ("en", "fr", "turn left then right", "Tournez à gauche puis à droite.", 0),
        ("en", "fr", "Turn left; go straight on.", "Tournez à gauche, allez tout droit.", 0),
        ("en", "fr", "turn left at the church then right", "Tournez à gauche après l'église à droite.", 1),
        ("en", "es", "turn left then right", "Gire a la izquierda después del banco a la derecha.", 1),
        ("en", "es", "turn left then right", "Gire a la izquierda, después a la derecha.", 0),
        ("en", "de", "turn left then right", "Biegen Sie links rechts ab.", 1),
        ("en", "de", "turn left then right", "Biegen Sie links ab und dann rechts.", 0),
        ("es", "en", "a la izquierda y luego recto", "Turn left right.", 1),
        ("es", "en", "a la izquierda y luego a la derecha", "Turn left and then right.", 0),
    ],
)
def test_two_steps_that_a_translation_makes_one_are_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation"),
    [
        ("en", "es", "You're right.", "Tiene razón."),
        ("en", "es", "Two wrongs don't make a right.", "No se arregla un mal con otro."),
        ("en", "es", "He walked on, then left.", "Siguió andando y luego se fue."),
        ("en", "es", "The platform was full.", "Estaba lleno."),
        ("en", "es", "Keep track of your luggage.", "Vigile su equipaje."),
        ("es", "en", "Es un cero a la izquierda.", "He's useless."),
        ("en", "es", "Turn left when you see the bank, then stop.", "Gire a la izquierda al ver el banco y pare."),
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
        ("en", "fr", "It's bus No. 7.", "C'est le bus n° 7."),
    ],
)
def test_what_is_said_otherwise_elsewhere_is_not_lost(source, target, text, translation):
    assert _essentials.lost(text, translation, source, target) == 0
