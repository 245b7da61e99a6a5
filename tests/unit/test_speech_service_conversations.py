"""A conversation over the Speech service: both languages are asked for, the other one is given."""

from __future__ import annotations

import pytest

from daemon.engines.base import Task
from daemon.engines.speech_service import driver
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.request import Requests, host_addresses
from daemon.engines.speech_service.results import Results
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.wire.messages import Hypothesis, LanguageConfidence, Phrase, Translated
from daemon.wire.units import ticks

TALK = Task("en-US", ("es", "ca"), conversation=("en-US", "es-ES"), phrases=("Sintra", "Alfama"))


def told(language, text):
    translations = tuple(Translated(lang, f"{lang} {text}") for lang in ("en", "es", "ca"))
    return Phrase("", text, ticks(0), ticks(1), translations, language=language)


@pytest.mark.parametrize(
    ("language", "heard", "texts"),
    [
        ("es-MX", "es-ES", {"en-US": "en Hola.", "ca": "ca Hola."}),
        ("en-GB", "en-US", {"es": "es Hola.", "ca": "ca Hola."}),
        ("", "en-US", {"es": "es Hola.", "ca": "ca Hola."}),
    ],
)
def test_of_a_conversation_only_the_other_way_is_given(language, heard, texts):
    got = Results(1, TALK, "the service", Oddities(), ticks(0.8))
    got.phrase(told(language, "Hola."))
    assert got.language == heard
    assert {lang: each.text for lang, each in got.translations.items()} == texts


@pytest.mark.parametrize(
    ("confidence", "sure"),
    [(LanguageConfidence.HIGH, True), (LanguageConfidence.LOW, False), (LanguageConfidence.UNKNOWN, True)],
)
def test_an_interim_says_whether_its_language_may_still_change(confidence, sure):
    got = Results(1, TALK, "the service", Oddities(), ticks(0.8))
    message = Hypothesis("", "hola", ticks(0), ticks(1), (Translated("en", "hello"),), "es-ES", confidence)
    assert got.hypothesis(message).sure_of_language is sure


def test_in_a_conversation_both_are_candidates_and_both_ways_are_asked():
    own = ServiceSettings(phrases=("Sintra",), voices=("es-ES-ElviraNeural",))
    asked = Requests(host_addresses("", "wss://x"), own, "es").context(TALK)
    assert asked.candidates == ("en-US", "es-ES")
    assert asked.targets == ("es", "ca", "en")
    assert asked.phrases == ("Sintra", "Alfama")
    assert asked.voices == ()


def test_what_is_known_of_a_service_before_it_is_asked_has_both_sides():
    settings = {"languages": {"source": "en-US", "targets": ["es"], "conversation": ["en-US", "es-ES"]}}
    ready = driver.ready("azure", driver.task(settings), {})
    assert ready.recognizes == ("en", "es")
    assert {("en", "es"), ("es", "en")} <= {(pair.source, pair.target) for pair in ready.pairs}
