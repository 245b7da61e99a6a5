"""What a translation must not make up: a part of the day, a clock, a month, a person."""

from __future__ import annotations

import pytest

from daemon.translators import _essentials


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "es", "the train departs at 8:10", "El tren sale a las 8:10 de la tarde.", 1),
        ("en", "es", "the train departs at 7:05 a.m.", "El tren sale a las 7:05 a.m. de la tarde.", 1),
        ("en", "es", "the train departs at 8:10 in the evening", "El tren sale a las 8:10 de la tarde.", 0),
        ("en", "es", "the train departs at eight p m", "El tren sale a las ocho de la tarde.", 0),
        ("en", "es", "The train departs at 20:10.", "El tren sale a las 8:10 de la noche.", 0),
        ("en", "es", "the train departs at 8:10 tonight", "El tren sale a las 8:10 de la noche.", 0),
        ("en", "es", "lunch is at one", "La comida es a la una de la tarde.", 0),
        ("en", "es", "The programme of the afternoon.", "El programa de la tarde.", 0),
        ("en", "fr", "the shop opens at 9", "Le magasin ouvre à 9 heures du soir.", 1),
        ("en", "fr", "the shop opens at 9 a.m.", "Le magasin ouvre à 9 h du matin.", 0),
        ("en", "de", "the shop opens at 9 a.m.", "Das Geschäft öffnet um 9 Uhr nachts.", 1),
        ("en", "de", "they danced until two in the morning", "Sie tanzten bis zwei Uhr nachts.", 0),
        ("es", "en", "el tren sale a las 8:10", "The train leaves at 8:10 p.m.", 1),
        ("es", "en", "el tren sale mañana a las 8:10", "The train leaves tomorrow at 8:10 in the morning.", 1),
        ("es", "en", "el tren sale a las 8:10 de la tarde", "The train leaves at 8:10 p.m.", 0),
        ("en", "ca", "the train departs at 8:10", "El tren surt a les 8:10 de la tarda.", 0),
    ],
)
def test_a_part_of_the_day_that_a_translation_makes_up_is_counted(source, target, text, translation, count):
    assert _essentials.invented(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "Salimos el 3 por la mañana.", "We leave on 3 o'clock.", 1),
        ("es", "en", "Salimos el 3 por la mañana.", "We leave on the 3rd in the morning.", 0),
        ("es", "en", "Salimos a las 3.", "We leave at 3 o'clock.", 0),
        ("es", "en", "La comida es al mediodía.", "Lunch is at 12 o'clock.", 0),
        ("en", "fr", "on the 12th, not the 11th", "Le 12 mai, pas le 11 mai.", 1),
        ("en", "fr", "on the 12th, not the 11th", "Le 12, pas le 11.", 0),
        ("en", "fr", "It's on May 12th.", "C'est le 12 mai.", 0),
        ("en", "fr", "Mars is a planet.", "Mars est une planète.", 0),
        ("en", "es", "My name is Julio.", "Me llamo Julio.", 0),
        ("en", "de", "on 12/5", "Am 12. Mai.", 0),
        ("en", "es", "We leave on Christmas Day.", "Salimos el 25 de diciembre.", 0),
        ("es", "en", "Puede llover.", "It may rain.", 0),
        ("es", "en", "Está embarazada de siete meses.", "It's seven months pregnant.", 1),
        ("es", "en", "Está embarazada de siete meses.", "He's seven months pregnant.", 1),
        ("es", "en", "Está embarazada de siete meses.", "She's seven months pregnant.", 0),
        ("es", "en", "La perra está embarazada.", "It's pregnant.", 0),
        ("es", "en", "Es diabético.", "Is it diabetic?", 1),
        ("es", "en", "¿Ha dicho 15 o 50?", "Did 15 say or 50?", 1),
        ("es", "en", "¿Ha dicho 15 o 50?", "Did you say 15 or 50?", 0),
        ("en", "es", "Don't touch that, it's hot.", "No toques eso, hace calor.", 1),
        ("en", "es", "Don't touch that, it's hot.", "No toques eso, está caliente.", 0),
        ("en", "fr", "It's hot, drink some water.", "Il fait chaud, buvez de l'eau.", 0),
        ("en", "fr", "give him two in the morning", "Donnez-lui à deux heures du matin.", 1),
        ("en", "fr", "Come at two in the morning.", "Venez à deux heures du matin.", 0),
        ("en", "de", "take half a tablet and two at night", "Nehmen Sie eine halbe Tablette um zwei Uhr nachts.", 1),
        ("en", "de", "Seven in the morning.", "Sieben Uhr morgens.", 0),
        ("en", "fr", "Eight tonight?", "Huit heures ce soir\u202f?", 0),
        ("en", "es", "Careful, it's cold outside.", "Cuidado, hace frío fuera.", 0),
        ("en", "fr", "i'm 21", "Je m'appelle 21.", 1),
        ("en", "de", "i'm 21", "Ich bin 21.", 0),
        ("en", "de", "Could we have the bill?", "Könnten wir bitte die Rechnung bringen?", 1),
        ("en", "de", "Can I bring you the bill?", "Darf ich Ihnen die Rechnung bringen?", 0),
        ("es", "en", "Es vegetariana.", "It's vegetarian.", 0),
        ("es", "en", "Está bien estar casado.", "It's good to be married.", 0),
    ],
)
def test_a_clock_a_month_and_a_thing_that_a_translation_makes_up_are_counted(source, target, text, translation, count):
    assert _essentials.invented(text, translation, source, target) == count


def test_a_part_of_the_day_may_be_left_out():
    assert _essentials.lost("See you at 8 in the evening.", "Wir sehen uns um 20 Uhr.", "en", "de") == 0
