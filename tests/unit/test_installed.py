"""What the contract tests do with a driver for which nothing is installed, or not what they are in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from daemon.drivers import DriverMissing
from tests.support.installed import english_recognizer, languages, require_pair

LACKS = DriverMissing("vosk is not installed: pip install vosk")


def recognizer(*heard, missing=None, fault=None):
    """Return a driver that hears these languages; `missing`, of the library, or a `fault` of the model are raised."""

    def told(_settings):
        if missing:
            raise missing
        return list(heard)

    def opened(language, _settings):
        if missing or fault:
            raise missing or fault
        return language

    return SimpleNamespace(__name__="vosk", SETTINGS=dict, languages=told, open=opened)


def translator(*pairs, package=None):
    return SimpleNamespace(
        __name__="marian", SETTINGS=dict, pairs=lambda _settings: list(pairs), package=lambda _source, _target: package
    )


@pytest.mark.parametrize("heard", [("en-US",), ("de-DE", "en-GB", "es"), ("ca", "en")])
def test_english_is_opened_wherever_it_stands(heard):
    opened = english_recognizer(recognizer(*heard))
    assert opened in heard
    assert opened.startswith("en")


@pytest.mark.parametrize(
    ("driver", "reason"),
    [
        (recognizer(missing=LACKS), "pip install vosk"),
        (recognizer(fault=DriverMissing("no model for 'en-US': name its folder")), "no model for 'en-US'"),
        (recognizer("en-US", fault=DriverMissing("its model is cut")), "its model is cut"),
        (recognizer("ca", "fr-FR"), "vosk hears no English, only ca, fr-FR"),
    ],
)
def test_without_english_its_tests_are_skipped_with_the_reason(driver, reason):
    with pytest.raises(pytest.skip.Exception, match=reason):
        english_recognizer(driver)


def test_a_driver_without_its_library_hears_nothing():
    assert languages(recognizer(missing=LACKS)) == []
    assert languages(recognizer("ca")) == ["ca"]


def test_a_pair_that_is_there_is_tried():
    require_pair(translator(("en", "es")), "en", "es")


@pytest.mark.parametrize(("package", "reason"), [("apertium-eng-spa", "install apertium-eng-spa"), (None, "no en-es")])
def test_a_pair_that_is_not_there_is_skipped_with_the_reason(package, reason):
    with pytest.raises(pytest.skip.Exception, match=reason):
        require_pair(translator(("en", "de"), package=package), "en", "es")
