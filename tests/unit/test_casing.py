import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.casing import punctuate, stopped


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("my friend lives in new york", "My friend lives in New York."),
        ("i think i'll stay and i'm tired", "I think I'll stay and I'm tired."),
        ("we meet on monday in august", "We meet on Monday in August."),
        ("you may march in march or in may", "You may march in March or in May."),
        ("mister quimby met mary", "Mister Quimby met Mary."),
        ("we saw doctor johnson and a doctor", "We saw Doctor Johnson and a doctor."),
        ("london's bridges and spanish wine", "London's bridges and Spanish wine."),
        ("the u. s. team came at nine a.m.", "The U. S. team came at nine a.m."),
        ("he is from bosnia and herzegovina", "He is from Bosnia and Herzegovina."),
        ("the turkey will be nice", "The turkey will be nice."),
        ("turn on the living room lamp", "Turn on the living room lamp."),
    ],
)
def test_english_words_become_a_cased_sentence(words, sentence):
    assert punctuate(words, "en-US", final=True) == sentence


@pytest.mark.parametrize(
    "words",
    [
        "what time is it",
        "what's the weather like",
        "how old is the brooklyn bridge",
        "how much",
        "where is the train station",
        "excuse me where can i buy a ticket",
        "is this seat free",
        "could you help me",
        "do you speak english",
        "don't you know him",
        "have you seen my brother",
        "may i come in",
        "who wants coffee",
        "why not",
        "it is cold isn't it",
        "which train goes to boston and when does it leave",
        "will we ever forget it",
        "is breakfast included",
        "are dogs allowed here",
        "was dinner included",
        "does breakfast cost extra",
        "did john come by",
        "has john been here",
        "has the train left already",
        "is free wifi available",
        "do children pay full price",
        "do trains run on sunday",
        "is wifi free",
        "what about tomorrow",
        "what happened to the train",
        "has anybody seen it",
        "it doesn't stop here does it",
        "can children swim here",
        "could somebody help us",
        "excuse me would wednesday suit you",
        "should guests bring towels",
        "will breakfast be ready",
        "at what time is breakfast",
        "from which platform does it leave",
        "to whom do i speak",
        "how long before the flight do we have to be there",
        "how far is it",
        "how often do buses run",
        "how late does the last train to the city leave",
    ],
)
def test_a_question_gets_its_mark(words):
    assert punctuate(words, "en-GB", final=True).endswith("?")


@pytest.mark.parametrize(
    "words",
    [
        "when i was young i lived in rome",
        "what a lovely day",
        "have a nice day",
        "do the dishes",
        "do it now",
        "had he married he might have been happy",
        "may the force be with you",
        "ask what you can do for your country",
        "where there is smoke there is fire",
        "will is here",
        "yes",
        "please",
        "how to do it",
        "how long it takes",
        "do things slowly",
        "do exercises",
        "do not touch it",
        "is not far from here",
        "is closed",
        "was born in madrid",
        "has been very nice",
        "has to be paid",
        "would like a coffee",
        "would be very nice",
        "can be paid by card",
        "will be there at nine",
        "could be much worse",
        "can do that tomorrow",
        "for what it's worth",
        "in which case we leave",
        "in what we do",
        "will is an actor",
        "has free parking",
    ],
)
def test_a_statement_or_an_order_gets_a_stop(words):
    assert punctuate(words, "en-US", final=True).endswith(".")


def test_an_interim_has_no_mark_at_its_end():
    assert punctuate("where is my", "en-US", final=False) == "Where is my"


def test_what_is_written_already_stays():
    assert punctuate("McDonald said it.", "en-US", final=True) == "McDonald said it."
    assert punctuate("Really?", "en-US", final=True) == "Really?"


def test_other_languages_get_the_least():
    assert punctuate("hola a todos", "es-ES", final=True) == "Hola a todos."
    assert punctuate("это дом", "ru", final=True) == "Это дом."
    assert punctuate("你好", "zh", final=True) == "你好"
    assert punctuate("", "en-US", final=True) == ""
    assert punctuate("  ", "xx", final=True) == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("dónde está la estación", "¿Dónde está la estación?"),
        ("qué hora es", "¿Qué hora es?"),
        ("a qué hora abre", "¿A qué hora abre?"),
        ("por qué no", "¿Por qué no?"),
        ("de dónde sale el tren", "¿De dónde sale el tren?"),
        ("cuánto cuesta", "¿Cuánto cuesta?"),
        ("cuántas noches son", "¿Cuántas noches son?"),
        ("hola cómo estás", "Hola, ¿cómo estás?"),
        ("perdone por favor dónde hay un banco", "Perdone por favor, ¿dónde hay un banco?"),
        ("hola y a qué hora abre", "Hola, ¿y a qué hora abre?"),
        ("pero cuánto cuesta", "¿Pero cuánto cuesta?"),
    ],
)
def test_a_spanish_question_word_opens_a_question(words, sentence):
    assert punctuate(words, "es-ES", final=True) == punctuate(words, "es", final=True, guess=False) == sentence
    assert punctuate(sentence, "es-ES", final=True) == sentence


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("tiene una habitación libre", "es-ES"),
        ("no sé dónde está", "es-ES"),
        ("que tengas un buen día", "es-ES"),
        ("donde hay humo hay fuego", "es-ES"),
        ("qué lástima", "es-ES"),
        ("quién sabe", "es-ES"),
        ("por favor", "es-ES"),
        ("haben sie ein zimmer frei", "de-DE"),
    ],
)
def test_where_a_question_cannot_be_told_the_stop_is_a_guess(words, language):
    stopped = punctuate(words, language, final=True)
    assert stopped.endswith(".")
    assert punctuate(words, language, final=True, guess=False) == stopped.removesuffix(".")


def test_in_english_the_stop_is_no_guess():
    assert punctuate("we have a room", "en-US", final=True, guess=False) == "We have a room."


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("It is cold", "It is cold."),
        ("Is it cold?", "Is it cold?"),
        ("He said “yes.”", "He said “yes.”"),
        ("你好", "你好"),
        ("", ""),
    ],
)
def test_a_stop_is_given_once(text, written):
    assert stopped(text) == written


@given(st.lists(st.text("abcdehinorstuwy'.", min_size=1, max_size=8), max_size=12), st.sampled_from(["en-US", "de"]))
def test_no_word_is_lost_changed_or_moved(words, language):
    sentence = punctuate(" ".join(words), language, final=True)
    assert sentence.lower().rstrip("?.").split() == " ".join(words).rstrip("?.").split()


@given(st.text(max_size=60), st.sampled_from(["en-US", "es", "de"]), st.booleans(), st.booleans())
def test_any_text_is_answered(text, language, final, guess):
    once = punctuate(text, language, final=final, guess=guess)
    again = punctuate(once, language, final=final, guess=guess)
    assert again.casefold() == once.casefold() or not final  # what was ``a`` before its stop looks like ``a.`` spelled
