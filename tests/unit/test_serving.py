from __future__ import annotations

import pytest

from daemon.config import load
from daemon.serving import unserved


def settings(**languages):
    return load(None, environment={}, overrides={f"languages.{key}": value for key, value in languages.items()})


def test_one_target_of_several_that_is_served_is_enough():
    if unserved(settings()):
        pytest.skip("apertium-eng-spa is not installed")
    assert unserved(settings(targets=["es", "fr"], speak="es")) == ""


def test_targets_of_which_none_is_served_are_named_with_where_to_look():
    reason = unserved(settings(targets=["tlh"], speak="tlh"))
    assert "tlh" in reason
    assert "dragoman engines" in reason


def test_a_source_that_nothing_recognizes_is_named_rather_than_the_targets():
    reason = unserved(settings(source="tlh"))
    assert reason.startswith("languages.source: ")
    assert "recognizes tlh" in reason
    assert "dragoman engines" in reason


def test_of_a_conversation_one_side_that_is_recognized_is_enough():
    if unserved(settings()):
        pytest.skip("apertium-eng-spa is not installed")
    assert unserved(settings(source="tlh", conversation=["tlh", "en-US"], targets=["es"])) == ""
    reason = unserved(settings(conversation=["tlh", "qya"]))
    assert reason.startswith("languages.conversation: ")
    assert "recognizes tlh or qya" in reason


def test_an_engine_that_knows_its_languages_only_when_it_runs_is_given_the_chance():
    scripted = load(
        None,
        environment={},
        overrides={"engine.order": ["scripted"], "languages.targets": ["tlh"], "languages.speak": ""},
    )
    assert unserved(scripted) == ""


def test_an_engine_that_is_not_set_up_says_what_it_lacks():
    azure = load(None, environment={}, overrides={"engine.order": ["azure"]})
    assert unserved(azure).startswith("engine.order: no engine of azure can be used as it is set; azure: ")
    assert "engine.azure.region" in unserved(azure)
    both = load(None, environment={}, overrides={"engine.order": ["azure", "device"], "languages.source": "tlh"})
    assert unserved(both).startswith("languages.source: ")
    assert "engine.azure.region" in unserved(both)
