"""Two languages by turns: what the engine on this device makes of either, and what it opens for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.drivers import DriverMissing
from daemon.engines.base import EngineHypothesis, Task
from tests.support.stages import SECOND, TALK, WORD_BYTES, ScriptedStages, say


@pytest.fixture
def stages():
    made = ScriptedStages()
    made.fits = {"en-US": -1.0, "es-ES": -1.0}
    return made


@pytest.fixture
def started(start):
    engine, listener = start(TALK)
    listener.ready()
    return engine, listener


def test_what_is_heard_in_either_language_goes_the_other_way(started, stages):
    engine, listener = started
    for number, (language, text) in enumerate([("en-US", "One two again."), ("es-ES", "Uno dos again.")], 1):
        stages.fits = {lang: -0.1 if lang == language else -9.0 for lang in stages.fits}
        say(engine, number, bytes(2 * WORD_BYTES), TALK)
        final = listener.final(number)
        assert (final.source_lang, final.source) == (language, text)
        assert list(final.translations) == list(TALK.heard(language).targets)


def test_the_side_that_a_person_chooses_is_meant_where_the_sound_does_not_tell(started, stages):
    engine, listener = started
    stages.fits = {"en-US": -1.0, "es-ES": -1.0}
    for number, source in enumerate(["en-US", "es-ES"], 1):
        say(engine, number, bytes(2 * WORD_BYTES), replace(TALK, source=source))
        assert listener.final(number).source_lang == source
    assert stages.recognizers_opened == 2


def test_a_translator_does_not_see_a_stop_that_is_only_a_guess(started, stages):
    engine, listener = started
    stages.fits = {"en-US": -9.0, "es-ES": -0.1}
    say(engine, 1, bytes(2 * WORD_BYTES), TALK)
    final = listener.final(1)
    assert final.source == "Uno dos again."
    assert stages.asked == ["Uno dos again"]
    assert final.translations["ca"].text == "ca: Uno dos again."


def test_interims_say_who_speaks_once_it_is_clear(started, stages):
    engine, listener = started
    stages.fits = {"en-US": -2.0, "es-ES": -1.9}  # clear after a second and a half
    engine.begin(1, TALK)
    engine.feed(1, 2 * SECOND)
    listener.wait_for(EngineHypothesis)
    engine.finish(1)
    listener.final(1)
    interims = listener.all(EngineHypothesis)
    assert {event.source_lang for event in interims} == {"es-ES"}
    assert all(event.audio_s >= 1.5 and not event.sure_of_language for event in interims)


def test_an_interim_of_the_wrong_side_is_followed_by_those_of_the_right_one(started, stages):
    engine, listener = started
    stages.fits = {"en-US": -2.0, "es-ES": -1.8}
    engine.begin(1, TALK)
    engine.feed(1, SECOND)
    early = listener.wait_for(EngineHypothesis)
    stages.fits = {"en-US": -1.0, "es-ES": -1.2}  # beyond doubt after two and a half
    engine.feed(1, 3 * SECOND)
    late = listener.wait_for(EngineHypothesis, lambda event: event.sure_of_language)
    assert (early.source_lang, early.sure_of_language, list(early.translations)) == ("es-ES", False, ["ca"])
    assert (late.source_lang, late.source.split()[0], list(late.translations)) == ("en-US", "One", ["es", "ca"])
    engine.finish(1)
    assert listener.final(1).source_lang == "en-US"


def test_with_one_side_that_can_be_heard_it_is_and_the_other_is_told(start, stages):
    stages.fits = {"en-US": -1.0}
    engine, listener = start(TALK)
    ready = listener.ready()
    assert ready.unheard == {"es-ES": "no model for es-ES"}
    say(engine, 1, SECOND, TALK)
    assert listener.final(1).source_lang == "en-US"


def test_a_side_whose_model_is_damaged_is_told_as_one_that_has_none(start, stages, monkeypatch):
    whole = stages.recognizer

    def recognizer(language, *rest):
        if language == "es-ES":
            raise DriverMissing("es.lm.bin cannot be loaded")
        return whole(language, *rest)

    monkeypatch.setattr(stages, "recognizer", recognizer)
    _engine, listener = start(TALK)
    ready = listener.ready()
    assert ready.recognizes == ("en-US",)
    assert ready.unheard == {"es-ES": "es.lm.bin cannot be loaded"}


def test_the_recognizer_is_opened_anew_for_other_phrases_and_expects_them(started, stages):
    engine, listener = started
    assert (stages.expected, stages.recognizers_opened) == (("Sintra",), 2)
    for number, phrases in enumerate([("Sintra",), ("Alfama", "Sintra")], 1):
        say(engine, number, SECOND, Task("en-US", ("es",), phrases=phrases))
        listener.final(number)
        assert stages.expected == phrases
    assert stages.recognizers_opened == 4


@pytest.mark.parametrize(("phrases", "opened"), [(("Sintra",), 2), ((), 1)])
def test_the_recognizer_is_opened_anew_for_other_targets_where_phrases_may_sound_as_in_these(
    start, stages, phrases, opened
):
    one, several = Task("en-US", ("es",), phrases=phrases), Task("en-US", ("es", "ca"), phrases=phrases)
    engine, listener = start(one)
    listener.ready()
    for number, task in enumerate([one, several, replace(several, targets=("ca", "es-ES"))], 1):
        say(engine, number, SECOND, task)
        listener.final(number)
    assert stages.recognizers_opened == opened


def test_swapping_the_sides_of_a_conversation_opens_nothing_anew(started, stages):
    engine, listener = started
    for number, task in enumerate([TALK, replace(TALK, source="es-ES", targets=("en-US", "ca"))], 1):
        say(engine, number, SECOND, task)
        listener.final(number)
    assert stages.recognizers_opened == 2
