"""Stages of the on-device engine that are missing, faulty or fail: what is told of them, and that the rest goes on."""

from __future__ import annotations

import pytest

from daemon.engines.base import Cure, EngineFailure, EngineReady, EngineWarning, Task, TextTranslated
from daemon.events import SpeechRequest
from tests.support.stages import TASK, say

# ---------------------------------------------------------------- what is missing


def test_ready_tells_what_is_there_and_what_is_missing(start):
    _engine, listener = start(Task("en-US", ("es", "ja")))
    ready = listener.ready()
    assert ready.recognizes == ("en-US",)
    assert [(pair.source, pair.target) for pair in ready.pairs] == [("en", "es"), ("en", "ca")]
    assert ready.speaks == ("es",)
    assert ready.missing == {"ja": "install translate-en-ja"}


def test_a_target_without_translator_says_what_to_install_and_the_others_are_given(started):
    engine, listener = started
    say(engine, 1, task=Task("en-US", ("ja", "es-MX")))
    translations = listener.final(1).translations
    assert translations["ja"].error.code == "no_translator"
    assert translations["ja"].error.text == "install translate-en-ja"
    assert translations["es-MX"].text.startswith("es: One")


def test_a_language_that_nothing_recognizes_fails_its_utterances(start):
    engine, listener = start(Task("sv", ("es",)))
    assert listener.ready().missing["sv"] == "no model for sv"
    say(engine, 1, task=Task("sv", ("es",)))
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "no_recognizer", Cure.CONFIGURE)
    say(engine, 2)
    assert listener.final(2).source


def test_without_any_recognizer_the_engine_asks_for_a_person(start, stages):
    stages.lacks.add("recognizer")
    _engine, listener = start()
    assert listener.failure().cure is Cure.CONFIGURE
    assert listener.all(EngineReady) == []


def test_text_alone_needs_no_recognizer(start, stages):
    stages.lacks.add("recognizer")
    engine, listener = start(Task("", ()))
    assert listener.ready().recognizes == ()
    engine.translate("t", "Good day.", TASK)
    assert listener.wait_for(TextTranslated).translations["ca"].text == "ca: Good day."


def test_without_a_synthesizer_speech_ends_with_what_to_install(start, stages):
    stages.lacks.add("synthesizer")
    engine, listener = start()
    assert listener.ready().speaks == ()
    engine.speak(SpeechRequest("s", "es", "uno"))
    assert listener.last_block("s").error == "install a voice"


# ---------------------------------------------------------------- what is faulty


def test_a_model_that_cannot_be_read_is_told_and_costs_no_translation(start, stages):
    stages.translator_faults = ["its model.bin is truncated"]
    engine, listener = start()
    warning = listener.wait_for(EngineWarning, lambda event: event.code == "translator_faulty")
    assert warning.text == "its model.bin is truncated"
    say(engine, 1)
    assert listener.final(1).translations["es"].error is None


@pytest.fixture
def faults(stages, monkeypatch):
    """What is to be mended: of the translators, by their target, and of the recognizers, by their language."""
    found = {}

    def told_of(open_stage, asked):
        def opened(*wanted):
            made = open_stage(*wanted)
            made.faults = found.get(wanted[asked], [])
            return made

        return opened

    monkeypatch.setattr(stages, "translator", told_of(stages.translator, 1))
    monkeypatch.setattr(stages, "recognizer", told_of(stages.recognizer, 0))
    return found


def warned(listener, code="translator_faulty"):
    return [event.text for event in listener.all(EngineWarning) if event.code == code]


def wait_until_warned(listener, text, code="translator_faulty"):
    listener.wait_for(EngineWarning, lambda event: (event.code, event.text) == (code, text))


SPANISH, CATALAN = Task("en-US", ("es",)), Task("en-US", ("ca",))


def test_a_model_that_only_a_later_text_needs_is_told_when_it_proves_faulty(start, faults):
    faults["ca"] = ["the Catalan model is truncated"]
    engine, listener = start(SPANISH)
    listener.ready()
    assert warned(listener) == [""]
    engine.translate("t", "Good day.", CATALAN)
    assert listener.wait_for(TextTranslated).translations["ca"].text == "ca: Good day."
    wait_until_warned(listener, "the Catalan model is truncated")


