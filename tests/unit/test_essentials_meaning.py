"""What must not get lost in a translation: who does something, within which bounds, and whether it is a question."""

from __future__ import annotations

import pytest

from daemon.translators import _essentials


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
        ("es", "en", "Quiero que me lo cambien.", "I want to exchange it.", 0),
        ("en", "de", "I'd rather you didn't.", "Lieber nicht.", 0),
        ("en", "de", "I'd rather you didn't smoke.", "Ich rauche lieber nicht hier.", 1),
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
        ("en", "de", "How can I help you?", "Was kann ich für Sie tun?", 0),
        ("en", "es", "How can I help you?", "¿Qué puedo hacer por usted?", 0),
        ("en", "fr", "It's ten till nine.", "Il est neuf heures moins dix.", 0),
        ("de", "en", "Kinder bis 12 Jahre fahren frei.", "Children under 12 travel free.", 0),
        ("de", "en", "Sie darf bis 30 Kilo wiegen.", "It may weigh at most 30 kilos.", 0),
        ("en", "de", "It's on this side of the river.", "Es liegt diesseits des Flusses.", 0),
        ("en", "fr", "On the same side of the street.", "Sur le même trottoir.", 0),
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
