"""Numbers among a recognizer's words, written as figures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from daemon.engines.on_device.words import Writer, as_shown
from daemon.events import Word
from daemon.figures.patterns import patterns
from daemon.figures.tables import fold, table
from daemon.figures.writing import Segment, segments, settled
from daemon.phrases import phrases_of
from daemon.stability import StablePrefix

LANGUAGES = ["en", "es"]
#: What takes part in the grammar, and words that do not.
OTHERS = {"en": ["we", "want", "please", "pay", "i", "train", "them"], "es": ["quiero", "pagar", "gracias", "se"]}


def vocabulary(language):
    return sorted(patterns(language)._words) + OTHERS[language]


def texts(language, **kwargs):
    return st.lists(st.sampled_from(vocabulary(language)), **kwargs)


def written(words, language="en-US"):
    return " ".join(piece.text for piece in segments(words.split(), language))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("it costs two hundred and fifty euros", "it costs 250 euros"),
        ("five euros and twenty cents", "5 euros and 20 cents"),
        ("five euros twenty", "5.20 euros"),
        ("a hundred and fifty thousand rupiah", "150,000 rupiah"),
        ("two point five million", "2.5 million"),
        ("at half past seven", "at 7:30"),
        ("a quarter to one", "12:45"),
        ("it's ten to six", "it's 5:50"),
        ("at seven oh five", "at 7:05"),
        ("seven thirty p m", "7:30 p.m."),
        ("seven thirty p.m.", "7:30 p.m."),
        ("half past seven p m", "7:30 p.m."),
        ("a quarter past seven a.m.", "7:15 a.m."),
        ("quarter to one p m", "12:45 p.m."),
        ("twenty minutes past nine p m", "9:20 p.m."),
        ("five minutes to nine a m", "8:55 a.m."),
        ("at ten to nine p m", "at 8:50 p.m."),
        ("at half seven p.m.", "at 7:30 p.m."),
        ("seven o'clock p m", "7 p.m."),
        ("at half past seven am i late", "at 7:30 am i late"),
        ("the fifteen forty train", "the 15:40 train"),
        ("eight in the evening", "8 in the evening"),
        ("at seven o'clock", "at 7 o'clock"),
        ("on the twenty third of may", "on 23 May"),
        ("may twenty third twenty twenty six", "23 May 2026"),
        ("june twenty twenty six", "June 2026"),
        ("in nineteen eighty four", "in 1984"),
        ("the summer of nineteen eighty four", "the summer of 1984"),
        ("since twenty twenty", "since 2020"),
        ("until nineteen ninety five", "until 1995"),
        ("the nineteen eighties", "the 1980s"),
        ("two thousand and six", "2006"),
        ("call five five five one two three four", "call 555 1234"),
        ("double five seven double oh three", "557 003"),
        ("nine one one", "911"),
        ("plus four four two oh seven nine four six oh nine five eight", "+44 207 946 0958"),
        ("six one two thirty four fifty six seventy eight", "612 34 56 78"),
        ("room two oh four", "room 204"),
        ("room two hundred and four", "room 204"),
        ("room two fifteen", "room 215"),
        ("gate b twelve", "gate B12"),
        ("flight b a two oh four", "flight BA204"),
        ("flight b a twelve oh four", "flight BA1204"),
        ("room twelve oh four", "room 1204"),
        ("room twelve oh four five minutes away", "room 1204 five minutes away"),
        ("room twelve oh no", "room 12 oh no"),
        ("gate twelve oh four four", "gate 12 oh four four"),
        ("flight b. a. two oh four", "flight BA204"),
        ("flight l h o four two", "flight LH042"),
        ("flight k l m one two three is late", "flight KLM123 is late"),
        ("seat fourteen c please", "seat 14C please"),
        ("i have seat fourteen a", "i have seat 14A"),
        ("room two oh four b", "room 204B"),
        ("room twelve a day early", "room 12 a day early"),
        ("room twelve i think", "room 12 i think"),
        ("room fourteen p m", "room 14 p m"),
        ("platform nine ten minutes late", "platform 9 ten minutes late"),
        ("three point one four", "3.14"),
        ("zero point five percent", "0.5%"),
        ("minus five degrees", "-5 degrees"),
        ("minus five degrees celsius", "-5 °C"),
        ("set it to a hundred and eighty degrees centigrade", "set it to 180 °C"),
        ("it's a hundred and one degrees fahrenheit", "it's 101 °F"),
        ("fifty five miles an hour", "55 mph"),
        ("ninety kilometres per hour", "90 km/h"),
        ("the flight is at oh six forty five", "the flight is at 06:45"),
        ("around zero seven thirty", "around 07:30"),
        ("plus or minus two degrees", "±2 degrees"),
        ("twenty degrees plus minus two", "20 degrees ±2"),
        ("zero or minus two degrees", "zero or -2 degrees"),
        ("one metre seventy eight", "1.78 metres"),
        ("i am one meter oh five tall", "i am 1.05 meters tall"),
        ("two metres ten", "2.10 metres"),
        ("one metre twenty people", "one metre 20 people"),
        ("a hundred metres twenty steps", "100 metres 20 steps"),
        ("a hundred dollar bill", "a 100 dollar bill"),
        ("a million dollars", "1 million dollars"),
        ("at nine-thirty in the morning", "at 9:30 in the morning"),
        ("february seventeen thirty-two", "February 1732"),
        ("two and a half hours", "2.5 hours"),
        ("two hours and a half", "2.5 hours"),
        ("ten to fifteen minutes", "10 to 15 minutes"),
        ("between five and ten euros", "between 5 and 10 euros"),
        ("the twenty first floor", "the 21st floor"),
        ("a hundred and twelfth", "112th"),
        ("one hundred and twenty third street", "123rd street"),
        ("two hundred first class tickets", "200 first class tickets"),
        ("three or four hundred metres", "300 or 400 metres"),
        ("two to three thousand euros", "2000 to 3000 euros"),
        ("between twenty and thirty thousand", "between 20,000 and 30,000"),
        ("one or two million", "1 or 2 million"),
        ("one to two hundred thousand", "100,000 to 200,000"),
        ("eighty to a hundred thousand", "80,000 to 100,000"),
        ("fifty to a hundred", "50 to 100"),
        ("room eight hundred five five minutes away", "room 805 five minutes away"),
        ("five or a hundred", "5 or 100"),
        ("call one eight hundred five five five one two three four", "call 1 800 555 1234"),
        ("platform four four minutes late", "platform 4 four minutes late"),
        ("line one two stops", "line 1 two stops"),
        ("the pin is one two three four", "the pin is 1234"),
        ("my passport number is a b one two three four five", "my passport number is AB12345"),
        ("my booking code is q r seven four k", "my booking code is QR74K"),
        ("the code is q r seven four k two b please", "the code is QR74K2B please"),
        ("the code is seven four k", "the code is 74K"),
        ("the code is q r seven i think", "the code is QR7 i think"),
        ("the code is q r seven four k nine minutes", "the code is QR74K nine minutes"),
        ("the reservation is seven p m", "the reservation is 7 p.m."),
        ("the number is a hundred", "the number is 100"),
        ("half past midnight", "12:30 a.m."),
        ("ten minutes to midnight", "11:50 p.m."),
        ("eight minutes before noon", "11:52 a.m."),
        ("eight minutes after midnight", "12:08 a.m."),
        ("five past midnight", "12:05 a.m."),
        ("at five after midnight", "at 12:05 a.m."),
        ("it's ten to midnight", "it's 11:50 p.m."),
        ("it is five to noon", "it is 11:55 a.m."),
        ("we arrive around twenty to midnight", "we arrive around 11:40 p.m."),
        ("open from eight a m to noon", "open from 8 a.m. to noon"),
        ("open from eight thirty till midnight", "open from 8:30 till midnight"),
        ("open from twenty to midnight", "open from 20 to midnight"),
        ("we leave at eight in the morning", "we leave at 8 in the morning"),
        ("it is three in the afternoon", "it is 3 in the afternoon"),
        ("the train is nine in the evening", "the train is 9 in the evening"),
        ("a taxi for six in the morning", "a taxi for 6 in the morning"),
        ("from nine in the morning to five in the afternoon", "from 9 in the morning to 5 in the afternoon"),
        ("quarter to noon", "11:45 a.m."),
        ("it is ten to five", "it is 4:50"),
        ("twenty five to nine in the morning", "8:35 in the morning"),
        ("about five to ten people", "about five to ten people"),
        ("from seven thirty to ten thirty", "from 7:30 to 10:30"),
        ("between nine and five thirty", "between 9 and 5:30"),
        ("between three and four p m", "between 3 and 4 p.m."),
        ("from the third to the ninth of june", "from 3 to 9 June"),
        ("monday march third", "monday 3 March"),
        ("a dollar fifty", "1.50 dollars"),
        ("at twelve fifty a kilo", "at twelve fifty a kilo"),
        ("twenty-five people", "25 people"),
        ("Twenty Five people", "25 people"),
    ],
)
def test_numbers_are_written_as_people_write_them(words, text):
    assert written(words) == text


@pytest.mark.parametrize(
    "words",
    [
        "one of them", "i want one please", "one or two people", "go forward ten meters", "two nights", "at one point",
        "the second floor", "one second please", "one two three four five", "two thirds", "that's three fifty euros",
        "fifteen twenty minutes", "fifty fifty", "from ten to six", "the first may come", "you may first want to",
        "he said oh no", "i have a b and c", "half an hour", "thousand thanks", "the bus two hours ago", "7:30 p.m.",
        "it costs eighteen fifty", "that's nineteen ninety five", "i paid thirteen twenty",
        "about nineteen ninety five", "the eighteen fifty to london", "a total of eighteen fifty",
        "it costs around eighteen fifty", "a price of nineteen ninety five", "prices from eighteen fifty",
        "it costs about seven fifty",
        "we march first", "it costs between five and six fifty",
    "the shop is open from eight till noon", "the museum is open from nine to midnight", "open nine till noon",
    "open nine twenty till noon", "open from ten to midnight", "around ten to midnight", "open until eight after noon",
    "take two tablets in the morning and one in the evening", "two tablets in the morning one in the evening",
    "we need three rooms one in the afternoon", "one in the morning and one in the evening",
    "the dose is two in the morning", "a table for two in the evening", "the booking is two b and b nights",
    "he drove ten miles an evening", "a million questions", "half a million", "ten minus two is eight",
    ],
)  # fmt: skip
def test_what_would_be_a_guess_or_is_small_stays_words(words):
    assert written(words) == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("cuesta doscientos cincuenta euros", "cuesta 250 euros"),
        ("tres euros con cincuenta", "3,50 euros"),
        ("son tres coma cinco kilómetros", "son 3,5 kilómetros"),
        ("quince mil pesos", "15.000 pesos"),
        ("un millón de personas", "un millón de personas"),
        ("un millón de pesos", "un millón de pesos"),
        ("dos millones y medio de euros", "2,5 millones de euros"),
        ("un millón y medio de euros", "1,5 millones de euros"),
        ("dos o tres mil euros", "2000 o 3000 euros"),
        ("tres o cuatrocientos metros", "300 o 400 metros"),
        ("ochenta o cien mil", "80.000 o 100.000"),
        ("dos o tres mil quinientos", "2 o 3500"),
        ("quiero las dos y cuatro cervezas", "quiero las dos y cuatro cervezas"),
        ("mil gracias", "mil gracias"),
        ("entre las siete y diez", "entre las siete y diez"),
        ("a las veintiuna horas", "a las 21:00"),
        ("las veinticuatro horas", "las 24 horas"),
        ("son cuarto para las nueve", "son las 8:45"),
        ("un euro cincuenta", "1,50 euros"),
        ("doce con noventa y nueve", "12,99"),
        ("cien por cien", "100 %"),
        ("del tres al nueve de junio", "del 3 al 9 de junio"),
        ("código postal veintiocho mil uno", "código postal 28001"),
        ("código postal dos ocho cero cero uno", "código postal 28001"),
        ("el código es uno dos tres cuatro", "el código es 1234"),
        ("dos millones de personas", "2 millones de personas"),
        ("a las siete y media", "a las 7:30"),
        ("a las ocho menos cuarto", "a las 7:45"),
        ("a la una menos diez", "a las 12:50"),
        ("a las dos menos cuarto", "a la 1:45"),
        ("a las veintidós treinta", "a las 22:30"),
        ("a las diecinueve y treinta", "a las 19:30"),
        ("a la una y diez", "a la 1:10"),
        ("a la una treinta", "a la 1:30"),
        ("mi habitación es la dos cero cuatro", "mi habitación es la 204"),
        ("la dos quince", "la dos quince"),
        ("a las quince y cuarto", "a las 15:15"),
        ("a las veinte y diez", "a las 20:10"),
        ("a las veinte y cinco", "a las 20:05"),
        ("las veinte menos cuarto", "las 20 menos cuarto"),
        ("son veinte y cinco", "son 25"),
        ("a las siete de la tarde", "a las 7 de la tarde"),
        ("el veintitres de mayo de dos mil veintiséis", "el 23 de mayo de 2026"),
        ("el primero de mayo", "el 1 de mayo"),
        ("veinticinco por ciento", "25 %"),
        ("la habitación dos cero cuatro", "la habitación 204"),
        ("el vuelo i b dos cero cuatro", "el vuelo IB204"),
        ("asiento catorce c por favor", "asiento 14C por favor"),
        ("la habitación doce y una cama", "la habitación 12 y una cama"),
        ("seis uno dos treinta y cuatro cincuenta y seis setenta y ocho", "612 34 56 78"),
        ("dos horas y media", "2,5 horas"),
        ("treinta y una personas", "31 personas"),
        ("son las dos menos cuarto", "es la 1:45"),
        ("es la una menos diez", "son las 12:50"),
        ("son dos euros y cincuenta céntimos", "son 2,50 euros"),
        ("dos euros con cincuenta centimos", "2,50 euros"),
        ("tres pesos cinco centavos", "3,05 pesos"),
        ("un euro y cinco céntimos", "1,05 euros"),
        ("un dólar con un centavo", "1,01 dólares"),
        ("cincuenta céntimos", "50 céntimos"),
        ("dos euros y cinco personas", "2 euros y cinco personas"),
        ("dos cafés y cincuenta céntimos", "dos cafés y 50 céntimos"),
        ("tres con diez de vuelta", "3,10 de vuelta"),
        ("tres con diez de nosotros", "tres con diez de nosotros"),
        ("me debe tres con cuarenta por favor", "me debe 3,40 por favor"),
        ("tiene tres con quince camas", "tiene tres con 15 camas"),
        ("menos cinco grados", "-5 grados"),
        ("cero o menos cinco grados", "cero o -5 grados"),
        ("más menos veinte grados", "más menos 20 grados"),
        ("más o menos veinte grados", "más o menos 20 grados"),
        ("tengo más o menos cinco grados", "tengo más o menos cinco grados"),
        ("veinte grados más menos dos", "20 grados ±2"),
        ("ciento una personas", "101 personas"),
        ("doscientas una habitaciones", "201 habitaciones"),
        ("ciento un euros", "101 euros"),
        ("la habitación ciento una por favor", "la habitación 101 por favor"),
        ("doscientos un mil euros", "201.000 euros"),
        ("mil ciento una noches", "1101 noches"),
        ("mil una noches", "mil una noches"),
        ("cuesta doscientos una noche", "cuesta 200 una noche"),
        ("cuesta trescientos un kilo", "cuesta 300 un kilo"),
        ("habitación doce cero cuatro", "habitación 1204"),
        ("el código es q r siete cuatro k", "el código es QR74K"),
        ("el código es q r siete y cuatro", "el código es QR7 y cuatro"),
        ("mide un metro setenta y ocho", "mide 1,78 metros"),
        ("un metro veinte centímetros", "un metro 20 centímetros"),
        ("una por la mañana y dos por la noche", "una por la mañana y dos por la noche"),
        ("abierto de ocho a mediodía", "abierto de ocho a mediodía"),
        ("al menos cinco personas", "al menos cinco personas"),
        ("al menos veinte grados", "al menos 20 grados"),
        ("he dicho dos y media", "he dicho dos y media"),
        ("quiero uno", "quiero uno"),
        ("un café para dos noches", "un café para dos noches"),
        ("tres y cuarto", "tres y cuarto"),
    ],
)
def test_numbers_are_written_as_spanish_is(words, text):
    assert written(words, "es-ES") == text


def value_of(text, language):
    known = table(language)
    figures, _, scale = text.partition(" ")
    if text in known.bare_scales:
        return known.scales[text]
    number = 1 if figures in known.articles else int(figures.replace(known.group, ""))
    return number * known.scales[fold(scale)] if scale else number


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(13, 9_999_999))
def test_every_number_comes_back_from_its_words(language, number):
    words = num2words(number, lang=language).replace(",", "").replace("-", " ")
    found = segments(words.split(), language)
    assert value_of(" ".join(piece.text for piece in found), language) == number


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(1, 23), st.integers(10, 59))
def test_a_time_said_with_its_minutes_is_that_time(language, hour, minutes):
    say = {"en": "at {h} {m}", "es": "a las {h} y {m}"}[language]
    said = say.format(h=num2words(hour, lang=language), m=num2words(minutes, lang=language)).replace("-", " ")
    assert written(said, language).split()[-1] == f"{hour}:{minutes}"


PRICES = ["it costs", "that's", "i paid", "the", "they want", "it is only", "costs about", "price of", "pay around"]


@given(st.sampled_from(PRICES), st.integers(13, 99), st.integers(10, 99), st.sampled_from(["", " please", " each"]))
def test_a_price_said_in_two_numbers_is_not_made_a_hundred_times_as_high(before, euros, cents, after):
    words = f"{before} {num2words(euros)} {num2words(cents)}{after}".replace("-", " ")
    assert written(words) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(13))
def test_small_numbers_stay_words(language, number):
    words = num2words(number, lang=language)
    assert written(words, language) == words


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz'.-", min_size=1, max_size=9), max_size=20))
def test_a_text_without_numbers_is_as_before(words):
    known = table("en")
    named = known.number_words.union(known.months, *known.named.values())
    others = [word for word in words if not set(re.findall(r"[a-z'.]+", word)) & named]
    assert segments(others, "en-US") == [Segment(word, 1) for word in others]


@given(st.text(max_size=80), st.sampled_from(["en-US", "es-ES", "fr", "", "../x"]))
def test_any_text_is_answered(text, language):
    words = text.split()
    assert sum(piece.words for piece in segments(words, language)) == len(words)
    assert settled(words, language) <= len(words)


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.data())
def test_what_is_written_stays_when_written_again(language, data):
    once = written(" ".join(data.draw(texts(language, max_size=8))), language)
    assert written(once, language) == once


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.data())
def test_what_is_settled_is_never_written_otherwise(language, data):
    words = data.draw(texts(language, max_size=14))
    whole = segments(words, language)
    for heard in range(len(words) + 1):
        begun = words[:heard]
        shown = segments(begun[: settled(begun, language)], language)
        assert whole[: len(shown)] == shown


@pytest.mark.parametrize("language", ["fr", "xx", ""])
def test_a_language_without_a_table_is_left_alone(language):
    assert written("two hundred euros", language) == "two hundred euros"
    assert settled(["two", "hundred"], language) == 2


@pytest.mark.parametrize("words", ["is it", "my code is", "open between", "we went from"])
def test_what_only_leads_to_a_number_need_not_wait_for_it(words):
    assert settled(words.split(), "en") == len(words.split())


@pytest.mark.parametrize("piece", ["one ", "two hundred and ", "oh ", "seven thirty ", "a ", "one-", "room two ", "x "])
def test_ten_thousand_characters_are_no_more_than_long(piece):
    words = (piece * (10_000 // len(piece))).split()
    assert sum(found.words for found in segments(words, "en")) == len(words)
    assert settled(words, "en") <= len(words)


# ------------------------------------------------------------ in the engine


def writer(*, figures=True):
    return Writer("en-US", figures=figures, phrases=phrases_of(()))


def test_a_growing_number_rewrites_no_promised_text():
    heard_in, stable = writer(), StablePrefix(2)
    words = "it costs two hundred and fifty euros at half past seven in the evening on the fifth of may".split()  # noqa: SIM905
    final = heard_in.sentence(" ".join(words), ()).text
    for heard in range(1, len(words) + 1):
        shown = stable.update(heard_in.hypothesis(" ".join(words[:heard])))
        assert final.startswith(shown.text)
    assert final == "It costs 250 euros at 7:30 in the evening on 5 May."
    assert shown.text == "It costs 250 euros at 7:30 in the evening on"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("two hundred euros", "200 euros."),
        ("nine one one", "911."),
        ("is it at seven p m", "Is it at 7 p.m.?"),
        ("it is at seven p m", "It is at 7 p.m."),
    ],
)
def test_figures_are_put_into_a_sentence(words, sentence):
    assert writer().sentence(words, ()).text == sentence


def test_without_figures_words_stay_words():
    plain = writer(figures=False)
    assert plain.hypothesis("it costs two hundred") == "It costs two hundred"
    assert plain.sentence("it costs two hundred euros", ()).text == "It costs two hundred euros."


def heard(text):
    return [Word(word, at / 10, (at + 1) / 10, 0.9 - at / 10) for at, word in enumerate(text.split())]


def test_a_number_of_several_words_is_one_word_and_says_what_was_heard():
    words = heard("it costs two hundred and fifty euros")
    text, shown, _sure = writer().sentence("it costs two hundred and fifty euros", words)
    assert " ".join(word.text for word in shown) == text == "It costs 250 euros."
    number = shown[2]
    assert (number.text, number.heard) == ("250 euros.", "two hundred and fifty euros")
    assert (number.start_s, number.end_s, number.confidence) == (0.2, 0.7, words[6].confidence)
    assert [word.heard for word in shown[:2]] == ["", ""]


def test_a_piece_with_spaces_is_one_word():
    shown = as_shown(heard("at seven p m"), "At 7 p.m.", [Segment("at", 1), Segment("7 p.m.", 3)])
    assert [word.text for word in shown] == ["At", "7 p.m."]