def test_what_only_languages_need_that_are_wanted_no_more_is_over(start, faults):
    faults["es"] = ["the Spanish model is truncated"]
    engine, listener = start(SPANISH)
    listener.ready()
    engine.begin(1, CATALAN)
    wait_until_warned(listener, "")
    engine.cancel(1)
    for number in (2, 3):  # what is to be told after a text is told before the next
        say(engine, number, task=SPANISH)
        listener.final(number)
    assert warned(listener) == ["the Spanish model is truncated", "", "the Spanish model is truncated"]


def test_what_is_faulty_for_other_languages_too_is_told_once(start, faults):
    faults["es"] = faults["ca"] = ["a folder is empty"]
    engine, listener = start(SPANISH)
    for number, task in enumerate([CATALAN, SPANISH, TASK], 1):
        say(engine, number, task=task)
        listener.final(number)
    say(engine, 4)
    listener.final(4)
    assert warned(listener) == ["a folder is empty"]


def test_a_faulty_model_of_a_language_that_another_one_hears_is_told_until_it_is_not_needed(start, stages, faults):
    stages.fits["es-ES"] = 0.0
    faults["en-US"] = ["the English model is truncated"]
    engine, listener = start()
    listener.ready()
    assert warned(listener, "recognizer_faulty") == ["the English model is truncated"]
    say(engine, 1)
    assert listener.final(1).source
    assert len(warned(listener, "recognizer_faulty")) == 1
    say(engine, 2, task=Task("es-ES", ("ca",)))
    listener.final(2)
    assert warned(listener, "recognizer_faulty")[1:] == [""]


def test_where_nothing_hears_the_next_language_the_faulty_model_of_the_one_before_is_over(start, faults):
    faults["en-US"] = ["the English model is truncated"]
    engine, listener = start()
    listener.ready()
    say(engine, 1, task=Task("sv", ("ca",)))
    assert listener.wait_for(EngineFailure).code == "no_recognizer"
    assert warned(listener, "recognizer_faulty") == ["the English model is truncated", ""]


def test_the_faulty_models_of_both_sides_of_a_conversation_are_told(start, stages, faults):
    stages.fits["es-ES"] = 0.0
    faults |= {"en-US": ["the English model is truncated"], "es-ES": ["the Spanish model is truncated"]}
    _engine, listener = start(Task("en-US", ("es",), conversation=("en-US", "es-ES")))
    listener.ready()
    told = "the English model is truncated; the Spanish model is truncated"
    assert warned(listener, "recognizer_faulty") == [told]


# ---------------------------------------------------------------- what fails


def test_a_translator_that_fails_costs_its_own_target_only(started, stages):
    engine, listener = started
    stages.failing_target = "ca"
    say(engine, 1)
    translations = listener.final(1).translations
    assert translations["ca"].error.code == "translator_failed"
    assert translations["es"].error is None


def test_a_translator_with_a_fault_is_opened_again_and_nothing_said_is_logged(started, stages, caplog):
    engine, listener = started
    stages.failing_target, stages.failing_with = "ca", ZeroDivisionError("what was said")
    say(engine, 1)
    assert listener.final(1).translations["ca"].error.code == "translator_failed"
    stages.failing_target = ""
    say(engine, 2)
    assert listener.final(2).translations["ca"].error is None
    assert "ZeroDivisionError" in caplog.text
    assert "what was said" not in caplog.text


def test_a_recognizer_that_fails_costs_one_utterance_and_is_opened_again(started, stages):
    engine, listener = started
    stages.recognizer_fails = 1
    say(engine, 1)
    failure = listener.wait_for(EngineFailure)
    assert (failure.utterance, failure.code, failure.cure) == (1, "recognizer_failed", Cure.RETRY)
    say(engine, 1)
    assert listener.final(1).source
    assert (stages.recognizers_opened, stages.recognizers_closed) == (2, 1)
