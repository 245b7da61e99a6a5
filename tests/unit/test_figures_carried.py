"""Figures in a translation, written as its language is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.figures import forms
from daemon.figures.carried import carry
from daemon.figures.manners import manners
from daemon.figures.times import corrected

LANGUAGES = ["en", "es", "fr", "de", "ca", "gl", "pt", "it"]


@pytest.mark.parametrize(
    ("source", "target", "text", "translation", "written"),
    [
        ("en-US", "es", "It is 3.5 kilometers.", "Son 3.5 kilómetros.", "Son 3,5 kilómetros."),
        ("en-US", "es", "10,000 people", "10,000 personas", "10.000 personas"),
        ("en-US", "es", "1,250.50 euros, 25% off", "1,250.50 euros, 25% menos", "1.250,50 euros, 25 % menos"),
        ("en-US", "fr", "1,500 or 2,500", "1,500 ou 2,500", "1\u202f500 ou 2\u202f500"),
        ("es-ES", "en", "Son 3,5 y 1.500", "They are 3,5 and 1.500", "They are 3.5 and 1,500"),
        ("es-ES", "ca", "Son 3,5 y 1.500", "Són 3,5 i 1.500", "Són 3,5 i 1.500"),
        ("en-US", "fr", "Where is it?", "Où est-ce ?", "Où est-ce\u202f?"),
        ("xx", "fr", "“Oui” !", "« Oui » !", "«\u202fOui\u202f»\u202f!"),
        ("en-US", "fr", "Where?", "Où?", "Où?"),
        ("en-US", "fr", "On 1 May.", "Le 1 mai.", "Le 1er mai."),
        ("en-US", "fr", "On 21 May, 1 Mayor", "Le 21 mai, 1 maire, 2,1 mai", "Le 21 mai, 1 maire, 2,1 mai"),
        ("en-US", "fr", "On 1 and 2 May.", "Les 1er et 2 mai.", "Les 1er et 2 mai."),
        ("en-US", "fr", "On 5 July and 8 August.", "Le 5 juillet et 8 août.", "Le 5 juillet et le 8 août."),
        ("en-US", "fr", "It's 10:30.", "C'est 10:30.", "Il est 10:30."),
        ("en-US", "fr", "No, it's 10:30, not ten.", "Non, c'est 10:30, pas dix.", "Non, c'est 10:30, pas dix."),
        ("en-US", "fr", "On 42nd Street.", "Dans la 42nd Street.", "Dans la 42nd Street."),
        ("en-US", "de", "On 42nd Street.", "In der 42nd Street.", "In der 42nd Street."),
        ("en-US", "de", "The 1 May party.", "Für die 1. Mai-Feier.", "Für die 1. Mai-Feier."),
        ("xx", "de", "On 1 May.", "Am 1. Mai.", "Am 1. Mai."),
        ("en-US", "fr", "At 7:30: 25%", "À 7:30 : 25 %", "À 7:30\u202f: 25\u202f%"),
        ("en-US", "es", "Oh !", "¡ Oh !", "¡ Oh !"),
        ("en-US", "de", "At 7:30 p.m.", "Um 7:30 p.m.", "Um 19:30."),
        ("en-US", "fr", "at 7 p.m. tomorrow", "à 7 p.m. demain", "à 19:00 demain"),
        ("en-US", "de", "At 12:15 a.m. today", "Um 12:15 a.m. heute", "Um 0:15 heute"),
        (
            "en-US",
            "de",
            "At 12:15 on Monday, back at 7 p.m.",
            "Um 12:15 am Montag, um 7 p.m.",
            "Um 12:15 am Montag, um 19:00.",
        ),
        ("en-US", "de", "Table 12 at 7 p.m.", "Tisch 12 am Fenster um 7 p.m.", "Tisch 12 am Fenster um 19:00."),
        ("en-US", "de", "Table 7 at 7 am", "Tisch 7 am Fenster um 7 am", "Tisch 7 am Fenster um 7 am"),
        ("en-US", "de", "At 7 PM", "Um 7 PM", "Um 19:00"),
        ("en-US", "es", "At 7:30 p.m.", "A las 7:30 p.m.", "A las 7:30 p.m."),
        ("en-US", "fr", "23 May 2026.", "23 peut 2026.", "23 mai 2026."),
        ("en-US", "fr", "1 May.", "1 peut-être.", "1er mai."),
        ("en-US", "es", "On 1 May.", "1 puede.", "1 de mayo."),
        ("en-US", "es", "10 October 2026.", "10 de octubre, 2026.", "10 de octubre de 2026."),
        ("en-US", "es", "On 4 July.", "El 4 julio.", "El 4 de julio."),
        ("en-US", "de", "23 May 2026.", "23 Mai 2026.", "23. Mai 2026."),
        ("es-ES", "en", "El 23 de mayo de 2026.", "On May 23, 2026.", "On May 23, 2026."),
        ("en-US", "fr", "Room 23 may be free.", "La chambre 23 peut être libre.", "La chambre 23 peut être libre."),
        ("en-US", "es", "On 3 May at 7:30.", "El 3 a las 7:30.", "El 3 a las 7:30."),
        ("es-ES", "en", "A las 12:30 de la noche.", "At 12:30 p.m.", "At 12:30 a.m."),
        ("es-ES", "en", "A la 1 de la noche.", "At 1 in the evening.", "At 1 a.m."),
        ("es-ES", "en", "A las 12 de la mañana.", "At 12 a.m.", "At 12 p.m."),
        ("es-ES", "en", "De 8 de la mañana a 8 de la noche.", "8 a.m. to 8 p.m.", "8 a.m. to 8 p.m."),
        ("es-ES", "en", "A las 8:15 de la mañana.", "At 8:15 in the morning.", "At 8:15 in the morning."),
        ("en-US", "de", "At 8:30 in the morning.", "Um 8:30 Uhr nachts.", "Um 8:30 Uhr morgens."),
        ("en-US", "de", "At 2 in the morning.", "Um 2 Uhr nachts.", "Um 2 Uhr nachts."),
        (
            "en-US",
            "de",
            "At 9 in the morning, at 9 in the evening",
            "9 nachts, 9 abends",
            "9 Uhr morgens, 9 Uhr abends",
        ),
        ("en-US", "de", "At 9 in the morning, at 9 in the evening", "Um 9 Uhr nachts.", "Um 9 Uhr nachts."),
        ("en-US", "de", "At 10 at night.", "Um 10 Uhr in der Nacht.", "Um 10 Uhr in der Nacht."),
        ("en-US", "de", "At 9 in the morning.", "Um 9 Uhr am Abend.", "Um 9 Uhr morgens."),
        ("en-US", "fr", "At 10 in the morning.", "À 10 du matin.", "À 10 heures du matin."),
        ("en-US", "fr", "At 1 in the afternoon.", "À 1 du soir.", "À 1 heure de l'après-midi."),
        ("en-US", "es", "At 4 in the afternoon.", "A las 4 de la mañana.", "A las 4 de la tarde."),
        ("en-US", "es", "Room 4, at 5 in the morning.", "La 4 de la tarde, a las 5.", "La 4 de la tarde, a las 5."),
        ("es-ES", "en", "A las 8:15 de la tarde.", "At 8:15 in the evening.", "At 8:15 in the evening."),
        ("en-US", "es", "1,500kg, €12,500", "1,500kg, €12,500", "1.500kg, 12.500 €"),
        ("en-US", "de", "1,200m deep", "1,200m tief", "1.200m tief"),
        ("en-US", "de", "0.5ml, 0.5 ml, 1.5bar", "0.5ml, 0.5 ml, 1.5bar", "0,5ml, 0,5 ml, 1.5bar"),
        ("en-US", "es", "bus No. 7", "autobús No. 7", "autobús n.º 7"),
        ("es-ES", "en", "el n.º 7", "the n.º 7", "the No. 7"),
        ("en-US", "de", "No, 7.", "Nein, 7. No. 7", "Nein, 7. No. 7"),
        ("es-ES", "en", "El 12 de junio de 1990.", "June 12 from June 1990.", "June 12, 1990."),
        ("es-ES", "en", "El 5 de octubre de 1970.", "On october 5, of 1970.", "On October 5, 1970."),
        ("es-ES", "en", "El 3 de agosto de 2024.", "On August 3th 2024.", "On August 3, 2024."),
        ("es-ES", "en", "El 3 de agosto.", "In August 3 of us.", "In August 3 of us."),
        ("en-US", "fr", "Born in 1999.", "Né à 1999.", "Né en 1999."),
        ("en-US", "fr", "Room 1999, in 1887.", "À 1999, à 1887 ou à 1999.", "À 1999, en 1887 ou à 1999."),
        ("en-US", "de", "Built in 1887.", "Gebaut in 1887.", "Gebaut im Jahr 1887."),
        ("en-US", "fr", "It costs $45.", "Ça coûte $45.", "Ça coûte 45\u202f$."),
        ("en-US", "es", "€5-10, $5, €3/kg", "€5-10, $5, €3/kg", "5-10 €, $5, €3/kg"),
        ("en-US", "de", "$5-$10, US$5, $1.5 million", "$5-$10, US$5, $1.5 Millionen", "$5-$10, US$5, $1,5 Millionen"),
        ("es-ES", "en", "Cuesta 5'50 €.", "It costs 5'50 €.", "It costs €5'50."),
        ("es-ES", "en", "Son 1.250,50 € y 3 €.", "It is 1.250,50 € and 3 €.", "It is €1,250.50 and €3."),
        (
            "es-ES",
            "en",
            "Sale del andén 7 a las 10:05.",
            "It leaves platform 7 to 10:05.",
            "It leaves platform 7 at 10:05.",
        ),
        ("es-ES", "en", "A la 1:05.", "To 1:05, to 1:050, to 1:06", "To 1:05, to 1:050, to 1:06"),
        ("es-ES", "en", "De 9:30 a las 10:05.", "9:30 to 10:05.", "9:30 to 10:05."),
        ("es-ES", "en", "Desde las nueve a las 10:05.", "From nine to 10:05.", "From nine to 10:05."),
        ("es-ES", "en", "Abre a las 9:30, cierra a las 10:05.", "From 9:30 to 10:05.", "From 9:30 to 10:05."),
        ("es-ES", "en", "Llega a las 10:10.", "It comes at ten to 10:10.", "It comes at ten to 10:10."),
        ("es-ES", "en", "Va a las 7:30, con 15.", "It goes to 15 at 7:30.", "It goes to 15 at 7:30."),
        ("es-ES", "en", "A las 3 p.m.", "At 3 p.m. o'clock.", "At 3 p.m."),
        ("es-ES", "en", "A las 3 p.m. no.", "Not at 3 p.m. o'clock, at 3 pm o\u2019clock.", "Not at 3 p.m., at 3 pm."),
        ("es-ES", "en", "A las 15:15.", "At 15:15 o'clock.", "At 15:15."),
        ("es-ES", "en", "A las 3.", "At 3 o'clock.", "At 3 o'clock."),
        ("en-US", "es", "At 1:05 p.m.", "A las 1:05 p.m.", "A la 1:05 p.m."),
        ("en-US", "es", "It's 1.", "Son las 1.", "Es la 1."),
        ("en-US", "es", "It's 1:30 or 2:30.", "Son 1:30 o 2:30.", "Es la 1:30 o las 2:30."),
        ("en-US", "es", "Is it 8:55?", "¿Es 8:55?", "¿Son las 8:55?"),
        ("en-US", "es", "It's already 12:40.", "Ya es 12:40.", "Ya son las 12:40."),
        ("en-US", "es", "From 8:15 to 4:30.", "De 8:15 a 4:30.", "De las 8:15 a las 4:30."),
        ("en-US", "es", "Since 7:10.", "Desde 7:10.", "Desde las 7:10."),
        ("de", "es", "Vor 7:10.", "Antes de 7:10.", "Antes de las 7:10."),
        ("en-US", "es", "1,500 pages, 1 to 3", "las 1,500 páginas, las 1 a 3", "las 1.500 páginas, las 1 a 3"),
        ("en-US", "es", "12, 1-3 and 1/2", "son las 12, las 1-3 y las 1/2", "son las 12, las 1-3 y las 1/2"),
        ("en-US", "es", "It is 1 euro, 1.5.", "Es 1 euro, son 1,5.", "Es 1 euro, son 1,5."),
        ("en-US", "es", "2:30 minutes, 1:30:15", "en 2:30 minutos, en 1:30:15", "en 2:30 minutos, en 1:30:15"),
        ("en-US", "es", "We have 7 of 8.", "Tenemos 7 de 8.", "Tenemos 7 de 8."),
        ("en-US", "fr", "At 1 o'clock.", "À 1 heures.", "À 1 heure."),
        ("en-US", "fr", "2.1 hours, 21 hours", "2.1 heures, 21 heures", "2,1 heures, 21 heures"),
        ("en-US", "fr", "2 in the morning, 1 in the evening", "2 du matin et 1 du soir", "2 du matin et 1 du soir"),
        ("en-US", "de", "Room 8 in the morning.", "Zimmer 8 am Morgen.", "Zimmer 8 am Morgen."),
        ("en-US", "de", "We open at 12:30 p.m.", "Wir öffnen um 12:30 nachts.", "Wir öffnen um 12:30 mittags."),
        ("en-US", "de", "At 8 \u0131n the morn\u0131ng.", "Um 8 morgens.", "Um 8 Uhr morgens."),
        ("en-US", "es", "They won by 3:10.", "Ganaron por 3:10.", "Ganaron por 3:10."),
        ("en-US", "es", "a scale of 1:50", "a escala de 1:50", "a escala de 1:50"),
        ("en-US", "es", "We close at 8:15 p.m.", "Cerramos en 8:15 p.m.", "Cerramos a las 8:15 p.m."),
        ("en-US", "gl", "It costs €5 now.", "Custa €5 agora.", "Custa 5 € agora."),
        ("en-US", "fr", "In 1999 it was at 1999 km.", "En 1999 à 1999 km.", "En 1999 à 1999 km."),
        ("en-US", "fr", "For 5 July.", "Pour 5 juillet.", "Pour le 5 juillet."),
        ("en-US", "fr", "It's 1 May.", "C'est 1 mai.", "C'est le 1er mai."),
        ("en-US", "fr", "Until 16 January.", "Jusqu'à 16 janvier.", "Jusqu'au 16 janvier."),
        ("en-US", "fr", "From 2 May to 9 May.", "De 2 mai à 9 mai.", "Du 2 mai au 9 mai."),
        ("en-US", "fr", "From 3 to 17 April.", "Nous restons de 3 à 17 avril.", "Nous restons du 3 au 17 avril."),
        ("en-US", "fr", "Between 3 May and 5 May.", "Entre 3 mai et 5 mai.", "Entre le 3 mai et le 5 mai."),
        ("en-US", "fr", "Between 6 and 8 July.", "Entre 6 et 8 juillet.", "Entre le 6 et le 8 juillet."),
        ("en-US", "fr", "On 3, 4 and 5 May.", "Les 3, 4 et 5 mai.", "Les 3, 4 et 5 mai."),
        ("en-US", "fr", "15 August is free.", "15 août est libre.", "Le 15 août est libre."),
        ("en-US", "fr", "1 May is a holiday.", "1 peut-être est férié.", "Le 1er mai est férié."),
        ("en-US", "es", "1 May is a holiday.", "El 1 puede ser festivo.", "El 1 de mayo festivo."),
        ("en-US", "fr", "1 June may be free.", "Le 1 peut être libre.", "Le 1 peut être libre."),
        ("en-US", "fr", "Room 3 for 3 people.", "De 3 à 17 personnes.", "De 3 à 17 personnes."),
        ("en-US", "fr", "On the 23rd floor.", "Au 23ième étage.", "Au 23e étage."),
        ("en-US", "fr", "His 40th birthday.", "Son 40 anniversaire.", "Son 40e anniversaire."),
        ("en-US", "fr", "The 13th time, on 3 May.", "La 13 fois, le 3 mai.", "La 13e fois, le 3 mai."),
        ("en-US", "fr", "3rd floor, 3 times.", "Au 3 étage, frappez 3 fois.", "Au 3e étage, frappez 3 fois."),
        ("en-US", "fr", "2 tickets, 2nd row.", "Donnez-leur 2 billets.", "Donnez-leur 2 billets."),
        ("en-US", "fr", "At 5 Lyon Street, 5th.", "Au 5 rue de Lyon.", "Au 5 rue de Lyon."),
        ("en-US", "fr", "1 day, from the 1st.", "1 jour, à partir du 1er.", "1 jour, à partir du 1er."),
        ("en-US", "de", "Knock 3 times, 3rd floor.", "Im 3. Stock 3 Mal klopfen.", "Im 3. Stock 3 Mal klopfen."),
        ("en-US", "de", "The 3rd time.", "Das 3 Mal.", "Das 3. Mal."),
        ("en-US", "de", "1 day from the 1st.", "1 Tag ab dem 1. Mai.", "1 Tag ab dem 1. Mai."),
        ("en-US", "fr", "I think it's 8:30.", "Je pense que c'est 8:30.", "Je pense qu'il est 8:30."),
        ("en-US", "fr", "If it's 8:30, wait.", "Si c'est 8:30, attendez.", "S'il est 8:30, attendez."),
        ("en-US", "fr", "40 songs.", "Ses 40 chansons, la 40 fois.", "Ses 40 chansons, la 40 fois."),
        ("en-US", "fr", "The 21st of May, the 21st.", "Le 21 mai, le 21.", "Le 21 mai, le 21."),
        ("en-US", "fr", "In the 1990s.", "En 1990s, dans les 1990s.", "Dans les années 1990, dans les années 1990."),
        ("en-US", "fr", "It's 2:55.", "C'est 2:55.", "Il est 2:55."),
        ("en-US", "fr", "It's 2:55 minutes.", "C'est 2:55 minutes.", "C'est 2:55 minutes."),
        ("en-US", "de", "For 5 July.", "Für 5. Juli.", "Für den 5. Juli."),
        ("en-US", "de", "Since 4 August.", "Seit der 4. August.", "Seit dem 4. August."),
        ("en-US", "de", "From 3 to 17 April.", "Hier von 3 nach 17. April.", "Hier vom 3. bis zum 17. April."),
        ("en-US", "de", "It's 7 May.", "Es ist 7. Mai.", "Es ist der 7. Mai."),
        ("en-US", "de", "Between 6 and 8 July.", "Zwischen 6 und 8. Juli.", "Zwischen dem 6. und dem 8. Juli."),
        ("en-US", "de", "2 May is a Sunday.", "2. Mai ist ein Sonntag.", "Der 2. Mai ist ein Sonntag."),
        ("en-US", "de", "The 13th street.", "Die 13.. Straße.", "Die 13. Straße."),
        ("en-US", "de", "On the 31st page.", "Auf der 31 Seite.", "Auf der 31. Seite."),
        ("en-US", "de", "31 pages.", "Auf der 31 Seite.", "Auf der 31 Seite."),
        ("en-US", "de", "In the 1980s.", "In den 1980en, den 1980er Jahren.", "In den 1980ern, den 1980er Jahren."),
        # Written by the translator, which knows its language.
        ("en-US", "es", "It is 3.5.", "Son 3,5.", "Son 3,5."),
        ("en-US", "es", "three and a half", "3.5", "3.5"),
        # No numbers of that kind.
        ("en-US", "es", "Version 1.2.3 at 7:30", "Versión 1.2.3 a las 7:30", "Versión 1.2.3 a las 7:30"),
        ("en-US", "xx", "3.5", "3.5", "3.5"),
    ],
)
def test_figures_are_written_as_in_the_language_of_the_translation(source, target, text, translation, written):
    assert carry(text, translation, source, target) == written


@given(st.integers(10_000, 10**9), st.integers(1, 99), st.sampled_from(LANGUAGES), st.sampled_from(LANGUAGES))
def test_a_number_keeps_its_value(whole, cents, source, target):
    theirs, ours = manners(source), manners(target)
    number = f"{whole:,}".replace(",", theirs.group) + f"{theirs.decimal}{cents:02}"
    written = carry(f"x {number} y", f"z {number} z", source, target).split(" ")[1]
    assert written.replace(ours.group, "").replace(ours.decimal, ".") == f"{whole}.{cents:02}"


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(["de", "fr", "pt", "it"]))
def test_a_time_that_is_none_of_the_text_keeps_its_value(hour, minutes, target):
    time = f"{hour}:{minutes:02} am"
    written = carry(f"At {hour}:{minutes:02} on the 5th, back at 7 p.m.", f"{time} x, 7 p.m. y", "en-US", target)
    assert written == f"{time} x, 19:00 y"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "fr",
            "pour le la de du à au entre et jusqu'à C'est est son 5 13 13th mai 1er en dans les 1990s années fois ,",
        ),
        ("de", "für den seit der dem von vom bis zum nach ist 5. 13 13th Mai Straße Seite den 1980en 1980er , .."),
    ],
)
@given(data=st.data())
def test_dates_and_ordinals_that_were_corrected_keep_their_figures(language, words, data):
    said = data.draw(st.lists(st.sampled_from(words.split())))
    once = forms.corrected("The 13th and the 5th of May.", " ".join(said), manners(language))
    assert re.findall(r"\d+", once) == re.findall(r"\d+", " ".join(said))


@given(st.lists(st.sampled_from("es son de a las la y o p.m. 1 1:05 7:30 , 1.500 T en por".split())))  # noqa: SIM905
def test_times_that_were_corrected_are_right(words):
    once = corrected(" ".join(words), manners("es").times)
    assert corrected(once, manners("es").times) == once
