"""What translators are shown of a text: without what people say while they look for a word, and with figures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines.base import Task, TextTranslated
from daemon.engines.on_device.engine import OnDeviceEngine
from daemon.engines.on_device.shown import shown
from daemon.fillers import left_out
from daemon.phrases import phrases_of
from tests.support.engines import Listener
from tests.support.stages import ScriptedStages

NONE = phrases_of(())


@pytest.mark.parametrize(
    ("language", "said", "left"),
    [
        ("en", "uh where is the um train station", "where is the train station"),
        ("en", "I, um, would like a coffee", "I would like a coffee"),
        ("en", "Uh, um, I, uh, need help", "I need help"),
        ("en", "Um, where is it?", "Where is it?"),
        ("en", "Er, I, er, need help. Er, please", "I need help. Please"),
        ("en", "Um... I think so.", "I think so."),
        ("en", "I went, um.", "I went."),
        ("en", "I went um. Then home", "I went. Then home"),
        ("en", "I feel sick, um... Please help", "I feel sick... Please help"),
        ("en", "I need, um... a doctor", "I need a doctor"),
        ("es", "eh ¿dónde está la estación?", "¿dónde está la estación?"),
        ("es", "¿Eh, dónde está?", "¿Dónde está?"),
        ("es", "quiero, eh, un café", "quiero un café"),
        ("fr", "je voudrais euh un café", "je voudrais un café"),
    ],
)
def test_fillers_are_left_out_with_the_commas_around_them(language, said, left):
    assert left_out(said, language) == left


@pytest.mark.parametrize(
    ("language", "said", "left"), [("en", "Yes, um, please", "Yes, please"), ("en", "two, uh, three", "two, three")]
)
def test_what_would_run_together_stays_apart(language, said, left):
    assert left_out(said, language) == left


@pytest.mark.parametrize(
    ("language", "said"),
    [
        *(
            ("en", said)
            for said in (
                "uh",
                "um.",
                "hmm?",
                "uh huh",
                "uh oh",
                "mm hmm",
                "The ER is open",
                "to the er, please",
                "where is the er",
                "umbrella",
                "",
            )
        ),
        *(("es", said) for said in ("Hace calor, ¿eh?", "este café", "¡Eh!")),
        *(("de", said) for said in ("um acht Uhr", "eh nicht")),
        ("pt", "um café"),
    ],
)
def test_what_means_something_is_no_filler(language, said):
    assert left_out(said, language) == said


@given(
    st.lists(st.sampled_from(["uh", "um,", "Er", "hm.", "I", "need,", "help.", "¿", "two", "⟪1⟫", "?"]), max_size=12)
)
def test_no_other_word_is_lost_with_the_fillers(words):
    fillers = {"uh", "um", "er", "hm"}
    said, kept = (re.findall(r"\w+", text.lower()) for text in (" ".join(words), left_out(" ".join(words), "en")))
    assert [word for word in kept if word not in fillers] == [word for word in said if word not in fillers]


@pytest.mark.parametrize(
    ("language", "typed", "told"),
    [
        ("en-US", "My birthday is the twenty third of May.", "My birthday is 23 May."),
        ("en-US", "That costs two hundred and fifty euros, please.", "That costs 250 euros, please."),
        ("en-US", "He's twenty-five, she's thirty-one.", "He's 25, she's 31."),
        ("en-US", "Wake me at six thirty p.m., please.", "Wake me at 6:30 p.m., please."),
        ("en-US", "Is it twenty? Yes, two.", "Is it 20? Yes, two."),
        ("es-ES", "¿Son doscientos cincuenta euros?", "¿Son 250 euros?"),
    ],
)
def test_numbers_that_were_typed_in_words_are_figures(language, typed, told):
    assert shown(typed, language, NONE, figures=True) == told


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Es la una menos cuarto.", "Son las 12:45."),
        ("Hola. ¿Son las dos menos diez?", "Hola. ¿Es la 1:50?"),
        ("es la una menos cuarto", "son las 12:45"),
        ("Ya es la una menos cuarto.", "Ya son las 12:45."),
    ],
)
def test_what_is_written_otherwise_begins_as_it_was_typed(typed, told):
    assert shown(typed, "es-ES", NONE, figures=True) == told


def test_no_number_goes_on_behind_a_comma():
    assert shown("Give me five, twenty of them green.", "en-US", NONE, figures=True).startswith("Give me five, 20 ")


def test_a_phrase_of_the_person_stays_as_it_is():
    phrases = phrases_of(("Twenty Two Bar", "Um Qasr"))
    told = shown("Um, is the Twenty Two Bar in Um Qasr?", "en-US", phrases, figures=True)
    assert told == "Is the Twenty Two Bar in Um Qasr?"


def test_a_phrase_is_one_in_whatever_case_it_is_typed():
    phrases = phrases_of(("Doña Carmen", "Sintra", "bacalhau à brás"))
    typed = "is doña carmen in SINTRA's hotel with Bacalhau à Brás, or in sintrans?"
    told = "is Doña Carmen in Sintra's hotel with bacalhau à brás, or in sintrans?"
    assert shown(typed, "en-US", phrases, figures=True) == told


@pytest.mark.parametrize(
    ("language", "typed", "told"),
    [
        ("en-US", "I HAVE LOST MY PASSPORT.", "I have lost my passport."),
        ("en-US", "DOES FLIGHT BA204 LEAVE ON MONDAY AT 5?", "Does flight BA204 leave on Monday at 5?"),
        ("es-ES", "¿DÓNDE ESTÁ MI MALETA?", "¿dónde está mi maleta?"),
        ("en-US", "UM, THIRTY FIVE, PLEASE", "35, please"),
        ("en-US", "NBC NEWS", "NBC NEWS"),
        ("en-US", "I like NBC", "I like NBC"),
        ("en-US", "我 想 喝水", "我 想 喝水"),
        ("en-US", "TAKE ME TO THE ER, PLEASE.", "Take me to the ER, please."),
        ("en-US", "UM WHERE IS THE ER?", "Where is the ER?"),
        ("de-DE", "ER IST KRANK.", "Er ist krank."),
    ],
)
def test_what_is_typed_in_capitals_alone_is_written_as_people_write(language, typed, told):
    assert shown(typed, language, NONE, figures=True) == told


@pytest.mark.parametrize(
    ("language", "typed", "told"),
    [
        ("en-US", "It leaves at 10am from gate 3", "It leaves at 10 a.m. from gate 3"),
        ("en-US", "We meet at 7:30pm.", "We meet at 7:30 p.m."),
        ("en-GB", "Is it 7.30pm, or 8PM?", "Is it 7:30 p.m., or 8 p.m.?"),
        ("en-US", "It closes at 12 pm", "It closes at 12 p.m."),
        ("en-US", "It closes at 8 A.M", "It closes at 8 a.m."),
        ("en-US", "From 10am-5pm", "From 10 a.m.-5 p.m."),
        ("en-US", "From 7-7:30pm", "From 7 p.m.-7:30 p.m."),
        ("en-US", "From 12-12:30 pm", "From 12 p.m.-12:30 p.m."),
        ("en-US", "From 8-10 p.m.", "From 8 p.m.-10 p.m."),
        ("en-US", "From 11\u20131pm", "From 11 a.m.\u20131 p.m."),
        ("en-US", "From 10-12pm", "From 10 a.m.-12 p.m."),
        ("en-US", "From 10-2am", "From 10 p.m.-2 a.m."),
        ("en-US", "At 10 am I eat", "At 10 a.m. I eat"),
        ("en-US", "wake me at six thirty pm", "wake me at 6:30 p.m."),
        ("en-US", "WAKE ME AT 5 PM PLEASE", "Wake me at 5 p.m. please"),
        ("es-ES", "Cierra a las 8 pm", "Cierra a las 8 p.m."),
        ("de-DE", "Um 8pm", "Um 8 p.m."),
    ],
)
def test_an_hour_has_its_half_of_the_day_as_models_know_it(language, typed, told):
    assert shown(typed, language, NONE, figures=True) == told


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en-US", "He is 10 am I right?"),
        ("en-US", "It is 13pm, 0am or 7:65pm"),
        ("en-US", "I am 3 among 8 pms, and 5 amps"),
        ("en-US", "It is 8 a.m. or 7:30 p.m."),
        ("de-DE", "Um 8 am Montag"),
    ],
)
def test_what_is_no_half_of_the_day_stays(language, typed):
    assert shown(typed, language, NONE, figures=True) == typed


@given(st.text(max_size=300), st.sampled_from(["en-US", "es-ES", "fr-FR", "xx"]))
def test_any_text_is_shown(text, language):
    shown(text, language, NONE, figures=True)


@given(st.lists(st.sampled_from(["8", "12", "7.30", "9:15", "-", " ", "am", "pm", "p.m.", "a", "at ", "I", ","])))
def test_hours_that_were_shown_are_shown_the_same_again(pieces):
    once = shown("".join(pieces), "en-US", NONE, figures=False)
    assert shown(once, "en-US", NONE, figures=False) == once


@given(st.integers(13, 999_999), st.sampled_from(["I need {}.", "{}, please", "It is {} metres"]))
def test_figures_that_were_typed_stay(number, sentence):
    assert str(number) in shown(sentence.format(number), "en-US", NONE, figures=True)


@pytest.mark.parametrize(("figures", "told"), [(True, "es: 23 May costs 5 euros"), (False, "es: twenty third of May")])
def test_typed_text_is_translated_with_figures_where_they_are_wanted(figures, told):
    engine, listener = OnDeviceEngine(ScriptedStages(), Task("en-US", ("es",)), figures=figures), Listener()
    engine.open(listener)
    listener.ready()
    engine.translate("t", "um twenty third of May costs five euros", Task("en-US", ("es",)))
    assert listener.wait_for(TextTranslated).translations["es"].text.startswith(told)
    engine.close()
