"""What must not get lost in a translation: who or what is denied, forbidden and refused."""

from __future__ import annotations

import pytest

from daemon.translators import _essentials


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "count"),
    [
        ("es", "en", "no beba el agua del grifo", "I didn't drink the tap water.", 1),
        ("es", "en", "no beba el agua del grifo", "I don't drink the tap water.", 1),
        ("es", "en", "no beba el agua del grifo", "Don't drink the tap water.", 0),
        ("es", "en", "Por favor, no toquen nada.", "Please do not touch anything.", 0),
        ("es", "en", "No se mueva.", "You mustn\u2019t move.", 0),
        ("es", "en", "No se mueva.", "Move.", 1),
        ("es", "en", "No beba esta agua, llueve sin parar.", "Drink this water, it rains all the time.", 1),
        ("es", "en", "Llueve sin parar.", "It rains all the time.", 0),
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
