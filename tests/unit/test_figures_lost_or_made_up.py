"""Numbers that a translation lacks, makes up or says twice."""

from __future__ import annotations

import pytest

from daemon.figures import small


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "Mi hijo tiene seis años y mi hija nueve.", "My son is six and my daughter.", 1),
        ("es", "en", "Mi hijo tiene seis años y mi hija nueve.", "My son is 6 and my daughter is nine.", 0),
        ("en", "es", "Three of us, at eight.", "Nosotros.", 2),
        ("en", "es", "It costs two hundred and five euros.", "Cuesta doscientos cinco euros.", 0),
        ("es", "en", "Tiene sesenta y cinco años.", "He is 65.", 0),
        ("en", "de", "At half past two.", "Um halb drei.", 0),
        ("en", "de", "The two of us.", "Wir beide.", 0),
        ("en", "es", "This one, please.", "Este, por favor.", 0),
        ("en", "es", "I'm on the 4th floor.", "Estoy en el quinto piso.", 1),
        ("en", "es", "I'm on the fourth floor.", "Estoy en el cuarto piso.", 0),
        ("en", "de", "From 2nd May.", "Von Mai an.", 1),
        ("en", "fr", "On the 2nd floor, a second.", "Au deuxième étage, un instant.", 0),
        ("en", "es", "every third day, on 7th Street", "cada tres días, en la calle 7", 0),
        ("en", "fr", "the ninth and the tenth", "le 9 et le dixième", 0),
        ("en", "de", "the ninth and the tenth", "der Neunzigste", 2),
        ("en", "es", "a second on the twenty third", "un momento el 23", 0),
        ("es", "en", "Es la 3ª calle, el 4.º edificio.", "It's the third street, the building.", 1),
        ("xx", "es", "six", "", 0),
        ("en", "ca", "six", "", 0),
    ],
)
def test_small_numbers_that_a_translation_lacks_are_counted(source, target, text, translation, count):
    assert small.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "text", "translation", "invented"),
    [
        ("en", "Where is the bank?", "4. Disculpe, ¿dónde está el banco?", True),
        ("es", "¿Dónde está el banco?", "Where is bank 5?", True),
        ("en", "Wake me at half past seven.", "Despiérteme a las 7:30.", False),
        ("en", "Wake me at 7.", "Despiérteme a las 8.", False),
        ("en", "We close at noon.", "Cerramos a las 12.", False),
        ("en", "A dozen eggs.", "12 huevos.", False),
        ("es", "Cerramos a mediodía.", "We close at 12.", False),
        ("en", "CO\u2082 is a gas.", "El CO2 es un gas.", False),
        ("en", "Where is it?", "¿Dónde está?", False),
        ("fr", "Il est sept heures.", "It is 7.", False),
    ],
)
def test_figures_are_invented_where_nothing_was_counted(source, text, translation, invented):
    assert small.invented(text, translation, source, "es" if source == "en" else "en") is invented


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "repeated"),
    [
        ("en", "es", "The two of us meet at 14:00.", "Nos vemos los dos a las dos.", False),
        ("en", "fr", "From one to three.", "De trois heures à trois.", True),
        ("en", "fr", "From 7:15 to ten.", "De 7:15 à dix heures moins dix.", True),
        ("en", "de", "From seven to 10.", "Von zehn bis zehn.", True),
        ("es", "en", "El décimo día.", "Ten by ten days.", True),
        ("en", "fr", "From seven to ten.", "De sept heures à dix heures.", False),
        ("en", "de", "At 10:10, on the tenth.", "Um zehn nach zehn, am Zehnten.", False),
        ("en", "de", "At 9:50.", "Um zehn vor zehn.", False),
        ("en", "de", "Both of them, the second of two.", "Zwei und zwei.", False),
        ("en", "es", "Two by two.", "De dos en dos.", False),
        ("xx", "es", "Two.", "Dos, dos.", False),
        ("en", "ca", "Two.", "Dos, dos.", False),
    ],
)
def test_a_small_number_that_is_there_more_often_than_it_was_said_is_invented(
    source, target, text, translation, repeated
):
    assert small.invented(text, translation, source, target) is repeated
