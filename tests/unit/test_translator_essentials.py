"""What must not get lost in a translation."""

from __future__ import annotations

import itertools
import random
import time

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
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "no beba el agua del grifo", "I didn't drink the tap water.", 1),
        ("es", "en", "no beba el agua del grifo", "I don't drink the tap water.", 1),
        ("es", "en", "no beba el agua del grifo", "Don't drink the tap water.", 0),
        ("es", "en", "Por favor, no toquen nada.", "Please do not touch anything.", 0),
        ("es", "en", "No se mueva.", "You mustn\u2019t move.", 0),
        ("es", "en", "No pise el césped.", "Keep off the grass, and do not run.", 0),
        ("es", "en", "No entre sin llamar.", "I didn't come in without knocking.", 1),
        ("es", "en", "No entre nosotros.", "It isn't between us.", 0),
        ("es", "en", "No bebo agua.", "I don't drink water.", 0),
        ("es", "en", "No bebió agua.", "He didn't drink water.", 0),
        ("en", "es", "You may not enter.", "Puedes no entrar.", 1),
        ("en", "es", "You may not enter.", "No puede entrar.", 0),
        ("en", "es", "You may not enter.", "No se puede entrar.", 0),
        ("en", "es", "You can't park here.", "Aquí no se puede aparcar.", 0),
        ("en", "es", "You may not like it.", "Puede no gustarle.", 0),
        ("en", "es", "You can't have known.", "Pudiste no saberlo.", 0),
        ("en", "fr", "You must not smoke here.", "Vous pouvez ne pas fumer ici.", 1),
        ("en", "fr", "You must not smoke here.", "Il ne faut pas fumer ici.", 0),
        ("en", "de", "you mustn't drink this", "Das müssen Sie nicht trinken.", 1),
        ("en", "de", "you mustn't drink this", "Das dürfen Sie nicht trinken.", 0),
        ("fr", "en", "Ne buvez pas cette eau.", "You didn't drink this water.", 1),
        ("de", "en", "Sie dürfen hier nicht parken.", "You didn't park here.", 1),
        ("es", "en", "No abren los domingos.", "Don't open on Sundays.", 1),
        ("es", "en", "No abren los domingos.", "They don't open on Sundays.", 0),
        ("es", "en", "No se puede entrar.", "Don't you dare.", 0),
        ("es", "en", "No fuman aquí.", "Don't smoke here.", 1),
        ("es", "en", "No deja de sangrar.", "Don't stop bleeding.", 1),
        ("es", "en", "No deje de tomarlo.", "Don't stop taking it.", 0),
        ("es", "en", "No tengas prisa.", "Don't hurry.", 0),
    ],
)
def test_what_is_forbidden_and_only_denied_in_a_translation_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "Es alérgico a las nueces.", "Are you allergic to walnuts?", 1),
        ("es", "en", "Es alérgico a las nueces.", "He's allergic to walnuts.", 0),
        ("es", "en", "es alérgico a las nueces", "Are you allergic to walnuts?", 0),
        ("es", "en", "¿Es alérgico? Dígamelo.", "Are you allergic? Tell me.", 0),
        ("es", "en", "¿Es alérgico a las nueces?", "Are you allergic to walnuts?", 0),
        ("es", "en", "Un mapa, por favor.", "Could I have a map?", 0),
        ("en", "es", "Could you help me.", "¿Puede ayudarme?", 0),
        ("en", "fr", "The shop is closed!", "Le magasin est fermé\u202f?", 1),
        ("en", "de", "I wonder if it rains.", "Ob es wohl regnet?", 0),
        ("es", "en", "Qué hora es.", "What time is it?", 0),
    ],
)
def test_a_statement_that_becomes_a_question_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "de", "I eat fish but no meat.", "Ich esse keinen Fisch, aber kein Fleisch.", 1),
        ("en", "de", "I eat fish but no meat.", "Ich esse Fisch, aber kein Fleisch.", 0),
        ("en", "es", "Wednesday, not Tuesday.", "El miércoles no, el martes.", 1),
        ("en", "es", "Wednesday, not Tuesday.", "El miércoles, no el martes.", 0),
        ("en", "es", "Wednesday, not Tuesday.", "El miércoles no el martes.", 0),
        ("en", "es", "On Wednesday, not Tuesday.", "No el martes, sino el miércoles.", 0),
        ("en", "es", "It's my fault, not yours.", "No es culpa tuya, es mía.", 0),
        ("en", "de", "It's my fault, not yours.", "Es ist nicht deine Schuld, es ist meine.", 0),
        ("en", "fr", "With tomato but without cheese.", "Sans tomates, mais sans fromage.", 1),
        ("en", "fr", "With tomato but without cheese.", "Avec des tomates, mais sans fromage.", 0),
        ("en", "fr", "I don't smoke, not even outside.", "Je ne fume pas, même dehors.", 0),
        ("es", "en", "Con leche, no con nata.", "Without milk, not with cream.", 1),
        ("es", "en", "Con leche, no con nata.", "With milk, not cream.", 0),
        ("es", "en", "A las tres no, a las cuatro.", "At three, not at four.", 1),
        ("es", "en", "A las tres no, a las cuatro.", "Not at three, at four.", 0),
        ("es", "en", "Por favor no, la puerta está rota.", "Please, no, the door is broken.", 0),
    ],
)
def test_a_denial_of_the_wrong_one_of_two_things_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "fr", "No, I don't smoke.", "Non, je fume.", 1),
        ("en", "fr", "No, I don't smoke.", "Non, je ne fume pas.", 0),
        ("en", "fr", "No, I smoke.", "Non, je fume.", 0),
        ("en", "fr", "No, I smoke.", "Je fume.", 1),
        ("en", "es", "No, I don't smoke.", "No fumo.", 0),
        ("es", "en", "¡No, no fumo!", "No, I smoke!", 1),
        ("en", "de", "No, it's closed.", "Nein, es ist geschlossen.", 0),
        ("es", "en", "Sí, hasta las nueve.", "Sit down until nine.", 1),
        ("es", "en", "Sí, hasta las nueve.", "Yes, until nine.", 0),
        ("es", "en", "Sí, claro.", "Of course.", 0),
        ("es", "en", "Sí que llueve.", "It's raining.", 0),
        ("en", "fr", "yes until nine", "Jusqu'à neuf heures.", 1),
        ("en", "fr", "Yes, until nine.", "Oui, jusqu'à neuf heures.", 0),
    ],
)
def test_an_answer_is_looked_at_beside_what_follows_it(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "No, dije el quince, no el cinco.", "I didn't say the 15th, not the 5th.", 1),
        ("es", "en", "No, dije el quince, no el cinco.", "No, I said the 15th, not the 5th.", 0),
        ("es", "en", "no queremos dos camas no una", "We don't want two beds, not one.", 1),
        ("es", "en", "no quiero que vengas si no puedes", "I don't want you to come if you can't.", 0),
        ("es", "en", "No, no fumo.", "I don't smoke.", 0),
        ("en", "es", "no i said the fifteenth not the fiftieth", "He dicho el 15, no el 50.", 1),
        ("en", "es", "no i said the fifteenth not the fiftieth", "No, he dicho el 15, no el 50.", 0),
        ("en", "fr", "No, I want two beds, not one.", "Je ne veux pas deux lits, pas un.", 1),
        ("de", "en", "Nein, ich will zwei Betten, nicht eins.", "I don't want two beds, not one.", 1),
    ],
)
def test_a_no_that_answers_and_then_denies_what_follows_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "Puedo comer queso, pero yogur no.", "I can eat cheese, but yoghurt.", 1),
        ("es", "en", "Puedo beber cerveza, pero vino no.", "I can drink beer, but wine didn't come.", 1),
        ("es", "en", "Puedo beber cerveza, pero vino no.", "I can drink beer, but not wine.", 0),
        ("es", "en", "Él sabe nadar, pero su hermano no.", "He can swim, but his brother can't.", 0),
        ("es", "en", "Un día sí y otro no.", "Every other day.", 0),
        ("en", "es", "My husband eats meat but I don't.", "Mi marido come carne, pero no.", 1),
        ("en", "es", "My husband eats meat but I don't.", "Mi marido come carne, pero yo no.", 0),
        ("en", "fr", "He smokes but I don't.", "Il fume, mais non.", 1),
        ("en", "de", "He smokes but I don't.", "Er raucht, ich aber nicht.", 0),
    ],
)
def test_what_is_refused_at_the_end_stays_refused_by_whom_it_was(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "es", "She gave him money and he gave her the keys.", "Ella le dio dinero y le dio las llaves.", 1),
        ("en", "es", "She gave him money and he gave her the keys.", "Ella le dio dinero y él le dio las llaves.", 0),
        ("en", "es", "He says he never hit her, she hit him.", "Él dice que nunca le golpeó, lo golpeó.", 1),
        ("es", "en", "Él dice que no le pegó, que fue ella.", "He says he didn't hit him, he went.", 1),
        ("en", "es", "She asked him to stop, but he didn't.", "Le pidió que parara, pero no paró.", 0),
        ("en", "es", "who's cooking you or me", "¿Quién cocina o yo?", 1),
        ("en", "es", "who's cooking you or me", "¿Quién cocina, tú o yo?", 0),
        ("en", "de", "Either you or I am wrong.", "Einer von uns irrt sich.", 0),
        ("es", "en", "¿Es para usted o para él?", "Are you for him?", 1),
        ("es", "en", "Prefiero que no fume.", "I'd rather not smoke.", 1),
        ("es", "en", "Prefiero que pague en efectivo.", "I'd rather pay in cash.", 1),
        ("es", "en", "Prefiero que pague en efectivo.", "I'd rather you paid in cash.", 0),
        ("es", "en", "No quiero que lo sepa.", "I don't want to know.", 1),
        ("es", "en", "Quiero que me paguen.", "I want to be paid.", 0),
        ("en", "es", "I'd rather you didn't smoke.", "Prefiero no fumar.", 1),
        ("fr", "en", "Je ne veux que dormir.", "I just want to sleep.", 0),
    ],
)
def test_somebody_who_does_something_and_is_left_out_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "El billete vale hasta finales de junio.", "The ticket is worth the end of June.", 1),
        ("es", "en", "El billete vale hasta finales de junio.", "The ticket is valid until the end of June.", 0),
        ("es", "en", "Hasta mañana.", "See you tomorrow.", 0),
        ("en", "de", "The museum is open until ten.", "Das Museum öffnet um zehn.", 1),
        ("de", "en", "Zwei bis drei Tage.", "Two or three days.", 0),
        ("es", "en", "Abren todos los días menos el lunes.", "They open every day, at least Monday.", 1),
        ("es", "en", "Abren todos los días menos el lunes.", "They open every day but Monday.", 0),
        ("es", "en", "Todos te echamos de menos.", "We all miss you.", 0),
        ("en", "es", "Everything except nuts.", "Todos los frutos secos.", 1),
        ("en", "es", "Somebody's following me, please help.", "Alguien me sigue, por favor.", 1),
        ("en", "es", "Help me.", "Écheme una mano.", 0),
        ("en", "de", "You're on the wrong side of the road.", "Sie sind auf der falschen Straße.", 1),
        ("en", "fr", "You're on the wrong side of the road.", "Vous roulez du mauvais côté de la route.", 0),
        ("en", "es", "I can't help it.", "No lo puedo evitar.", 0),
        ("en", "es", "Is there a cough syrup that won't make me sleepy?", "¿Hay un jarabe? Eso no me da sueño.", 1),
        ("en", "es", "Is there a cough syrup that won't make me sleepy?", "¿Hay un jarabe que no me dé sueño?", 0),
    ],
)
def test_a_bound_an_exception_a_call_and_a_condition_that_get_lost_count(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "Encienda la luz.", "Turn off the light.", 1),
        ("es", "en", "Encienda la luz.", "Turn on the light.", 0),
        ("en", "de", "The door is open.", "Die Tür ist geschlossen.", 1),
        ("en", "es", "They stay open an hour longer.", "Cierran una hora más tarde.", 0),
        ("en", "es", "Is it open or closed?", "¿Está cerrado?", 0),
        ("en", "es", "It's open until it closes at six.", "Está cerrado desde las seis.", 0),
        ("en", "fr", "Before the meal.", "Après le repas.", 1),
        ("en", "fr", "Before the meal.", "Avant le repas.", 0),
        ("en", "fr", "We can't leave until after dark.", "Il faut attendre la nuit avant de partir.", 0),
        ("en", "es", "a coffee with no sugar", "Un café sin azúcar.", 0),
        ("en", "es", "The cheapest room.", "La habitación menos cara.", 0),
        ("es", "en", "Al menos dos.", "More than one.", 0),
        ("en", "de", "I see my small brother.", "Ich sehe meine große Schwester.", 2),
        ("en", "ca", "The door is open.", "La porta és tancada.", 0),
    ],
)
def test_a_word_that_becomes_its_opposite_is_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("en", "fr", "no more than four a day", "Pas plus de quatre jours.", 1),
        ("en", "fr", "no more than four a day", "Pas plus de quatre par jour.", 0),
        ("en", "de", "We saw a day of rain.", "Wir hatten Regen.", 0),
        ("es", "en", "tome dos al día", "Take two.", 1),
        ("es", "en", "tome dos al día", "Take two daily.", 0),
        ("es", "en", "Llegó al día siguiente.", "He arrived the next morning.", 0),
        ("en", "fr", "It takes two hours at most.", "Ça prend la plupart des deux heures.", 1),
        ("en", "fr", "It takes two hours at most.", "Ça prend deux heures au maximum.", 0),
        ("en", "fr", "at most places", "Presque partout.", 0),
        ("en", "fr", "We take cash only.", "Nous prenons des espèces.", 1),
        ("en", "fr", "We take cash only.", "Nous ne prenons que des espèces.", 0),
        ("en", "es", "If I'd only known!", "¡Ojalá lo hubiera sabido!", 0),
        ("es", "en", "Solo hasta las diez.", "Until ten.", 1),
        ("es", "en", "Solo hasta las diez.", "Just until ten.", 0),
        ("es", "en", "Vive solo en la ciudad.", "He lives in the city by himself.", 0),
        ("es", "en", "un cuarto de pollo", "A chicken room.", 1),
        ("es", "en", "un cuarto de hora", "Fifteen minutes.", 0),
        ("es", "en", "un cuarto con baño", "A room with a bath.", 0),
    ],
)
def test_a_dose_and_a_bound_that_a_translation_lacks_are_counted(source, target, text, translation, count):
    assert _essentials.lost(text, translation, source, target) == count


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


