"""Two languages by turns: what the settings ask for, what a task becomes, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.changes import unserved
from daemon.config import ConfigError, load
from daemon.engines.base import EngineReady, Pair, Task
from daemon.settings import LanguagesSection
from daemon.tasks import spoken, task_of
from tests.support.stages import TALK


def test_the_other_way_is_named_as_the_settings_name_it_and_further_targets_stay():
    assert TALK.heard("es-ES") == Task("es-ES", ("en-US", "ca"), phrases=("Sintra",))
    assert TALK.heard("en-US") == Task("en-US", ("es", "ca"), phrases=("Sintra",))
    assert Task("en-US", ("fr",), conversation=("de-DE", "it-IT")).heard("it-IT").targets == ("de-DE", "fr")
    assert TALK.heard("fr-FR") is TALK
    assert TALK.ways == (TALK.heard("en-US"), TALK.heard("es-ES"))
    assert Task("en", ("es",)).ways == (Task("en", ("es",)),)


def test_the_translation_is_spoken_to_the_other_side():
    languages = LanguagesSection(conversation=("en-US", "es-ES"))
    assert spoken(languages, "en-US") == "es"
    assert spoken(languages, "es-ES") == "en-US"
    assert spoken(LanguagesSection(speak="", conversation=("en-US", "es-ES")), "es-ES") == ""
    assert spoken(LanguagesSection(), "es-ES") == "es"


def test_a_task_is_what_the_settings_say_in_the_manner_of_another():
    languages = LanguagesSection(targets=("es", "fr"), conversation=("en-US", "fr-FR"), phrases=("Sintra",))
    made = task_of(languages, Task("", (), interims=False))
    assert made == Task("en-US", ("es", "fr"), interims=False, conversation=("en-US", "fr-FR"), phrases=("Sintra",))


def errors(tmp_path, languages: str) -> list[str]:
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[languages]\n{languages}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load(file, environment={})
    assert {error.path.partition(".")[0] for error in refused.value.errors} == {"languages"}
    return [error.message for error in refused.value.errors]


@pytest.mark.parametrize("sides", ['["en-US"]', '["en-US", "en-GB"]', '["en", "es", "fr"]'])
def test_a_conversation_has_two_languages(tmp_path, sides):
    (told,) = errors(tmp_path, f"conversation = {sides}")
    assert "two different languages" in told


def test_each_phrase_that_is_wrong_is_named(tmp_path):
    said = errors(tmp_path, 'phrases = ["Sintra", "42", "a  b", "Sintra"]')
    assert ["number 2" in said[0], "number 3" in said[1], "more than once" in said[2]] == [True] * 3


def test_there_are_so_many_phrases_and_no_more(tmp_path):
    (told,) = errors(tmp_path, f"phrases = {[f'name {number}' for number in range(201)]}")
    assert "201 phrases; at most 200" in told


READY = EngineReady("device", ("en-US", "es"), (Pair("en", "es", "x"), Pair("es", "en", "x"), Pair("en", "fr", "x")))


@pytest.mark.parametrize(
    ("languages", "code"),
    [
        (LanguagesSection(conversation=("en-US", "es-ES")), None),
        (LanguagesSection(conversation=("en-US", "fr-FR")), "no_recognizer"),
        (LanguagesSection(targets=("es", "fr"), conversation=("en-US", "es-ES")), "no_translator"),
        (LanguagesSection(source="de", phrases=("Sintra",)), None),
    ],
)
def test_a_conversation_that_nothing_serves_is_refused_and_phrases_are_taken(languages, code):
    before = LanguagesSection(source=languages.source)
    assert [error.code for error in unserved(before, languages, READY)] == [code] * (code is not None)


WITHOUT_FRENCH = LanguagesSection(targets=("es", "fr"), speak="es", conversation=("en-US", "fr-FR"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"speak": ""}, []),
        ({"targets": ("es",)}, []),
        ({"conversation": ()}, []),
        ({"source": "fr"}, [("languages.source", "no_recognizer")]),
        ({"targets": ("es", "ca")}, [("languages.targets", "no_translator")]),
    ],
)
def test_what_was_lacking_before_is_no_reason_to_refuse_a_change(change, told):
    errors = unserved(WITHOUT_FRENCH, replace(WITHOUT_FRENCH, **change), READY)
    assert [(error.path, error.code) for error in errors] == told


def test_a_change_that_leaves_only_what_was_lacking_is_refused():
    before = LanguagesSection(targets=("es", "sv"))
    assert unserved(before, replace(before, targets=("fr", "sv")), READY) == []
    (error,) = unserved(before, replace(before, targets=("sv",)), READY)
    assert (error.code, error.message) == ("no_translator", "nothing here translates en-US into sv")