def test_nothing_is_counted_for_languages_that_are_not_known():
    assert _essentials.lost("No ice on the left.", "Gel a l'esquerra.", "en", "ca") == 0
    assert _essentials.lost("Sense gel.", "With ice.", "ca", "en") == 0


def test_all_languages_know_of_the_same_things():
    known = _essentials._known()
    assert set(known) == set(phrases.LANGUAGES)
    everywhere = {"left", "right", "no", "half", "forbidden", "then", "platform", "morning", "evening"}
    assert all(everywhere <= set(each.essentials) for each in known.values())
    assert all(
        each.essentials[name].said and each.essentials[name].kept for name in everywhere for each in known.values()
    )
    assert len({frozenset(each.opposites) for each in known.values()}) == 1


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_what_one_language_says_is_looked_for_in_another(language):
    known = _essentials._known()
    others = [known[other] for other in phrases.LANGUAGES if other != language and "en" in (language, other)]
    for name, essential in known[language].essentials.items():
        assert essential.said or essential.kept
        if essential.said:
            assert any(name in other.essentials and other.essentials[name].kept for other in others), name


@pytest.mark.parametrize(
    "piece", ["a", "é", ",", "1", "1,", "no,", "not-", "sin-", "nicht-", "pas,", "turn on ", "not "]
)
def test_ten_thousand_characters_are_looked_at_in_no_time(piece):
    text = (piece * 10_000)[:10_000]
    began_s = time.process_time()
    for source, target in itertools.permutations(phrases.LANGUAGES, 2):
        _essentials.lost(text, text, source, target)
        _essentials.invented(text, text, source, target)
    assert time.process_time() - began_s < 5.0


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(phrases.LANGUAGES, 2)))
def test_what_people_translate_loses_next_to_nothing(source, target):
    said = phrases.pairs(random.Random(1), source, target, 1_000)
    assert sum(_essentials.lost(*pair, source, target) for pair in said) < 15
    assert sum(_essentials.invented(*pair, source, target) for pair in said) < 5
